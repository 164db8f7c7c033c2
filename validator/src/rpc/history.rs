//! getTransaction: one transaction of the ledger with all that is known about it.
//!
//! Logs, inner instructions and return data are stored as events and rendered here, when they are read.

use isobath_accounts_db::Execution;
use isobath_runtime::Tx;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::{MessageVersion, Signature, TransactionError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::Context;
use super::encoding::{EncodedData, TransactionEncoding, base58};
use super::errors::RpcFailure;
use super::instructions::{Form, UiInnerInstructions, show_inner};
use super::message::{UiTransaction, static_keys};
use super::params::{Arguments, ContextConfig};
use super::simulation::UiReturnData;
use super::transactions::UiResult;

/// A transaction as the ledger has it.
pub(crate) struct FoundTransaction {
    pub(crate) slot: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) wire: Vec<u8>,
    pub(crate) execution: Execution,
}

/// Finds a transaction of any age. Reads the disk.
pub(crate) fn find(context: &Context, signature: &Signature) -> Result<Option<FoundTransaction>, RpcFailure> {
    let found = context.node.find(signature).map_err(|error| {
        tracing::error!(%error, %signature, "cannot read a block");
        RpcFailure::Internal(format!("cannot read the ledger: {error}"))
    })?;
    let Some(found) = found else { return Ok(None) };
    let index = usize::try_from(found.index).unwrap_or(usize::MAX);
    let mut history = found.history;
    if index >= history.transactions.len() || index >= history.executions.len() {
        return Ok(None);
    }
    Ok(Some(FoundTransaction {
        slot: found.slot,
        timestamp_ms: history.header.timestamp_ms,
        wire: history.transactions.swap_remove(index),
        execution: history.executions.swap_remove(index),
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TransactionConfig {
    encoding: Option<TransactionEncoding>,
    max_supported_transaction_version: Option<u8>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// The second parameter: an object, or in the oldest form only the encoding.
fn parse_config(arguments: &mut Arguments) -> Result<TransactionConfig, RpcFailure> {
    match arguments.optional::<Value>(1, "config")? {
        None => Ok(TransactionConfig::default()),
        Some(text @ Value::String(_)) => {
            let encoding =
                serde_json::from_value(text).map_err(|error| RpcFailure::parameter("encoding", error))?;
            Ok(TransactionConfig {
                encoding: Some(encoding),
                ..TransactionConfig::default()
            })
        }
        Some(object) => {
            serde_json::from_value(object).map_err(|error| RpcFailure::parameter("config", error))
        }
    }
}

/// What getTransaction answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmedTransaction {
    slot: u64,
    transaction: ShownTransaction,
    meta: Meta,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    block_time: i64,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ShownTransaction {
    Encoded(EncodedData),
    Json(Box<UiTransaction>),
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum Version {
    Legacy(&'static str),
    Number(u8),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    err: Option<TransactionError>,
    status: UiResult,
    fee: u64,
    pre_balances: Vec<u64>,
    post_balances: Vec<u64>,
    inner_instructions: Vec<UiInnerInstructions>,
    log_messages: Vec<String>,
    pre_token_balances: [(); 0],
    post_token_balances: [(); 0],
    rewards: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_addresses: Option<LoadedAddresses>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_data: Option<UiReturnData>,
    compute_units_consumed: u64,
}

/// The addresses that table lookups loaded: none, since a transaction with lookups has no effect under rules version 1.
#[derive(Debug, Default, Serialize)]
struct LoadedAddresses {
    writable: [(); 0],
    readonly: [(); 0],
}

/// getTransaction(signature, config)
pub(crate) fn get_transaction(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Option<ConfirmedTransaction>, RpcFailure> {
    let signature = arguments.signature(0, "signature")?;
    let config = parse_config(&mut arguments)?;
    drop(context.view(config.context)?);
    find(context, &signature)?
        .map(|found| show(context, &found, &config))
        .transpose()
}

fn show(
    context: &Context,
    found: &FoundTransaction,
    config: &TransactionConfig,
) -> Result<ConfirmedTransaction, RpcFailure> {
    let tx = context.node.runtime().admit(&found.wire).map_err(|error| {
        RpcFailure::Internal(format!(
            "the ledger holds a transaction that is not valid: {error}"
        ))
    })?;
    let version = shown_version(tx.view().version(), config.max_supported_transaction_version)?;
    let encoding = config.encoding.unwrap_or(TransactionEncoding::Json);
    Ok(ConfirmedTransaction {
        slot: found.slot,
        transaction: show_transaction(&tx, encoding),
        meta: Meta::new(&tx, &found.execution, encoding),
        version,
        block_time: found.timestamp_ms.div_euclid(1_000),
    })
}

/// The version as the client wants it, or a refusal when the client does not know it.
const fn shown_version(
    version: MessageVersion,
    supported_max: Option<u8>,
) -> Result<Option<Version>, RpcFailure> {
    match (version, supported_max) {
        (MessageVersion::Legacy, None) => Ok(None),
        (MessageVersion::Legacy, Some(_)) => Ok(Some(Version::Legacy("legacy"))),
        (MessageVersion::V0, Some(_)) => Ok(Some(Version::Number(0))),
        (MessageVersion::V0, None) => Err(RpcFailure::UnsupportedVersion(0)),
    }
}

fn show_transaction(tx: &Tx, encoding: TransactionEncoding) -> ShownTransaction {
    match encoding {
        TransactionEncoding::Binary => ShownTransaction::Encoded(EncodedData::Bare(base58(tx.wire()))),
        TransactionEncoding::Base58 => ShownTransaction::Encoded(EncodedData::base58(tx.wire())),
        TransactionEncoding::Base64 => ShownTransaction::Encoded(EncodedData::base64(tx.wire())),
        TransactionEncoding::Json => ShownTransaction::Json(Box::new(UiTransaction::new(tx, Form::Compiled))),
        TransactionEncoding::JsonParsed => {
            ShownTransaction::Json(Box::new(UiTransaction::new(tx, Form::Parsed)))
        }
    }
}

impl Meta {
    fn new(tx: &Tx, execution: &Execution, encoding: TransactionEncoding) -> Self {
        let outcome = &execution.outcome;
        let is_parsed = encoding == TransactionEncoding::JsonParsed;
        let form = if is_parsed { Form::Parsed } else { Form::Compiled };
        // With jsonParsed the loaded addresses stand among the account keys.
        let has_loaded = tx.view().version() == MessageVersion::V0 && !is_parsed;
        Self {
            err: outcome.error,
            status: outcome.error.into(),
            fee: outcome.fee,
            pre_balances: execution.pre_balances.clone(),
            post_balances: execution.post_balances.clone(),
            inner_instructions: show_inner(form, &static_keys(tx), &execution.events),
            log_messages: render_logs(&execution.events),
            pre_token_balances: [],
            post_token_balances: [],
            rewards: [],
            loaded_addresses: has_loaded.then(LoadedAddresses::default),
            return_data: outcome.return_data.as_ref().map(UiReturnData::from),
            compute_units_consumed: outcome.compute_units,
        }
    }
}
