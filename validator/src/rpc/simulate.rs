//! simulateTransaction, and how a simulation is shown (also in the error of a failed preflight).
//!
//! A simulation runs as the block after the view's block would (contract 9), so what it says is what would happen if
//! nothing else came before. It changes nothing.

use isobath_runtime::{Simulation, Tx};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::{Hash, Pubkey, Transaction, TransactionError, TransactionView};
use isobath_sigverify::{Item, verify_batch};
use serde::{Deserialize, Serialize};

use super::accounts::{Encoder, UiAccount};
use super::chain_info::{Blockhash, latest_blockhash};
use super::context::{Context, WithContext};
use super::encoding::{AccountEncoding, EncodedData, TransactionEncoding, decode_transaction};
use super::errors::RpcFailure;
use super::instructions::{Form, UiInnerInstructions, show_inner};
use super::params::{Arguments, ContextConfig, parse_text};
use super::transactions::{invalid_transaction, undecodable};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SimulateConfig {
    sig_verify: Option<bool>,
    replace_recent_blockhash: Option<bool>,
    encoding: Option<TransactionEncoding>,
    accounts: Option<AccountsConfig>,
    inner_instructions: Option<bool>,
    #[serde(flatten)]
    context: ContextConfig,
}

#[derive(Debug, Deserialize)]
struct AccountsConfig {
    encoding: Option<AccountEncoding>,
    addresses: Vec<String>,
}

/// What a simulation found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimulationValue {
    err: Option<TransactionError>,
    logs: Vec<String>,
    accounts: Option<Vec<Option<UiAccount>>>,
    units_consumed: u64,
    loaded_accounts_data_size: u64,
    return_data: Option<UiReturnData>,
    inner_instructions: Option<Vec<UiInnerInstructions>>,
    replacement_blockhash: Option<Blockhash>,
    fee: Option<u64>,
    pre_balances: Option<Vec<u64>>,
    post_balances: Option<Vec<u64>>,
}

/// Data that a program returned.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiReturnData {
    program_id: Pubkey,
    data: EncodedData,
}

impl From<&ReturnData> for UiReturnData {
    fn from(returned: &ReturnData) -> Self {
        Self {
            program_id: returned.program,
            data: EncodedData::base64(&returned.data),
        }
    }
}

impl SimulationValue {
    /// A simulation without the parts that have to be asked for.
    pub(crate) fn new(simulation: &Simulation) -> Self {
        let outcome = &simulation.outcome;
        Self {
            err: outcome.error,
            logs: render_logs(&simulation.events),
            accounts: None,
            units_consumed: outcome.compute_units,
            loaded_accounts_data_size: simulation.loaded_data_len,
            return_data: outcome.return_data.as_ref().map(UiReturnData::from),
            inner_instructions: None,
            replacement_blockhash: None,
            fee: Some(outcome.fee),
            pre_balances: Some(simulation.pre_balances.clone()),
            post_balances: Some(simulation.post_balances.clone()),
        }
    }

    /// A transaction that was refused before it ran.
    pub(crate) const fn refused(error: TransactionError) -> Self {
        Self {
            err: Some(error),
            logs: Vec::new(),
            accounts: None,
            units_consumed: 0,
            loaded_accounts_data_size: 0,
            return_data: None,
            inner_instructions: None,
            replacement_blockhash: None,
            fee: None,
            pre_balances: None,
            post_balances: None,
        }
    }
}

