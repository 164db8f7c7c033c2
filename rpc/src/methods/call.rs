//! What happens around every call.
//!
//! ```text
//! call --> permit of its connection --> parameters split --> method --> JSON
//!          none left: -32005                                 on the reactor, or on a blocking thread
//!                                                            when it reads the disk, simulates or encodes
//! ```
//!
//! Invariant: a call keeps its permit until its answer has been handed to the connection's buffer, so a client that
//! sends without reading makes the node hold a bounded number of answers.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jsonrpsee::core::server::{Extensions, ResponsePayload, RpcModule};
use jsonrpsee::core::{JsonRawValue, RegisterMethodError, to_json_raw_value};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::access::ForeignOrigin;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;

type Payload = ResponsePayload<'static, Box<JsonRawValue>>;
pub(crate) type Module = RpcModule<Context>;
pub(crate) type Registered = Result<(), RegisterMethodError>;

/// A method that answers at once.
pub(crate) type Quick<R> = fn(&Context, Arguments) -> Result<R, RpcFailure>;

/// Registers a method that answers at once.
pub(crate) fn quick<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    method: Quick<R>,
) -> Registered {
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async { to_json(method(&context, Arguments::parse(&params, count_max)?)?) };
        respond(&context, &extensions, Answers::Small, work).await
    })?;
    Ok(())
}

/// Registers a method that runs on a blocking thread and whose answers may be large.
pub(crate) fn blocking<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    method: Quick<R>,
) -> Registered {
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async {
            let arguments = Arguments::parse(&params, count_max)?;
            context
                .run_blocking(move |context| to_json(method(context, arguments)?))
                .await
        };
        respond(&context, &extensions, Answers::Large, work).await
    })?;
    Ok(())
}

/// What makes a method change the state of the chain or of the node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The signatures in its parameters, whoever sends them.
    Signatures,
    /// The call alone, so that foreign origins may not make it.
    Call,
}

impl Authority {
    /// Whether the caller may make a call.
    fn check(self, name: &str, context: &Context, extensions: &Extensions) -> Result<(), RpcFailure> {
        match extensions.get::<ForeignOrigin>() {
            Some(origin) if self == Self::Call => {
                context.counters.refused_origins.increment();
                Err(RpcFailure::foreign_origin(name, origin))
            }
            _ => Ok(()),
        }
    }
}

/// Registers a method that waits for the node.
pub(crate) fn waiting<R, F, Fut>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    authority: Authority,
    method: F,
) -> Registered
where
    R: Serialize,
    F: Fn(Arc<Context>, Arguments) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcFailure>> + Send,
{
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async {
            authority.check(name, &context, &extensions)?;
            let answer = method(Arc::clone(&context), Arguments::parse(&params, count_max)?).await?;
            to_json(answer)
        };
        respond(&context, &extensions, Answers::Small, work).await
    })?;
    Ok(())
}

fn to_json(answer: impl Serialize) -> Result<Box<JsonRawValue>, RpcFailure> {
    to_json_raw_value(&answer)
        .map_err(|error| RpcFailure::Internal(format!("cannot encode the response: {error}")))
}

/// How large the answers of a method may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// A few KiB.
    Small,
    /// Up to the limit.
    Large,
}

/// The permits that a call holds until its answer has been handed over.
struct Permits {
    _call: OwnedSemaphorePermit,
    _large_answer: Option<OwnedSemaphorePermit>,
}

/// Does the work if the connection has a permit for it, and keeps the permit until the answer has been handed over.
async fn respond(
    context: &Context,
    extensions: &Extensions,
    answers: Answers,
    work: impl Future<Output = Result<Box<JsonRawValue>, RpcFailure>>,
) -> Payload {
    context.counters.calls.increment();
    let permits = match begin(context, extensions, answers).await {
        Ok(permits) => permits,
        Err(failure) => return ResponsePayload::error(failure),
    };
    let limit = usize::try_from(context.limits.response_bytes_max).unwrap_or(usize::MAX);
    // A method that panics is a bug; its client still gets an answer.
    let result = AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(panicked()));
    let payload = match result {
        Ok(json) if json.get().len() <= limit => ResponsePayload::success(json),
        Ok(_) => {
            let text = format!("the answer has more than {limit} bytes");
            ResponsePayload::error(RpcFailure::Internal(text))
        }
        Err(failure) => ResponsePayload::error(failure),
    };
    let (payload, handed_over) = payload.notify_on_completion();
    tokio::spawn(async move {
        // An error means that the connection is gone; the permits are released either way.
        let _ = handed_over.await;
        drop(permits);
    });
    payload
}

async fn begin(context: &Context, extensions: &Extensions, answers: Answers) -> Result<Permits, RpcFailure> {
    let connection = extensions
        .get::<ConnectionHandle>()
        .ok_or_else(RpcFailure::no_connection)?;
    let call = connection.begin_call().ok_or_else(|| {
        context.counters.refused_busy.increment();
        RpcFailure::busy()
    })?;
    let large_answer = match answers {
        Answers::Small => None,
        Answers::Large => connection.begin_large_answer().await,
    };
    Ok(Permits {
        _call: call,
        _large_answer: large_answer,
    })
}

fn panicked() -> RpcFailure {
    tracing::error!("a call panicked");
    RpcFailure::Internal("Internal error".to_owned())
}
