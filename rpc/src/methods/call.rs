//! What happens around every call.
//!
//! ```text
//! call --> permit of its connection --> light: parameters split --> method, on the reactor -----------> JSON
//!          none left: -32005          heavy: turn --> parameters split --> method, on a thread --> JSON in its room
//!                                            -32005
//! ```
//!
//! A light call looks something up and encodes a little; it never waits behind heavy ones. A heavy call reads the disk,
//! scans, simulates or encodes much. Some methods know only after a look-up which of the two a call is. What waits for
//! its turn holds the text of its parameters, which has as many bytes as were sent; values take many times that.
//!
//! Invariant: a call keeps its permit until its client has read the answer, so a client that sends without reading makes
//! the node hold a bounded number of answers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
use crate::limits::heavy::Turn;
use crate::limits::refusals::Refusal;
use crate::limits::unread::SMALL_BYTES_MAX;
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
    module.register_method(name, move |params, context, extensions| {
        context.counters.calls.increment();
        let permit = match begin(context, extensions) {
            Ok((_, permit)) => permit,
            Err(failure) => return ResponsePayload::error(failure),
        };
        let work = || {
            let answer = method(context, Arguments::parse(&params, count_max)?)?;
            Ok(Rendered::light(to_json(answer)?))
        };
        let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()));
        finish(context, permit, result)
    })?;
    Ok(())
}

/// What a call has left to do after its look-ups.
pub(crate) enum Work<R> {
    /// Nothing that takes long.
    Light(R),
    /// Something that takes a thread, and whose answer may be large.
    Heavy(HeavyWork<R>),
}

type HeavyWork<R> = Box<dyn FnOnce(&Context) -> Result<R, RpcFailure> + Send>;

impl<R> Work<R> {
    /// Heavy work.
    pub(crate) fn heavy(work: impl FnOnce(&Context) -> Result<R, RpcFailure> + Send + 'static) -> Self {
        Self::Heavy(Box::new(work))
    }
}

/// A method that simulates, for the client that calls it.
pub(crate) type Simulating<R> = fn(&Context, &ConnectionHandle, Arguments) -> Result<R, RpcFailure>;

/// Registers a method that is heavy and simulates.
pub(crate) fn simulating<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    method: Simulating<R>,
) -> Registered {
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async |connection: ConnectionHandle| {
            let client = connection.clone();
            let work =
                move |context: &Context| method(context, &client, Arguments::parse(&params, count_max)?);
            render_heavy(&context, &connection, work).await
        };
        respond(&context, &extensions, work).await
    })?;
    Ok(())
}

/// A method whose calls may be light or heavy.
pub(crate) type Graded<R> = fn(&Context, Arguments) -> Result<Work<R>, RpcFailure>;

/// Registers a method that is always heavy.
pub(crate) fn heavy<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    method: Quick<R>,
) -> Registered {
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async |connection: ConnectionHandle| {
            let work = move |context: &Context| method(context, Arguments::parse(&params, count_max)?);
            render_heavy(&context, &connection, work).await
        };
        respond(&context, &extensions, work).await
    })?;
    Ok(())
}

/// Registers a method that decides for each call whether it is heavy.
pub(crate) fn graded<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    count_max: usize,
    method: Graded<R>,
) -> Registered {
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async |connection: ConnectionHandle| {
            let work = match method(&context, Arguments::parse(&params, count_max)?)? {
                Work::Light(answer) => return Ok(Rendered::light(to_json(answer)?)),
                Work::Heavy(work) => work,
            };
            render_heavy(&context, &connection, work).await
        };
        respond(&context, &extensions, work).await
    })?;
    Ok(())
}

/// What makes a method change the state of the chain or of the node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The signatures in its parameters, independent of the sender.
    Signatures,
    /// The call alone, so that foreign origins may not make it.
    Call,
}

