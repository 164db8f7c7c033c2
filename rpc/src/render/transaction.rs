//! A transaction of the ledger as clients see it, in getTransaction and getBlock.
//!
//! Logs and inner instructions are stored as events and rendered here, when they are read. Keys that were loaded from
//! lookup tables come from the ledger too, since tables may change afterwards.
//!
//! Invariant: the transaction is a view of its bytes and is not admitted again, so it can be rendered whatever the
//! rules are by then.

use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::record::ExecutionRef;
use isobath_sdk::{MessageVersion, Signature, TransactionError, TransactionView};
use serde::Serialize;

use crate::errors::RpcFailure;
use crate::params::encoding::TransactionEncoding;
use crate::render::cost::cost_units_of;
use crate::render::encoding::{EncodedData, base58};
use crate::render::instructions::{Form, UiInnerInstructions, render_inner_instructions};
use crate::render::message::{AccountKeys, UiKey, UiTransaction, signatures};
use crate::render::outcome::{UiLoadedAddresses, UiResult, UiReturnData};

/// How much of a transaction is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Details {
    /// All of it.
    Full,
    /// Signatures, accounts, balances and the error.
    Accounts,
}

/// How a transaction is rendered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderConfig {
    pub(crate) encoding: TransactionEncoding,
    /// The highest version that the client knows; `None` for legacy only.
    pub(crate) version_max: Option<u8>,
    pub(crate) details: Details,
    pub(crate) rewards: bool,
}

/// A transaction, what became of it, and its version for clients that know versions.
#[derive(Debug, Serialize)]
pub(crate) struct UiTransactionWithMeta {
    transaction: UiTransactionForm,
    meta: Meta,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum UiTransactionForm {
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

/// The part of the meta that [`Details::Accounts`] omits.
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
    cost_units: u64,
}

/// Renders one transaction of the ledger.
pub(crate) fn render_transaction(
    view: TransactionView<'_>,
    execution: ExecutionRef<'_>,
    config: RenderConfig,
) -> Result<UiTransactionWithMeta, RpcFailure> {
    let version = render_version(view.version(), config.version_max)?;
    let keys = AccountKeys::new(view, execution.loaded_addresses);
    Ok(UiTransactionWithMeta {
        transaction: render_form(view, &keys, config),
        meta: Meta::new(view, &keys, execution, config),
        version,
    })
}

/// The version as the client expects it, or an error when the client does not support it.
const fn render_version(
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

fn render_form(view: TransactionView<'_>, keys: &AccountKeys, config: RenderConfig) -> UiTransactionForm {
    if config.details == Details::Accounts {
        return UiTransactionForm::Accounts {
            signatures: signatures(view),
            account_keys: keys.describe(view),
        };
    }
    let json = |form| UiTransactionForm::Json(Box::new(UiTransaction::new(view, keys, form)));
    match config.encoding {
        TransactionEncoding::Binary => UiTransactionForm::Encoded(EncodedData::Bare(base58(view.bytes()))),
        TransactionEncoding::Base58 => UiTransactionForm::Encoded(EncodedData::base58(view.bytes())),
        TransactionEncoding::Base64 => UiTransactionForm::Encoded(EncodedData::base64(view.bytes())),
        TransactionEncoding::Json => json(Form::Compiled),
        TransactionEncoding::JsonParsed => json(Form::Parsed),
    }
}

impl Meta {
    fn new(
        view: TransactionView<'_>,
        keys: &AccountKeys,
        execution: ExecutionRef<'_>,
        config: RenderConfig,
    ) -> Self {
        let outcome = execution.outcome;
        Self {
            err: outcome.error,
            status: outcome.error.into(),
            fee: outcome.fee,
            pre_balances: execution.pre_balances.to_vec(),
            post_balances: execution.post_balances.to_vec(),
            pre_token_balances: [],
            post_token_balances: [],
            rewards: config.rewards.then_some([]),
            run: (config.details == Details::Full)
                .then(|| RunMeta::new(view, keys, execution, config.encoding)),
        }
    }
}

impl RunMeta {
    fn new(
        view: TransactionView<'_>,
        keys: &AccountKeys,
        execution: ExecutionRef<'_>,
        encoding: TransactionEncoding,
    ) -> Self {
        let outcome = execution.outcome;
        let is_parsed = encoding == TransactionEncoding::JsonParsed;
        let form = if is_parsed { Form::Parsed } else { Form::Compiled };
        // With jsonParsed the loaded addresses are among the account keys.
        Self {
            inner_instructions: render_inner_instructions(form, keys.all(), execution.events),
            log_messages: render_logs(execution.events),
            loaded_addresses: (!is_parsed).then(|| execution.loaded_addresses.into()),
            return_data: outcome.return_data.map(UiReturnData::from),
            compute_units_consumed: outcome.compute_units,
            cost_units: cost_units_of(view, execution),
        }
    }
}

#[cfg(test)]
mod tests;
