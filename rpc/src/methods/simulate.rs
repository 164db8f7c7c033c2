//! simulateTransaction.
//!
//! A simulation executes as the block after the view's block would (contract 9), so its result is what would happen if
//! nothing else came before. It changes nothing. Everything in one answer is read from one view.

use isobath_node::{Published, ViewRevoked, has_valid_signatures};
use isobath_runtime::{DecodedTx, Simulation, StaticRule, cost_units};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::{Hash, Pubkey, TransactionError, TransactionView};
use serde::Deserialize;

use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::accounts::load;
use crate::methods::chain_info::latest_blockhash;
use crate::methods::transactions::{undecodable, unsanitary};
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
    client: &ConnectionHandle,
    mut arguments: Arguments,
) -> Result<WithContext<SimulationValue>, RpcFailure> {
    context.begin_simulation(client)?;
    let text: String = arguments.required(0, "transaction")?;
    let config: SimulateConfig = arguments.config(1)?;
    let wire = decode_transaction(&text, config.encoding.unwrap_or(TransactionEncoding::Base58))?;
    let decoded = DecodedTx::decode(wire).map_err(undecodable)?;
    let how = match (config.sig_verify, config.replace_recent_blockhash) {
        (Some(true), Some(true)) => {
            let text = "sigVerify may not be used with replaceRecentBlockhash";
            return Err(RpcFailure::InvalidParams(text.to_owned()));
        }
        (Some(true), _) => How::VerifySignatures,
        (_, Some(true)) => How::ReplaceBlockhash,
        _ => How::AsGiven,
    };
    let requested = RequestedAccounts::parse(config.accounts.as_ref(), decoded.view().key_count())?;
    let address = client.peer().address;
    // Before anything is verified or looked up, so that what is refused is charged too.
    let announced = cost_units(&decoded.view(), 0, 0);
    context.simulations.charge(address, announced);
    // When it has run, whatever becomes of its view afterwards.
    let charge = |units: u64| {
        let rest = units.saturating_sub(announced);
        context.simulations.charge(address, rest);
    };
    let run = Run::start(context, decoded, config.context, how, &requested, &charge)?;
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

/// What a client requests to be done with the transaction before it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Neither.
    AsGiven,
    /// Its signatures are verified.
    VerifySignatures,
    /// It gets the newest blockhash instead of its own.
    ReplaceBlockhash,
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

/// What came of the transaction.
enum Simulated {
    /// It was executed, or found to have no effect.
    Run(Box<Simulation>),
    /// It is refused before it runs.
    Refused {
        error: TransactionError,
        loaded: LoadedAddresses,
        /// The balances of its keys, unless its signatures are the reason.
        balances: Option<Vec<u64>>,
    },
}

/// What came of the transaction, and the parts of the view that the answer needs.
struct Run {
    slot: u64,
    result: Simulated,
    replacement: Option<UiBlockhash>,
    /// The requested accounts, as in the view.
    before: Vec<(Pubkey, Option<Account>)>,
}

impl Run {
    fn start(
        context: &Context,
        decoded: DecodedTx,
        config: ContextConfig,
        how: How,
        requested: &RequestedAccounts,
        charge: &dyn Fn(u64),
    ) -> Result<Self, RpcFailure> {
        let view = context.view(config)?;
        let replacement = (how == How::ReplaceBlockhash).then(|| latest_blockhash(view.chain()));
        let decoded = match replacement {
            Some(latest) => replace_blockhash(&decoded, latest.blockhash)?,
            None => decoded,
        };
        let result = simulate(context, &view, decoded, how, charge)?;
        let before = requested
            .addresses()
            .iter()
            .map(|address| Ok((*address, load(context, &view, address)?)))
            .collect::<Result<_, ViewRevoked>>()?;
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
            Simulated::Run(simulation) => SimulationValue::simulated(simulation, context.node.genesis()),
            Simulated::Refused {
                error,
                loaded,
                balances,
            } => render_refused(*error, loaded, balances.as_ref()),
        };
        value.replacement_blockhash = self.replacement;
        value.accounts = requested
            .0
            .as_ref()
            .map(|(encoding, _)| self.render_accounts(context, *encoding))
            .transpose()?;
        if let Some(simulation) = self.executed().filter(|_| with_inner) {
            let keys: Vec<Pubkey> = simulation.accounts.iter().map(|(key, _)| *key).collect();
            value.inner_instructions =
                Some(render_inner_instructions(Form::Parsed, &keys, &simulation.events));
        }
        Ok(value)
    }

    /// The simulation, if its instructions were executed.
    fn executed(&self) -> Option<&Simulation> {
        match &self.result {
            Simulated::Run(simulation) if simulation.outcome.class == OutcomeClass::Executed => {
                Some(simulation)
            }
            _ => None,
        }
    }

    /// The requested accounts after the simulation; `null` for each when it failed.
    fn render_accounts(
        &self,
        context: &Context,
        encoding: AccountEncoding,
    ) -> Result<Vec<Option<UiAccount>>, RpcFailure> {
        let Some(simulation) = self.executed().filter(|run| run.outcome.error.is_none()) else {
            return Ok(vec![None; self.before.len()]);
        };
        let mut encoder = Encoder::new(&context.limits, encoding, None);
        let rendered = self.before.iter().map(|(address, before)| {
            let touched = simulation.accounts.iter().find(|(key, _)| key == address);
            let after = touched.map_or(before.as_ref(), |(_, account)| account.as_ref());
            after.map(|account| encoder.encode(address, account)).transpose()
        });
        rendered.collect()
    }
}

