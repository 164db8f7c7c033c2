//! From an event to its notification on the connection.
//!
//! A slow client is waited for here, in the task of its own subscription; meanwhile its queue fills up, and when that
//! is full the connection is closed.

use std::sync::Arc;

use jsonrpsee::core::server::SubscriptionSink;
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;

/// A notification as JSON.
pub(super) type Encoded = Result<Box<JsonRawValue>, RpcFailure>;

/// The next event of a subscription, until either side ends it.
pub(super) async fn next<T>(queue: &mut mpsc::Receiver<T>, sink: &SubscriptionSink) -> Option<T> {
    tokio::select! {
        event = queue.recv() => event,
        () = sink.closed() => None,
    }
}

/// Encodes one notification.
pub(super) fn encode(message: &impl Serialize) -> Encoded {
    to_json_raw_value(message).map_err(|error| RpcFailure::Internal(error.to_string()))
}

/// Sends one notification; false when that is the end of the subscription.
pub(super) async fn send(sink: &SubscriptionSink, encoded: Encoded) -> bool {
    match encoded {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "cannot encode a notification");
            false
        }
    }
}

/// Renders a notification that may be large on a blocking thread and sends it; false when that is the end of the
/// subscription.
pub(super) async fn send_large(
    context: &Arc<Context>,
    connection: &ConnectionHandle,
    sink: &SubscriptionSink,
    render: impl FnOnce() -> Encoded + Send + 'static,
) -> bool {
    let permit = connection.begin_large_answer().await;
    let encoded = context.run_blocking(move |_| render()).await;
    let is_sent = send(sink, encoded).await;
    drop(permit);
    is_sent
}
