//! The table of methods, and what happens around every call.
//!
//! ```text
//! call --> place among the calls in flight of its connection --> parameters split --> method --> JSON
//!               none left: -32005                                              on the reactor, or on a
//!                                                                              blocking thread when it reads
//!                                                                              the disk, simulates or encodes
//! ```
//!
//! Invariant: a call keeps its place until its answer has been handed to the connection's buffer, so a client that
//! sends without reading holds a bounded number of answers.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jsonrpsee::core::server::{Extensions, PendingSubscriptionSink, ResponsePayload, RpcModule};
use jsonrpsee::core::{JsonRawValue, RegisterMethodError, to_json_raw_value};
use jsonrpsee::types::Params;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::connection::ConnectionHandle;
use super::context::Context;
use super::errors::RpcFailure;
use super::params::Arguments;
use super::{accounts, airdrop, chain_info, history, simulate, subscriptions, transactions};

type Payload = ResponsePayload<'static, Box<JsonRawValue>>;
type Module = RpcModule<Context>;
type Registered = Result<(), RegisterMethodError>;

/// A method that answers at once.
type Quick<R> = fn(&Context, Arguments) -> Result<R, RpcFailure>;

/// The methods of the HTTP port.
pub(crate) fn calls(context: &Arc<Context>) -> Result<Module, RegisterMethodError> {
    let mut module = RpcModule::from_arc(Arc::clone(context));
    quick(&mut module, "getHealth", 0, chain_info::get_health)?;
    quick(&mut module, "getVersion", 0, chain_info::get_version)?;
    quick(&mut module, "getGenesisHash", 0, chain_info::get_genesis_hash)?;
    quick(&mut module, "getSlot", 1, chain_info::get_slot)?;
    quick(&mut module, "getBlockHeight", 1, chain_info::get_block_height)?;
    quick(&mut module, "getEpochInfo", 1, chain_info::get_epoch_info)?;
    quick(
        &mut module,
        "getLatestBlockhash",
        1,
        chain_info::get_latest_blockhash,
    )?;
    quick(&mut module, "isBlockhashValid", 2, chain_info::is_blockhash_valid)?;
    quick(
        &mut module,
        "getFeeForMessage",
        2,
        chain_info::get_fee_for_message,
    )?;
    quick(
        &mut module,
        "getMinimumBalanceForRentExemption",
        2,
        accounts::get_minimum_balance,
    )?;
    quick(&mut module, "getBalance", 2, accounts::get_balance)?;
    blocking(&mut module, "getAccountInfo", 2, accounts::get_account_info)?;
    blocking(
        &mut module,
        "getMultipleAccounts",
        2,
        accounts::get_multiple_accounts,
    )?;
    blocking(
        &mut module,
        "simulateTransaction",
        2,
        simulate::simulate_transaction,
    )?;
    blocking(
        &mut module,
        "getSignatureStatuses",
        2,
        transactions::get_signature_statuses,
    )?;
    blocking(&mut module, "getTransaction", 2, history::get_transaction)?;
    waiting(&mut module, "sendTransaction", 2, transactions::send_transaction)?;
    waiting(&mut module, "requestAirdrop", 3, airdrop::request_airdrop)?;
    Ok(module)
}

/// The methods of the WebSocket port: those of the HTTP port and the subscriptions.
pub(crate) fn calls_and_subscriptions(context: &Arc<Context>) -> Result<Module, RegisterMethodError> {
    let mut module = calls(context)?;
    module.register_subscription(
        "signatureSubscribe",
        "signatureNotification",
        "signatureUnsubscribe",
        |params, pending, context, _| subscriptions::subscribe_signature(params, pending, context),
    )?;
    module.register_subscription(
        "accountSubscribe",
        "accountNotification",
        "accountUnsubscribe",
        |params, pending, context, extensions| {
            with_connection(
                params,
                pending,
                context,
                extensions,
                subscriptions::subscribe_account,
            )
        },
    )?;
    module.register_subscription(
        "slotSubscribe",
        "slotNotification",
        "slotUnsubscribe",
        |params, pending, context, extensions| {
            with_connection(
                params,
                pending,
                context,
                extensions,
                subscriptions::subscribe_slot,
            )
        },
    )?;
    Ok(module)
}

async fn with_connection<F, Fut>(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    extensions: Extensions,
    subscribe: F,
) where
    F: FnOnce(Params<'static>, PendingSubscriptionSink, Arc<Context>, ConnectionHandle) -> Fut,
    Fut: Future<Output = ()>,
{
    match extensions.get::<ConnectionHandle>() {
        Some(connection) => subscribe(params, pending, context, connection.clone()).await,
        None => pending.reject(no_connection()).await,
    }
}

/// Registers a method that answers at once.
fn quick<R: Serialize + 'static>(
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
fn blocking<R: Serialize + 'static>(
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

/// Registers a method that waits for the node.
fn waiting<R, F, Fut>(module: &mut Module, name: &'static str, count_max: usize, method: F) -> Registered
where
    R: Serialize,
    F: Fn(Arc<Context>, Arguments) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcFailure>> + Send,
{
    module.register_async_method(name, move |params, context, extensions| async move {
        let work = async {
            let answer = method(Arc::clone(&context), Arguments::parse(&params, count_max)?).await?;
            to_json(answer)
        };
        respond(&context, &extensions, Answers::Small, work).await
    })?;
    Ok(())
}

fn to_json(answer: impl Serialize) -> Result<Box<JsonRawValue>, RpcFailure> {
    to_json_raw_value(&answer)
        .map_err(|error| RpcFailure::Internal(format!("cannot write the answer: {error}")))
}

/// What the answers of a method may weigh.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// A few KiB.
    Small,
    /// Up to the limit.
    Large,
}

/// The places that a call holds until its answer has been handed over.
struct Places {
    _call: OwnedSemaphorePermit,
    _large_answer: Option<OwnedSemaphorePermit>,
}

/// Does the work if the connection has a place for it and keeps the place until the answer has left.
async fn respond(
    context: &Context,
    extensions: &Extensions,
    answers: Answers,
    work: impl Future<Output = Result<Box<JsonRawValue>, RpcFailure>>,
) -> Payload {
    context.counters.calls.increment();
    let places = match begin(context, extensions, answers).await {
        Ok(places) => places,
        Err(failure) => return ResponsePayload::error(failure),
    };
    let limit = usize::try_from(context.limits.response_bytes_max).unwrap_or(usize::MAX);
    // A method that panics is a fault of the node; its client still gets an answer.
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
        // An error means that the connection is gone; the places are free either way.
        let _ = handed_over.await;
        drop(places);
    });
    payload
}

async fn begin(context: &Context, extensions: &Extensions, answers: Answers) -> Result<Places, RpcFailure> {
    let connection = extensions.get::<ConnectionHandle>().ok_or_else(no_connection)?;
    let call = connection.begin_call().ok_or_else(|| {
        context.counters.refused_busy.increment();
        RpcFailure::busy()
    })?;
    let large_answer = match answers {
        Answers::Small => None,
        Answers::Large => connection.begin_large_answer().await,
    };
    Ok(Places {
        _call: call,
        _large_answer: large_answer,
    })
}

fn panicked() -> RpcFailure {
    tracing::error!("a call panicked");
    RpcFailure::Internal("Internal error".to_owned())
}

fn no_connection() -> RpcFailure {
    RpcFailure::Internal("the call came in on no connection".to_owned())
}
