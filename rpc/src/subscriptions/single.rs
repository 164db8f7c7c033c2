//! signatureSubscribe, accountSubscribe, slotSubscribe and rootSubscribe.
//!
//! The order of events is the same for all: register with the
//! [`SubscriptionHub`](crate::subscriptions::hub::SubscriptionHub), answer the call, wait a moment, then notify. The
//! wait is there because clients attach their listener only after they have read the answer.
//!
//! A slow client is waited for here, in the task of its own subscription; meanwhile its queue in the hub fills up,
//! and when that is full the connection is closed.

use std::sync::Arc;

use isobath_sdk::{Signature, TransactionError};
use jsonrpsee::core::server::{PendingSubscriptionSink, SubscriptionSink};
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use jsonrpsee::types::Params;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::context::{Context, Notification};
use crate::errors::RpcFailure;
use crate::params::arguments::{Arguments, ContextConfig};
use crate::render::accounts::{AccountConfig, UiAccount};
use crate::render::encoding::AccountEncoding;
use crate::server::connection::ConnectionHandle;
use crate::subscriptions::hub::{AccountEvent, SignatureEvent, SlotEvent};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SignatureConfig {
    enable_received_notification: Option<bool>,
    #[serde(flatten)]
    _context: ContextConfig,
}

/// What is said of a transaction.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum SignatureNews {
    Received(&'static str),
    Processed { err: Option<TransactionError> },
}

/// signatureSubscribe(signature, config): one notification, then the subscription ends by itself.
pub(crate) async fn subscribe_signature(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
) {
    let (signature, config) = match parse_signature(&params) {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut wait = context.hub.wait_for_signature(signature);
    let Ok(sink) = pending.accept().await else {
        return context.hub.forget_signature(&signature, wait);
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
    context.hub.forget_signature(&signature, wait);
    let Some(SignatureEvent { slot, error }) = event else {
        return;
    };
    if config.enable_received_notification.unwrap_or(false) {
        let received = SignatureNews::Received("receivedSignature");
        send(&sink, write(&Notification::new(slot, received))).await;
    }
    let processed = SignatureNews::Processed { err: error };
    send(&sink, write(&Notification::new(slot, processed))).await;
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
pub(crate) async fn subscribe_account(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
) {
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
    let mut queue = context.hub.follow_account(key, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        while let Some(event) = next(&mut queue, &sink).await {
            let place = connection.begin_large_answer().await;
            let written = context
                .run_blocking(move |_| write(&show_account(&event, config)))
                .await;
            let is_sent = send(&sink, written).await;
            drop(place);
            if !is_sent {
                break;
            }
        }
    }
    context.hub.forget_account(&key, queue);
}

fn show_account(event: &AccountEvent, config: AccountConfig) -> Notification<UiAccount> {
    let encoding = config.encoding.unwrap_or(AccountEncoding::Binary);
    let account = match &event.account {
        Some(account) => UiAccount::new(&event.key, account, encoding, config.data_slice),
        None => UiAccount::closed(&event.key, encoding),
    };
    Notification::new(event.slot, account)
}

/// slotSubscribe(): one notification for each block.
pub(crate) async fn subscribe_slot(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
) {
    follow_slots(params, pending, context, connection, |event| write(&event)).await;
}

/// rootSubscribe(): the slot of each block, which is its own root.
pub(crate) async fn subscribe_root(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
) {
    follow_slots(params, pending, context, connection, |event| write(&event.root)).await;
}

async fn follow_slots(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
    show: fn(SlotEvent) -> Result<Box<JsonRawValue>, RpcFailure>,
) {
    if let Err(failure) = Arguments::parse(&params, 0) {
        return pending.reject(failure).await;
    }
    let mut queue = context.hub.follow_slots(connection);
    let Ok(sink) = pending.accept().await else { return };
    tokio::time::sleep(context.limits.first_notification_delay).await;
    while let Some(event) = next(&mut queue, &sink).await {
        if !send(&sink, show(event)).await {
            return;
        }
    }
}

/// The next event of a subscription, until either side ends it.
pub(super) async fn next<T>(queue: &mut mpsc::Receiver<T>, sink: &SubscriptionSink) -> Option<T> {
    tokio::select! {
        event = queue.recv() => event,
        () = sink.closed() => None,
    }
}

/// Writes one notification.
pub(super) fn write(message: &impl Serialize) -> Result<Box<JsonRawValue>, RpcFailure> {
    to_json_raw_value(message).map_err(|error| RpcFailure::Internal(error.to_string()))
}

/// Sends one notification; false when that is the end of the subscription.
pub(super) async fn send(sink: &SubscriptionSink, written: Result<Box<JsonRawValue>, RpcFailure>) -> bool {
    match written {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "cannot write a notification");
            false
        }
    }
}
