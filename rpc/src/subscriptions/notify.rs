//! From an event to its notification on the connection.
//!
//! A result is encoded once; each subscription splices it into a message with its own id. A slow client is waited for
//! here, in the task of its own subscription; meanwhile its queue fills up, and when that is full the connection is
//! closed.

use std::sync::Arc;

use jsonrpsee::core::server::{SubscriptionMessage, SubscriptionSink};
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use serde::Serialize;

use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;
use crate::errors::RpcFailure;
use crate::subscriptions::followers::{Queue, Queued};

/// A result, or a part of one, that subscriptions share.
pub(super) type SharedJson = Arc<JsonRawValue>;

/// The next event of a subscription, until either side ends it.
pub(super) async fn next<T>(queue: &mut Queue<T>, sink: &SubscriptionSink) -> Option<Queued<T>> {
    tokio::select! {
        event = queue.recv() => event,
        () = sink.closed() => None,
    }
}

/// Encodes what the notifications of an event have in common. Nothing else here encodes values.
pub(super) fn encode(
    value: &impl Serialize,
    counters: &RpcCounters,
) -> Result<Box<JsonRawValue>, RpcFailure> {
    counters.notifications_encoded.increment();
    to_json_raw_value(value).map_err(|error| RpcFailure::Internal(error.to_string()))
}

/// Encodes what subscriptions share.
pub(super) fn encode_shared(value: &impl Serialize, counters: &RpcCounters) -> SharedJson {
    let json = encode(value, counters).expect("numbers, texts and named members have a JSON form");
    Arc::from(json)
}

/// Sends one notification; false when that is the end of the subscription. Of `result`, the large part is encoded
/// already.
pub(super) async fn send(sink: &SubscriptionSink, result: &impl Serialize) -> bool {
    match SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), result) {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "cannot encode a notification");
            false
        }
    }
}

/// Sends a notification that may be large when the connection has a permit for it; false when that is the end of the
/// subscription. `result` is asked for only then, and not at all once the connection is closed, so that what waits for a
/// closed connection is dropped at once.
pub(super) async fn send_large<T: Serialize>(
    connection: &ConnectionHandle,
    sink: &SubscriptionSink,
    result: impl Future<Output = Result<T, RpcFailure>>,
) -> bool {
    let permit = tokio::select! {
        permit = connection.begin_large_answer() => permit,
        () = sink.closed() => return false,
    };
    if connection.is_closed() {
        return false;
    }
    let is_sent = match result.await {
        Ok(result) => send(sink, &result).await,
        Err(error) => {
            tracing::error!(%error, "cannot encode a notification");
            false
        }
    };
    drop(permit);
    is_sent
}
