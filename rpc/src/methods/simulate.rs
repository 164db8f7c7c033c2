//! simulateTransaction.
//!
//! A simulation executes as the block after the view's block would (contract 9), so its result is what would happen if
//! nothing else came before. It changes nothing. Everything in one answer is read from one view.

use std::sync::Arc;

use isobath_node::{Published, has_valid_signatures};
use isobath_runtime::{DecodedTx, Simulation, Tx};
use isobath_sdk::chain::account::Account;
use isobath_sdk::{Hash, Pubkey, TransactionError, TransactionView};
use serde::Deserialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::accounts::load;
use crate::methods::chain_info::latest_blockhash;
use crate::methods::transactions::{invalid_transaction, undecodable};
use crate::params::arguments::{Arguments, parse_text};
use crate::params::configs::ContextConfig;
use crate::params::encoding::{AccountEncoding, TransactionEncoding, decode_transaction};
use crate::render::accounts::{Encoder, UiAccount};
use crate::render::chain::UiBlockhash;
use crate::render::instructions::{Form, render_inner_instructions};
use crate::render::response::WithContext;
use crate::render::simulation::SimulationValue;

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

/// simulateTransaction(transaction, config)
pub(crate) fn simulate_transaction(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<SimulationValue>, RpcFailure> {
    let text: String = arguments.required(0, "transaction")?;
    let config: SimulateConfig = arguments.config(1)?;
    let wire = decode_transaction(&text, config.encoding.unwrap_or(TransactionEncoding::Base58))?;
    let decoded = DecodedTx::decode(wire).map_err(undecodable)?;
    let view = decoded.view();
    let replaces_blockhash = config.replace_recent_blockhash.unwrap_or(false);
    if config.sig_verify.unwrap_or(false) {
        if replaces_blockhash {
            let text = "sigVerify may not be used with replaceRecentBlockhash";
            return Err(RpcFailure::InvalidParams(text.to_owned()));
        }
        verify_signatures(view)?;
    }
    let requested = RequestedAccounts::parse(config.accounts.as_ref(), view.key_count())?;
    let run = Run::start(context, decoded, config.context, replaces_blockhash, &requested)?;
    let with_inner = config.inner_instructions.unwrap_or(false);
    Ok(WithContext::new(
        run.slot,
        run.render(context, &requested, with_inner)?,
    ))
}

fn replace_blockhash(decoded: &DecodedTx, blockhash: Hash) -> Result<DecodedTx, RpcFailure> {
    let mut transaction = decoded.view().to_owned();
    transaction.message.recent_blockhash = blockhash;
    DecodedTx::decode(transaction.serialize()).map_err(undecodable)
}

fn verify_signatures(view: TransactionView<'_>) -> Result<(), RpcFailure> {
    if has_valid_signatures(view) {
        Ok(())
    } else {
        Err(RpcFailure::SignatureVerification)
    }
}

/// The accounts whose state after the simulation a client requests, if any.
#[derive(Default)]
struct RequestedAccounts(Option<(AccountEncoding, Vec<Pubkey>)>);

impl RequestedAccounts {
    fn parse(config: Option<&AccountsConfig>, count_max: usize) -> Result<Self, RpcFailure> {
        let Some(config) = config else {
            return Ok(Self::default());
        };
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
        Ok(Self(Some((encoding, addresses.collect::<Result<_, _>>()?))))
    }

    fn addresses(&self) -> &[Pubkey] {
        self.0.as_ref().map_or(&[], |(_, addresses)| addresses)
    }
}

/// A simulation, or why the transaction was rejected, and the parts of the view that the answer needs.
struct Run {
    slot: u64,
    result: Result<Simulation, TransactionError>,
    replacement: Option<UiBlockhash>,
    /// The requested accounts, as in the view.
    before: Vec<(Pubkey, Option<Arc<Account>>)>,
}

impl Run {
    fn start(
        context: &Context,
        decoded: DecodedTx,
        config: ContextConfig,
        replaces_blockhash: bool,
        requested: &RequestedAccounts,
    ) -> Result<Self, RpcFailure> {
        let view = context.view(config)?;
        let replacement = replaces_blockhash.then(|| latest_blockhash(view.chain()));
        let decoded = match replacement {
            Some(latest) => replace_blockhash(&decoded, latest.blockhash)?,
            None => decoded,
        };
        let admitted = decoded.admit(context.node.genesis());
        let result = match admitted.map_err(|refused| refused.error) {
            Ok(tx) => Ok(simulate(context, &view, &tx)),
            Err(error @ (TransactionError::SanitizeFailure | TransactionError::UnsupportedVersion)) => {
                return Err(invalid_transaction(error));
            }
            Err(error) => Err(error),
        };
        let before = requested
            .addresses()
            .iter()
            .map(|address| (*address, load(context, &view, address)))
            .collect();
        Ok(Self {
            slot: view.chain().slot(),
            result,
            replacement,
            before,
        })
    }

    fn render(
        &self,
        context: &Context,
        requested: &RequestedAccounts,
        with_inner: bool,
    ) -> Result<SimulationValue, RpcFailure> {
        let mut value = match &self.result {
            Ok(simulation) => SimulationValue::new(simulation),
            Err(error) => SimulationValue::rejected(*error),
        };
        value.replacement_blockhash = self.replacement;
        value.accounts = requested
            .0
            .as_ref()
            .map(|(encoding, _)| self.render_accounts(context, *encoding))
            .transpose()?;
        if let (Ok(simulation), true) = (&self.result, with_inner) {
            let keys: Vec<Pubkey> = simulation.accounts.iter().map(|(key, _)| *key).collect();
            value.inner_instructions =
                Some(render_inner_instructions(Form::Parsed, &keys, &simulation.events));
        }
        Ok(value)
    }

    /// The requested accounts after the simulation; `null` for each when it failed.
    fn render_accounts(
        &self,
        context: &Context,
        encoding: AccountEncoding,
    ) -> Result<Vec<Option<UiAccount>>, RpcFailure> {
        let Some(simulation) = self
            .result
            .as_ref()
            .ok()
            .filter(|run| run.outcome.error.is_none())
        else {
            return Ok(vec![None; self.before.len()]);
        };
        let mut encoder = Encoder::new(&context.limits, encoding, None);
        let rendered = self.before.iter().map(|(address, before)| {
            let touched = simulation.accounts.iter().find(|(key, _)| key == address);
            let after = touched.map_or(before.as_deref(), |(_, account)| account.as_ref());
            after.map(|account| encoder.encode(address, account)).transpose()
        });
        rendered.collect()
    }
}

fn simulate(context: &Context, view: &Published<'_>, tx: &Tx) -> Simulation {
    context.node.runtime().simulate(view.chain(), view.accounts(), tx)
}
