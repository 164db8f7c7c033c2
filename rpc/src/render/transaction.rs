//! A transaction of the ledger as clients see it: getTransaction shows one, getBlock those of a block.
//!
//! Logs, inner instructions and return data are stored as events and rendered here, when they are read. Keys that
//! lookup tables gave come from the ledger too, since tables may change afterwards.

use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::record::Execution;
use isobath_sdk::{MessageVersion, Signature, TransactionError, TransactionView};
use serde::Serialize;

use crate::errors::RpcFailure;
use crate::params::encoding::TransactionEncoding;
use crate::render::encoding::{EncodedData, base58};
use crate::render::instructions::{Form, UiInnerInstructions, show_inner};
use crate::render::message::{AccountKeys, UiKey, UiTransaction, signatures};
use crate::render::outcome::{UiLoadedAddresses, UiResult, UiReturnData};

/// How much of a transaction is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Details {
    /// All of it.
    Full,
    /// Signatures, accounts, balances and the error.
    Accounts,
}

/// How a transaction is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShowConfig {
    pub(crate) encoding: TransactionEncoding,
    /// The highest version that the client knows; `None` for legacy only.
    pub(crate) version_max: Option<u8>,
    pub(crate) details: Details,
    pub(crate) rewards: bool,
}

/// A transaction, what became of it, and its version for clients that know versions.
#[derive(Debug, Serialize)]
pub(crate) struct ShownTransaction {
    transaction: ShownMessage,
    meta: Meta,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ShownMessage {
    Encoded(EncodedData),
    Json(Box<UiTransaction>),
    #[serde(rename_all = "camelCase")]
    Accounts {
        signatures: Vec<Signature>,
        account_keys: Vec<UiKey>,
    },
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
    pre_token_balances: [(); 0],
    post_token_balances: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    rewards: Option<[(); 0]>,
    #[serde(flatten)]
    run: Option<RunMeta>,
}

/// The part of the meta that is left out with [`Details::Accounts`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunMeta {
    inner_instructions: Vec<UiInnerInstructions>,
    log_messages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_addresses: Option<UiLoadedAddresses>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_data: Option<UiReturnData>,
    compute_units_consumed: u64,
}

/// Shows one transaction of the ledger.
pub(crate) fn show(
    view: TransactionView<'_>,
    execution: &Execution,
    config: ShowConfig,
) -> Result<ShownTransaction, RpcFailure> {
    let version = shown_version(view.version(), config.version_max)?;
    let keys = AccountKeys::new(view, &execution.loaded_addresses);
    Ok(ShownTransaction {
        transaction: show_message(view, &keys, config),
        meta: Meta::new(&keys, execution, config),
        version,
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

fn show_message(view: TransactionView<'_>, keys: &AccountKeys, config: ShowConfig) -> ShownMessage {
    if config.details == Details::Accounts {
        return ShownMessage::Accounts {
            signatures: signatures(view),
            account_keys: keys.describe(view),
        };
    }
    let json = |form| ShownMessage::Json(Box::new(UiTransaction::new(view, keys, form)));
    match config.encoding {
        TransactionEncoding::Binary => ShownMessage::Encoded(EncodedData::Bare(base58(view.bytes()))),
        TransactionEncoding::Base58 => ShownMessage::Encoded(EncodedData::base58(view.bytes())),
        TransactionEncoding::Base64 => ShownMessage::Encoded(EncodedData::base64(view.bytes())),
        TransactionEncoding::Json => json(Form::Compiled),
        TransactionEncoding::JsonParsed => json(Form::Parsed),
    }
}

impl Meta {
    fn new(keys: &AccountKeys, execution: &Execution, config: ShowConfig) -> Self {
        let outcome = &execution.outcome;
        Self {
            err: outcome.error,
            status: outcome.error.into(),
            fee: outcome.fee,
            pre_balances: execution.pre_balances.clone(),
            post_balances: execution.post_balances.clone(),
            pre_token_balances: [],
            post_token_balances: [],
            rewards: config.rewards.then_some([]),
            run: (config.details == Details::Full).then(|| RunMeta::new(keys, execution, config.encoding)),
        }
    }
}

impl RunMeta {
    fn new(keys: &AccountKeys, execution: &Execution, encoding: TransactionEncoding) -> Self {
        let outcome = &execution.outcome;
        let is_parsed = encoding == TransactionEncoding::JsonParsed;
        let form = if is_parsed { Form::Parsed } else { Form::Compiled };
        // With jsonParsed the loaded addresses stand among the account keys.
        Self {
            inner_instructions: show_inner(form, keys.all(), &execution.events),
            log_messages: render_logs(&execution.events),
            loaded_addresses: (!is_parsed).then(|| (&execution.loaded_addresses).into()),
            return_data: outcome.return_data.as_ref().map(UiReturnData::from),
            compute_units_consumed: outcome.compute_units,
        }
    }
}

#[cfg(test)]
mod tests;