impl Authority {
    /// Whether the caller may make a call.
    fn check(self, name: &str, context: &Context, extensions: &Extensions) -> Result<(), RpcFailure> {
        match extensions.get::<ForeignOrigin>() {
            Some(origin) if self == Self::Call => {
                if let Some(connection) = extensions.get::<ConnectionHandle>() {
                    context.refusals.note(Refusal::Origin, connection.peer().address);
                }
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
    F: Fn(Arc<Context>, ConnectionHandle, Arguments) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcFailure>> + Send,
{
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async |connection| {
            authority.check(name, &context, &extensions)?;
            let arguments = Arguments::parse(&params, count_max)?;
            let answer = method(Arc::clone(&context), connection, arguments).await?;
            Ok(Rendered::light(to_json(answer)?))
        };
        respond(&context, &extensions, work).await
    })?;
    Ok(())
}

fn to_json(answer: impl Serialize) -> Result<Box<JsonRawValue>, RpcFailure> {
    to_json_raw_value(&answer)
        .map_err(|error| RpcFailure::Internal(format!("cannot encode the response: {error}")))
}

/// Longest result of a light call. The rest of its answer is the id, of at most a kibibyte, and a few names.
const LIGHT_BYTES_MAX: usize = SMALL_BYTES_MAX - (2 << 10);

/// An answer, and what it holds until its client has read it.
struct Rendered {
    json: Box<JsonRawValue>,
    held: Option<(OwnedSemaphorePermit, Turn)>,
}

impl Rendered {
    fn light(json: Box<JsonRawValue>) -> Self {
        debug_assert!(json.get().len() <= LIGHT_BYTES_MAX, "a light answer is small");
        Self { json, held: None }
    }
}

/// Does heavy work when its turn comes.
async fn render_heavy<R: Serialize + 'static>(
    context: &Arc<Context>,
    connection: &ConnectionHandle,
    work: impl FnOnce(&Context) -> Result<R, RpcFailure> + Send + 'static,
) -> Result<Rendered, RpcFailure> {
    let permit = connection.begin_large_answer().await;
    let render = move |context: &Context| to_json(work(context)?);
    let (json, turn) = context.run_heavy(connection, render).await?;
    Ok(Rendered {
        json,
        held: permit.map(|permit| (permit, turn)),
    })
}

/// Does the work if the connection has a permit for it, and keeps the permit until the answer has been read.
async fn respond(
    context: &Context,
    extensions: &Extensions,
    work: impl AsyncFnOnce(ConnectionHandle) -> Result<Rendered, RpcFailure>,
) -> Payload {
    context.counters.calls.increment();
    let (connection, permit) = match begin(context, extensions) {
        Ok(begun) => begun,
        Err(failure) => return ResponsePayload::error(failure),
    };
    // A method that panics is a bug; its client still gets an answer.
    let result = AssertUnwindSafe(work(connection))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(panicked()));
    finish(context, permit, result)
}

/// The answer; the permit is kept until it has been read.
fn finish(context: &Context, permit: OwnedSemaphorePermit, result: Result<Rendered, RpcFailure>) -> Payload {
    let limit = usize::try_from(context.limits.response_bytes_max).unwrap_or(usize::MAX);
    let (payload, held) = match result {
        Ok(rendered) if rendered.json.get().len() <= limit => {
            (ResponsePayload::success(rendered.json), rendered.held)
        }
        Ok(_) => {
            let text = format!("the answer has more than {limit} bytes");
            (ResponsePayload::error(RpcFailure::Internal(text)), None)
        }
        Err(failure) => (ResponsePayload::error(failure), None),
    };
    let (payload, handed_over) = payload.notify_on_completion();
    tokio::spawn(async move {
        // An error means that the answer was dropped, read or not.
        let _ = handed_over.await;
        drop((permit, held));
    });
    payload
}

fn begin(
    context: &Context,
    extensions: &Extensions,
) -> Result<(ConnectionHandle, OwnedSemaphorePermit), RpcFailure> {
    let connection = extensions
        .get::<ConnectionHandle>()
        .ok_or_else(RpcFailure::no_connection)?;
    let permit = connection
        .begin_call()
        .ok_or_else(|| context.refuse(Refusal::CallInFlight, connection))?;
    Ok((connection.clone(), permit))
}

fn panicked() -> RpcFailure {
    tracing::error!("a call panicked");
    RpcFailure::Internal("Internal error".to_owned())
}
