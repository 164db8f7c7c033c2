//! signatureSubscribe, accountSubscribe, slotSubscribe and rootSubscribe.
//!
//! The order of events is the same for all: register with the
//! [`SubscriptionHub`](crate::subscriptions::hub::SubscriptionHub), answer the call, wait a moment, then notify. The
//! wait is there because clients attach their listener only after they have read the answer.

use isobath_sdk::Signature;
use jsonrpsee::types::Params;
use serde::Deserialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::{AccountConfig, ContextConfig};
use crate::params::encoding::AccountEncoding;
use crate::render::response::Notification;
use crate::subscriptions::hub::{SignatureEvent, SlotForm};
use crate::subscriptions::notify::{next, send, send_large};
use crate::subscriptions::request::Request;
use crate::subscriptions::shared::Shape;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SignatureConfig {
    enable_received_notification: Option<bool>,
    #[serde(flatten)]
    _context: ContextConfig,
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
    let Some(SignatureEvent { slot, result }) = event else {
        return;
    };
    if config.enable_received_notification.unwrap_or(false) {
        send(&sink, &Notification::new(slot, "receivedSignature")).await;
    }
    send(&sink, &&*result).await;
}

fn parse_signature(params: &Params<'_>) -> Result<(Signature, SignatureConfig), RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    Ok((arguments.signature(0, "signature")?, arguments.config(1)?))
}

fn status(context: &Context, signature: &Signature) -> Option<SignatureEvent> {
    let status = context.node.status(signature)?;
    Some(SignatureEvent::new(status.slot, status.error, &context.counters))
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
    let shape = Shape {
        encoding: config.encoding.unwrap_or(AccountEncoding::Binary),
        data_slice: config.data_slice,
    };
    let mut queue = hub.follow_account(key, shape, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        while let Some(shared) = next(&mut queue, &sink).await {
            let result = async {
                let encoded = shared.encoded(&context).await?;
                Ok(Notification::new(shared.slot, &*encoded.account))
            };
            if !send_large(&connection, &sink, result).await {
                break;
            }
        }
    }
    hub.forget_account(&key, shape, queue);
}

/// slotSubscribe(): one notification for each block.
pub(super) async fn subscribe_slot(request: Request) {
    follow_slots(request, SlotForm::Slot).await;
}

/// rootSubscribe(): the slot of each block, which is its own root.
pub(super) async fn subscribe_root(request: Request) {
    follow_slots(request, SlotForm::Root).await;
}

async fn follow_slots(request: Request, form: SlotForm) {
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
    let mut queue = hub.follow_slots(form, connection);
    let Ok(sink) = pending.accept().await else { return };
    tokio::time::sleep(context.limits.first_notification_delay).await;
    while let Some(event) = next(&mut queue, &sink).await {
        if !send(&sink, &&**event).await {
            return;
        }
    }
}
