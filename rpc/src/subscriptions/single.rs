//! signatureSubscribe, accountSubscribe, slotSubscribe and rootSubscribe.
//!
//! The order of events is the same for all: register with the
//! [`SubscriptionHub`](crate::subscriptions::hub::SubscriptionHub), answer the call, wait a moment, then notify. The
//! wait is there because clients attach their listener only after they have read the answer.

use isobath_sdk::{Signature, TransactionError};
use jsonrpsee::types::Params;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::{AccountConfig, ContextConfig};
use crate::params::encoding::AccountEncoding;
use crate::render::accounts::UiAccount;
use crate::render::response::Notification;
use crate::subscriptions::hub::{AccountEvent, SignatureEvent, SlotEvent};
use crate::subscriptions::notify::{Encoded, encode, next, send, send_large};
use crate::subscriptions::request::Request;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SignatureConfig {
    enable_received_notification: Option<bool>,
    #[serde(flatten)]
    _context: ContextConfig,
}

/// The value of a signature notification.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum SignatureValue {
    Received(&'static str),
    Processed { err: Option<TransactionError> },
}

/// signatureSubscribe(signature, config): one notification, then the subscription ends by itself.
pub(super) async fn subscribe_signature(request: Request) {
    let Request {
        params,
        pending,
        context,
        hub,
        ..
    } = request;
    let (signature, config) = match parse_signature(&params) {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut wait = hub.wait_for_signature(signature);
    let Ok(sink) = pending.accept().await else {
        return hub.forget_signature(&signature, wait);
    };
    tokio::time::sleep(context.limits.first_notification_delay).await;
    let known = status(&context, &signature);
    let event = match known {
        Some(event) => Some(event),
        None => tokio::select! {
            event = &mut wait => event.ok(),
            () = sink.closed() => None,
        },
    };
    hub.forget_signature(&signature, wait);
    let Some(SignatureEvent { slot, error }) = event else {
        return;
    };
    if config.enable_received_notification.unwrap_or(false) {
        let received = SignatureValue::Received("receivedSignature");
        send(&sink, encode(&Notification::new(slot, received))).await;
    }
    let processed = SignatureValue::Processed { err: error };
    send(&sink, encode(&Notification::new(slot, processed))).await;
}

fn parse_signature(params: &Params<'_>) -> Result<(Signature, SignatureConfig), RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    Ok((arguments.signature(0, "signature")?, arguments.config(1)?))
}

fn status(context: &Context, signature: &Signature) -> Option<SignatureEvent> {
    let status = context.node.published().status(signature)?;
    Some(SignatureEvent {
        slot: status.slot,
        error: status.error,
    })
}

/// accountSubscribe(address, config): one notification for each block that changes the account.
pub(super) async fn subscribe_account(request: Request) {
    let Request {
        params,
        pending,
        context,
        hub,
        connection,
    } = request;
    let parsed = Arguments::parse(&params, 2).and_then(|mut arguments| {
        Ok((
            arguments.pubkey(0, "address")?,
            arguments.config::<AccountConfig>(1)?,
        ))
    });
    let (key, config) = match parsed {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = hub.follow_account(key, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        while let Some(event) = next(&mut queue, &sink).await {
            let render = move || encode(&render_account(&event, config));
            if !send_large(&context, &connection, &sink, render).await {
                break;
            }
        }
    }
    hub.forget_account(&key, queue);
}

fn render_account(event: &AccountEvent, config: AccountConfig) -> Notification<UiAccount> {
    let encoding = config.encoding.unwrap_or(AccountEncoding::Binary);
    let account = match &event.account {
        Some(account) => UiAccount::new(&event.key, account, encoding, config.data_slice),
        None => UiAccount::closed(&event.key, encoding),
    };
    Notification::new(event.slot, account)
}

/// slotSubscribe(): one notification for each block.
pub(super) async fn subscribe_slot(request: Request) {
    follow_slots(request, |event| encode(&event)).await;
}

/// rootSubscribe(): the slot of each block, which is its own root.
pub(super) async fn subscribe_root(request: Request) {
    follow_slots(request, |event| encode(&event.root)).await;
}

async fn follow_slots(request: Request, render: fn(SlotEvent) -> Encoded) {
    let Request {
        params,
        pending,
        context,
        hub,
        connection,
    } = request;
    if let Err(failure) = Arguments::parse(&params, 0) {
        return pending.reject(failure).await;
    }
    let mut queue = hub.follow_slots(connection);
    let Ok(sink) = pending.accept().await else { return };
    tokio::time::sleep(context.limits.first_notification_delay).await;
    while let Some(event) = next(&mut queue, &sink).await {
        if !send(&sink, render(event)).await {
            return;
        }
    }
}
