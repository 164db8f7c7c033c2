//! The table of subscriptions: their names and functions.

use std::future::Future;
use std::sync::Arc;

use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::core::server::RpcModule;

use crate::activity::Busy;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::limits::quota::Share;
use crate::limits::refusals::Refusal;
use crate::subscriptions::hub::SubscriptionHub;
use crate::subscriptions::request::Request;
use crate::subscriptions::{logs, program, single};

/// The names of a subscription: subscribe, notification, unsubscribe.
type Names = [&'static str; 3];

const SIGNATURE: Names = [
    "signatureSubscribe",
    "signatureNotification",
    "signatureUnsubscribe",
];
const ACCOUNT: Names = ["accountSubscribe", "accountNotification", "accountUnsubscribe"];
const SLOT: Names = ["slotSubscribe", "slotNotification", "slotUnsubscribe"];
const ROOT: Names = ["rootSubscribe", "rootNotification", "rootUnsubscribe"];
const PROGRAM: Names = ["programSubscribe", "programNotification", "programUnsubscribe"];
const LOGS: Names = ["logsSubscribe", "logsNotification", "logsUnsubscribe"];

/// Adds the subscriptions to the methods of the WebSocket port.
pub(crate) fn register(
    module: &mut RpcModule<Context>,
    hub: &Arc<SubscriptionHub>,
) -> Result<(), RegisterMethodError> {
    subscription(module, hub, SIGNATURE, single::subscribe_signature)?;
    subscription(module, hub, ACCOUNT, single::subscribe_account)?;
    subscription(module, hub, SLOT, single::subscribe_slot)?;
    subscription(module, hub, ROOT, single::subscribe_root)?;
    subscription(module, hub, PROGRAM, program::subscribe_program)?;
    subscription(module, hub, LOGS, logs::subscribe_logs)
}

fn subscription<F, Fut>(
    module: &mut RpcModule<Context>,
    hub: &Arc<SubscriptionHub>,
    [subscribe, notification, unsubscribe]: Names,
    function: F,
) -> Result<(), RegisterMethodError>
where
    F: Fn(Request) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let hub = Arc::clone(hub);
    module.register_subscription(
        subscribe,
        notification,
        unsubscribe,
        move |params, pending, context, extensions| {
            let hub = Arc::clone(&hub);
            async move {
                let Some(connection) = extensions.get::<ConnectionHandle>().cloned() else {
                    return pending.reject(RpcFailure::no_connection()).await;
                };
                let _permit = match begin(&context, &connection) {
                    Ok(permit) => permit,
                    Err(failure) => return pending.reject(failure).await,
                };
                let request = Request {
                    params,
                    pending,
                    context,
                    hub,
                    connection,
                };
                function(request).await;
            }
        },
    )?;
    Ok(())
}

/// The shares of a subscription in what all and what its address may have, and that its connection is busy with it.
type Permit = (Share, Share, Busy);

fn begin(context: &Context, connection: &ConnectionHandle) -> Result<Permit, RpcFailure> {
    let peer = connection.peer();
    let of_address = peer.subscriptions.try_take(1);
    let of_address = of_address.ok_or_else(|| context.refuse(Refusal::SubscriptionOfAddress, connection))?;
    let of_all = context.subscriptions_sum.try_take(1);
    let of_all = of_all.ok_or_else(|| context.refuse(Refusal::Subscription, connection))?;
    Ok((of_address, of_all, connection.begin_work()))
}
