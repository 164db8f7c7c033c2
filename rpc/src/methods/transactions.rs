//! sendTransaction and getSignatureStatuses.
//!
//! A transaction is answered with its signature once the node has accepted it; its result is read later from its
//! status. A rejection gives the reason in the errors that clients of Solana handle.

use std::sync::Arc;

use isobath_node::{Busy, Meter, Preflight, SubmitError, Unmetered, ViewRevoked};
use isobath_runtime::Simulation;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::{DecodeError, Signature, TransactionError};
use serde::{Deserialize, Serialize};

use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::limits::peers::PeerAddress;
use crate::limits::refusals::Refusal;
use crate::methods::call::Work;
use crate::params::arguments::Arguments;
use crate::params::configs::{Commitment, ContextConfig};
use crate::params::encoding::{TransactionEncoding, decode_transaction};
use crate::render::outcome::UiResult;
use crate::render::programs::describe_missing;
use crate::render::response::WithContext;
use crate::render::simulation::SimulationValue;

/// The most signatures of one getSignatureStatuses.
const STATUSES_MAX: usize = 256;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SendConfig {
    skip_preflight: Option<bool>,
    encoding: Option<TransactionEncoding>,
    #[serde(rename = "preflightCommitment")]
    _preflight_commitment: Option<Commitment>,
    /// Without effect: an accepted transaction stays in the pool until it is in a block or expires.
    #[serde(rename = "maxRetries")]
    _max_retries: Option<u64>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// sendTransaction(transaction, config)
pub(crate) async fn send_transaction(
    context: Arc<Context>,
    client: ConnectionHandle,
    mut arguments: Arguments,
) -> Result<Signature, RpcFailure> {
    let text: String = arguments.required(0, "transaction")?;
    let config: SendConfig = arguments.config(1)?;
    let wire = decode_transaction(&text, config.encoding.unwrap_or(TransactionEncoding::Base58))?;
    drop(context.view(config.context)?);
    let preflight = if config.skip_preflight.unwrap_or(false) {
        Preflight::Skip
    } else {
        Preflight::Run
    };
    submit(&context, &client, wire, preflight).await
}

/// Submits a transaction of a client to the node, and charges its preflight to the client.
pub(crate) async fn submit(
    context: &Arc<Context>,
    client: &ConnectionHandle,
    wire: Vec<u8>,
    preflight: Preflight,
) -> Result<Signature, RpcFailure> {
    let submitted = match preflight {
        Preflight::Skip => context.node.submit(wire, preflight).await,
        Preflight::Run => {
            context.begin_simulation(client)?;
            let meter = AddressMeter {
                context: Arc::clone(context),
                address: client.peer().address,
            };
            context.node.submit_metered(wire, Box::new(meter)).await
        }
    };
    if let Err(SubmitError::Busy(Busy::Preflight(unmetered))) = submitted {
        let refusal = match unmetered {
            Unmetered::Sender => Refusal::SimulationOfAddress,
            Unmetered::Senders => Refusal::Simulation,
        };
        return Err(context.refuse(refusal, client));
    }
    submitted.map_err(|error| rejection(context, error, preflight))
}

/// Charges the preflights of an address to its share of the simulations.
struct AddressMeter {
    context: Arc<Context>,
    address: PeerAddress,
}

impl Meter for AddressMeter {
    fn begin(&self) -> Result<(), Unmetered> {
        let begun = self.context.simulations.begin(self.address);
        begun.map_err(|refusal| match refusal {
            Refusal::Simulation => Unmetered::Senders,
            _ => Unmetered::Sender,
        })
    }

    fn charge(&self, units: u64) {
        self.context.simulations.charge(self.address, units);
    }
}

/// A rejection as the client sees it.
fn rejection(context: &Context, submitted: SubmitError, preflight: Preflight) -> RpcFailure {
    match submitted {
        SubmitError::Decode(error) => undecodable(error),
        SubmitError::Sanitize(error) => unsanitary(error),
        SubmitError::Invalid(error) => refused(error),
        SubmitError::Payer { error, .. } => {
            RpcFailure::preflight(submitted.to_string(), &SimulationValue::refused(error))
        }
        SubmitError::SignatureVerification if preflight == Preflight::Run => {
            refused(TransactionError::SignatureFailure)
        }
        SubmitError::SignatureVerification => RpcFailure::SignatureVerification,
        SubmitError::Preflight(simulation) => failed_preflight(&simulation, context.node.genesis()),
        SubmitError::Busy(reason) => RpcFailure::Unhealthy(format!("Node is busy: {reason}")),
        SubmitError::Stopping => RpcFailure::Unhealthy("Node is unhealthy: stopping".to_owned()),
        SubmitError::Failed(reason) => RpcFailure::Unhealthy(format!("Node is unhealthy: {reason}")),
    }
}

/// A failed preflight. Which program is missing is said in the text, which wallets show, and in the logs.
fn failed_preflight(simulation: &Simulation, genesis: &Genesis) -> RpcFailure {
    let error = simulation.outcome.error;
    let error = error.map_or_else(|| "unknown".to_owned(), |error| error.to_string());
    let value = SimulationValue::preflight(simulation, genesis);
    let text = match &simulation.missing_program {
        Some(program) => format!("{error}: {}", describe_missing(program, genesis)),
        None => error,
    };
    RpcFailure::preflight(text, &value)
}

/// Bytes that are not a transaction. Solana's nodes report separately what contradicts itself.
pub(crate) fn undecodable(error: DecodeError) -> RpcFailure {
    RpcFailure::InvalidParams(match error {
        DecodeError::SignatureCountMismatch
        | DecodeError::NoWritableSigner
        | DecodeError::TooFewKeys
        | DecodeError::TooManyKeys
        | DecodeError::PayerAsProgram
        | DecodeError::ProgramIndexOutOfRange
        | DecodeError::AccountIndexOutOfRange
        | DecodeError::EmptyLookup => {
            format!("invalid transaction: {}: {error}", error.to_transaction_error())
        }
        _ => format!("failed to deserialize solana_transaction::versioned::VersionedTransaction: {error}"),
    })
}

/// A transaction that is refused while it is sanitized: an invalid parameter.
pub(crate) fn unsanitary(error: TransactionError) -> RpcFailure {
    RpcFailure::InvalidParams(format!("invalid transaction: {error}"))
}

/// A transaction that is refused before it runs: clients read the data of a failed simulation.
fn refused(error: TransactionError) -> RpcFailure {
    RpcFailure::preflight(error.to_string(), &SimulationValue::refused(error))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusesConfig {
    search_transaction_history: Option<bool>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiStatus {
    slot: u64,
    /// `null` means "rooted".
    confirmations: Option<u64>,
    status: UiResult,
    err: Option<TransactionError>,
    confirmation_status: &'static str,
}

impl UiStatus {
    fn new(slot: u64, error: Option<TransactionError>) -> Self {
        Self {
            slot,
            confirmations: None,
            status: error.into(),
            err: error,
            confirmation_status: "finalized",
        }
    }
}

type Statuses = WithContext<Vec<Option<UiStatus>>>;

/// getSignatureStatuses(signatures, config): heavy only when it has to search the disk.
pub(crate) fn get_signature_statuses(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Work<Statuses>, RpcFailure> {
    let signatures: Vec<Signature> = arguments.list(0, "signatures", STATUSES_MAX)?;
    let config: StatusesConfig = arguments.config(1)?;
    let view = context.view(ContextConfig::default())?;
    let slot = view.chain().slot();
    let recent = signatures.iter().map(|signature| view.status(signature));
    let recent = recent.map(|status| Ok(status?.map(|status| UiStatus::new(status.slot, status.error))));
    let mut statuses = recent.collect::<Result<Vec<_>, ViewRevoked>>()?;
    drop(view);
    let searches = config.search_transaction_history.unwrap_or(false);
    if !searches || statuses.iter().all(Option::is_some) {
        return Ok(Work::Light(WithContext::new(slot, statuses)));
    }
    Ok(Work::heavy(move |context| {
        for (signature, status) in signatures.iter().zip(&mut statuses) {
            if status.is_none() {
                *status = search_history(context, signature, slot)?;
            }
        }
        Ok(WithContext::new(slot, statuses))
    }))
}

/// Searches all served history for a transaction, up to `slot`.
fn search_history(
    context: &Context,
    signature: &Signature,
    slot: u64,
) -> Result<Option<UiStatus>, RpcFailure> {
    let found = crate::methods::history::find(context, signature)?.filter(|found| found.slot <= slot);
    Ok(found.map(|found| UiStatus::new(found.slot, found.execution().outcome.error)))
}
