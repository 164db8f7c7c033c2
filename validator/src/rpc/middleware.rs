//! Bounds batches, and turns the JSON-RPC library's own error codes into ones that Solana's clients know.
//!
//! The library answers its limits with codes (-32006, -32008, -32011) that mean other things to Solana's clients, such
//! as a skipped slot. Methods of this node never use those codes, so seeing one tells where it came from.

use std::future::{Future, ready};
use std::sync::Arc;

use jsonrpsee::core::server::Extensions;
use jsonrpsee::server::MethodResponse;
use jsonrpsee::server::middleware::rpc::{Batch, Notification, Request, RpcServiceT};
use jsonrpsee::types::Id;
use jsonrpsee::types::error::{
    OVERSIZED_RESPONSE_CODE, TOO_BIG_BATCH_RESPONSE_CODE, TOO_MANY_SUBSCRIPTIONS_CODE,
};
use tower::Layer;

use super::connection::ConnectionHandle;
use super::context::Context;
use super::errors::RpcFailure;

/// Wraps the library's service of one connection.
#[derive(Clone)]
pub(crate) struct LimitsLayer {
    pub(crate) context: Arc<Context>,
}

/// The wrapped service.
#[derive(Clone)]
pub(crate) struct Limits<S> {
    inner: S,
    context: Arc<Context>,
}

impl<S> Layer<S> for LimitsLayer {
    type Service = Limits<S>;

    fn layer(&self, inner: S) -> Limits<S> {
        Limits {
            inner,
            context: Arc::clone(&self.context),
        }
    }
}

impl<S> RpcServiceT for Limits<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let inner = self.inner.clone();
        let context = Arc::clone(&self.context);
        async move {
            let id = request.id().into_owned();
            let response = inner.call(request).await;
            translate(&context, id, response)
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let inner = self.inner.clone();
        let context = Arc::clone(&self.context);
        async move {
            let place = match begin_batch(&context, &batch) {
                Ok(place) => place,
                Err(failure) => return MethodResponse::error(Id::Null, failure.to_object()),
            };
            let response = inner.batch(batch).await;
            drop(place);
            if response.is_notification() {
                unanswered()
            } else {
                translate(&context, Id::Null, response)
            }
        }
    }

    fn notification<'a>(&self, _: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        // Calls without an id are not answered and not carried out; clients send `ping` so.
        ready(unanswered())
    }
}

/// Marks a response that has no body.
#[derive(Clone, Copy)]
pub(crate) struct NoBody;

fn unanswered() -> MethodResponse {
    let mut extensions = Extensions::new();
    extensions.insert(NoBody);
    MethodResponse::notification().with_extensions(extensions)
}

/// Checks the size of a batch and takes a place among the calls in flight for it.
fn begin_batch(
    context: &Context,
    batch: &Batch<'_>,
) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, RpcFailure> {
    let (count, count_max) = (batch.len(), context.limits.batch_entries_max);
    if count > count_max {
        context.counters.refused_batches.increment();
        let text = format!("the batch has {count} entries, at most {count_max} are served");
        return Err(RpcFailure::InvalidRequest(text));
    }
    let connection = batch
        .iter()
        .flatten()
        .find_map(|entry| entry.extensions().get::<ConnectionHandle>());
    let Some(connection) = connection else {
        return Ok(None);
    };
    connection.begin_call().map(Some).ok_or_else(|| {
        context.counters.refused_busy.increment();
        RpcFailure::busy()
    })
}

/// Replaces an error of the library by one with a code of Solana.
fn translate(context: &Context, id: Id<'static>, response: MethodResponse) -> MethodResponse {
    let failure = match response.as_error_code() {
        Some(TOO_MANY_SUBSCRIPTIONS_CODE) => {
            let count_max = context.limits.subscriptions_max;
            RpcFailure::InvalidRequest(format!(
                "the connection has {count_max} subscriptions, which is the most"
            ))
        }
        Some(OVERSIZED_RESPONSE_CODE | TOO_BIG_BATCH_RESPONSE_CODE) => {
            let bytes_max = context.limits.response_bytes_max;
            RpcFailure::Internal(format!("the answer has more than {bytes_max} bytes"))
        }
        _ => return response,
    };
    MethodResponse::error(id, failure.to_object())
}