/// simulateTransaction(transaction, config)
pub(crate) fn simulate_transaction(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<SimulationValue>, RpcFailure> {
    let text: String = arguments.required(0, "transaction")?;
    let config: SimulateConfig = arguments.config(1)?;
    let wire = decode_transaction(&text, config.encoding.unwrap_or(TransactionEncoding::Base58))?;
    let view = TransactionView::parse(&wire).map_err(undecodable)?;
    let wants_replacement = config.replace_recent_blockhash.unwrap_or(false);
    if config.sig_verify.unwrap_or(false) {
        if wants_replacement {
            let text = "sigVerify may not be used with replaceRecentBlockhash";
            return Err(RpcFailure::InvalidParams(text.to_owned()));
        }
        verify_signatures(view)?;
    }
    let wanted = WantedAccounts::parse(config.accounts.as_ref(), view.key_count())?;
    let run = run(context, &wire, config.context, wants_replacement)?;
    let with_inner = config.inner_instructions.unwrap_or(false);
    Ok(WithContext::new(
        run.slot,
        show_run(context, &run, wanted.as_ref(), with_inner)?,
    ))
}

/// A simulation, or why there was none, and the view that it ran against.
struct Run {
    slot: u64,
    result: Result<Simulation, TransactionError>,
    replacement: Option<Blockhash>,
}

fn run(context: &Context, wire: &[u8], config: ContextConfig, replaces: bool) -> Result<Run, RpcFailure> {
    let view = context.view(config)?;
    let chain = view.chain();
    let replacement = replaces.then(|| latest_blockhash(chain));
    let tx = match replacement {
        Some(latest) => context
            .node
            .runtime()
            .admit(&replace_blockhash(wire, latest.blockhash)?),
        None => context.node.runtime().admit(wire),
    };
    if let Err(TransactionError::SanitizeFailure | TransactionError::UnsupportedVersion) = tx {
        return Err(tx.map_or_else(invalid_transaction, |_| RpcFailure::SignatureVerification));
    }
    let simulate = |tx: Tx| context.node.runtime().simulate(chain, view.accounts(), &tx);
    Ok(Run {
        slot: chain.slot(),
        result: tx.map(simulate),
        replacement,
    })
}

fn replace_blockhash(wire: &[u8], blockhash: Hash) -> Result<Vec<u8>, RpcFailure> {
    let mut transaction = Transaction::parse(wire).map_err(undecodable)?;
    transaction.message.recent_blockhash = blockhash;
    Ok(transaction.serialize())
}

fn verify_signatures(view: TransactionView<'_>) -> Result<(), RpcFailure> {
    let message = view.message_bytes();
    let items: Vec<_> = view
        .signatures()
        .iter()
        .zip(view.static_keys())
        .map(|(signature, key)| Item {
            key,
            message,
            signature,
        })
        .collect();
    if verify_batch(&items).all_valid() {
        Ok(())
    } else {
        Err(RpcFailure::SignatureVerification)
    }
}

/// The accounts whose state after the simulation a client asks for.
struct WantedAccounts {
    encoding: AccountEncoding,
    addresses: Vec<Pubkey>,
}

impl WantedAccounts {
    fn parse(config: Option<&AccountsConfig>, count_max: usize) -> Result<Option<Self>, RpcFailure> {
        let Some(config) = config else { return Ok(None) };
        let encoding = config.encoding.unwrap_or(AccountEncoding::Base64);
        if matches!(encoding, AccountEncoding::Binary | AccountEncoding::Base58) {
            return Err(RpcFailure::InvalidParams(
                "base58 encoding not supported".to_owned(),
            ));
        }
        if config.addresses.len() > count_max {
            return Err(RpcFailure::InvalidParams(format!(
                "Too many accounts provided; max {count_max}"
            )));
        }
        let addresses = config
            .addresses
            .iter()
            .map(|text| parse_text(text, "accounts.addresses"));
        Ok(Some(Self {
            encoding,
            addresses: addresses.collect::<Result<_, _>>()?,
        }))
    }

    fn show(&self, context: &Context, simulation: &Simulation) -> Result<Vec<Option<UiAccount>>, RpcFailure> {
        if simulation.outcome.error.is_some() {
            return Ok(vec![None; self.addresses.len()]);
        }
        let mut encoder = Encoder::new(context, self.encoding, None);
        let shown = self.addresses.iter().map(|address| {
            let after = state_after(context, simulation, address);
            after.map(|account| encoder.encode(&account)).transpose()
        });
        shown.collect()
    }
}

/// The state of an account after the simulation: what the transaction left, else what the view has.
fn state_after(context: &Context, simulation: &Simulation, address: &Pubkey) -> Option<Account> {
    match simulation.accounts.iter().find(|(key, _)| key == address) {
        Some((_, account)) => account.clone(),
        None => {
            let view = context.node.published();
            super::accounts::load(context, &view, address).map(|account| Account::clone(&account))
        }
    }
}

fn show_run(
    context: &Context,
    run: &Run,
    wanted: Option<&WantedAccounts>,
    with_inner: bool,
) -> Result<SimulationValue, RpcFailure> {
    let simulation = match &run.result {
        Ok(simulation) => simulation,
        Err(error) => {
            let accounts = wanted.map(|wanted| vec![None; wanted.addresses.len()]);
            let replacement_blockhash = run.replacement;
            return Ok(SimulationValue {
                accounts,
                replacement_blockhash,
                ..SimulationValue::refused(*error)
            });
        }
    };
    let keys: Vec<Pubkey> = simulation.accounts.iter().map(|(key, _)| *key).collect();
    Ok(SimulationValue {
        accounts: wanted
            .map(|wanted| wanted.show(context, simulation))
            .transpose()?,
        inner_instructions: with_inner.then(|| show_inner(Form::Parsed, &keys, &simulation.events)),
        replacement_blockhash: run.replacement,
        ..SimulationValue::new(simulation)
    })
}