fn render_refused(
    error: TransactionError,
    loaded: &LoadedAddresses,
    balances: Option<&Vec<u64>>,
) -> SimulationValue {
    let value = SimulationValue::refused(error).with_loaded(loaded);
    match balances {
        Some(balances) => value.with_balances(balances.clone(), balances.clone()),
        None => value,
    }
}

/// Errors come in the order of Solana's nodes: the form of the instructions, lookup tables, signatures, the other
/// static rules, and then what the simulation finds. What the simulation did cost is charged.
fn simulate(
    context: &Context,
    view: &Published<'_>,
    decoded: DecodedTx,
    how: How,
    charge: &dyn Fn(u64),
) -> Result<Simulated, RpcFailure> {
    let runtime = context.node.runtime();
    let admitted = decoded.admit(runtime.rules(), context.node.key_hasher());
    if let Err(refused) = &admitted
        && refused.rule == StaticRule::Form
    {
        return Err(unsanitary(refused.error));
    }
    let tx = match &admitted {
        Ok(tx) => tx.view(),
        Err(refused) => refused.decoded.view(),
    };
    let chain = view.chain();
    let loaded = view
        .read_accounts(|accounts| runtime.resolve_lookups(chain, accounts, tx))?
        .map_err(unsanitary)?;
    if how == How::VerifySignatures && !has_valid_signatures(tx) {
        return Ok(Simulated::Refused {
            error: TransactionError::SignatureFailure,
            loaded,
            balances: None,
        });
    }
    Ok(match &admitted {
        Ok(tx) => {
            let simulation = view.read_accounts(|accounts| {
                let simulation = runtime.simulate(chain, accounts, tx);
                charge(simulation.cost_units(tx));
                simulation
            })?;
            Simulated::Run(Box::new(simulation))
        }
        Err(refused) => Simulated::Refused {
            error: refused.error,
            balances: Some(balances(context, view, tx, &loaded)?),
            loaded,
        },
    })
}

/// The balances of the keys of a transaction.
fn balances(
    context: &Context,
    view: &Published<'_>,
    tx: TransactionView<'_>,
    loaded: &LoadedAddresses,
) -> Result<Vec<u64>, ViewRevoked> {
    let own = tx.static_keys().iter().copied().map(Pubkey);
    let keys = own.chain(loaded.writable.iter().chain(&loaded.readonly).copied());
    let lamports = |key| Ok(load(context, view, &key)?.map_or(0, |account| account.lamports));
    keys.map(lamports).collect()
}
