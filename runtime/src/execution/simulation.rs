//! Simulation: a transaction executed on a view, with nothing kept.
//!
//! It runs through the same executor seam as blocks do, as the first transaction of the block after the view's; only
//! filling and dropping its accounts differs.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::event::{Event, Events};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::program::Work;
use isobath_sdk::wire::view::TransactionView;

use super::context::BlockContext;
use super::lookups::resolve_tables;
use super::nonce::{is_nonce_transaction, valid_nonce};
use super::replay::Replay;
use super::transaction::{admit_to_state, execute_transaction};
use super::tx_accounts::{AccountSource, TxAccounts};
use crate::admission::{Tx, work_units};
use crate::chain::Chain;
use crate::ruleset::Ruleset;

/// The result of a simulation.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The outcome it would have.
    pub outcome: Outcome,
    /// The events of its programs.
    pub events: Vec<Event>,
    /// Its accounts afterwards, in the order of its keys; `None` for one that does not exist.
    pub accounts: Vec<(Pubkey, Option<Account>)>,
    /// Balances before, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Balances afterwards, in the order of its keys.
    pub post_balances: Vec<u64>,
    /// The keys that its lookups load.
    pub loaded_addresses: LoadedAddresses,
    /// Bytes that count against the loaded-data limit, at most the limit.
    pub loaded_data_len: u64,
    /// What it made the node do, and what recording it would cost.
    pub work: Work,
    /// The first program that it calls and that does not exist, if that is its error.
    pub missing_program: Option<Pubkey>,
}

impl Simulation {
    /// What it did cost, in the units of a block: that of `tx`, the simulated transaction, and its work.
    #[must_use]
    pub fn cost_units(&self, tx: &Tx) -> u64 {
        let units = tx.cost_units(self.outcome.compute_units, self.loaded_data_len);
        units.saturating_add(work_units(&self.work))
    }
}

/// Whether the transaction could have an effect in the next block, judging by the view.
pub(crate) fn advise(
    rules: &Ruleset,
    chain: &Chain,
    view: &impl ReadAccounts,
    tx: &Tx,
) -> Result<(), TransactionError> {
    let context = BlockContext::next(rules, chain, chain.timestamp_ms());
    let accounts = load(tx, view, &context);
    admit_to_state(tx, Replay::of(chain, tx), &accounts, &context).map(drop)
}

/// The keys that the lookups of a transaction in the next block load.
pub(crate) fn resolve_lookups(
    rules: &Ruleset,
    chain: &Chain,
    view: &impl ReadAccounts,
    tx: TransactionView<'_>,
) -> Result<LoadedAddresses, TransactionError> {
    let context = BlockContext::next(rules, chain, chain.timestamp_ms());
    resolve_tables(tx, &context.table_time(), |key| {
        context.sysvars.account(key).or_else(|| view.account(key))
    })
}

/// The account of the durable nonce that the transaction uses, if it is valid in the next block.
pub(crate) fn nonce_account(
    rules: &Ruleset,
    chain: &Chain,
    view: &impl ReadAccounts,
    tx: &Tx,
) -> Option<Pubkey> {
    if !is_nonce_transaction(tx) {
        return None;
    }
    let context = BlockContext::next(rules, chain, chain.timestamp_ms());
    let accounts = load(tx, view, &context);
    let advanced = valid_nonce(tx, |index| accounts.now(index), &context.next_nonce())?;
    Some(tx.key(advanced.index))
}

/// Executes the transaction as the first of the next block, on the view, and keeps nothing.
pub(crate) fn simulate(rules: &Ruleset, chain: &Chain, view: &impl ReadAccounts, tx: &Tx) -> Simulation {
    let context = BlockContext::next(rules, chain, chain.timestamp_ms());
    let mut accounts = load(tx, view, &context);
    let mut events = Events::new();
    let outcome = execute_transaction(tx, Replay::of(chain, tx), &mut accounts, &mut events, &context);
    let pre_balances: Vec<u64> = accounts.balances_before().collect();
    let missing = match outcome.error {
        Some(TransactionError::ProgramAccountNotFound) => missing_program(tx.view(), &pre_balances),
        _ => None,
    };
    Simulation {
        outcome,
        events: events.list().to_vec(),
        pre_balances,
        post_balances: accounts.balances_now().collect(),
        loaded_addresses: accounts.loaded_addresses().clone(),
        loaded_data_len: accounts
            .loaded_data_len()
            .min(u64::from(tx.limits().loaded_data_len)),
        work: accounts.work(),
        missing_program: missing,
        accounts: (0..accounts.len())
            .map(|index| present(&accounts, index))
            .collect(),
    }
}

/// The first program that a transaction calls and that did not exist, by the balances of its accounts before it. What
/// `ProgramAccountNotFound` means.
#[must_use]
pub fn missing_program(tx: TransactionView<'_>, balances_before: &[u64]) -> Option<Pubkey> {
    let programs = tx
        .instructions()
        .map(|instruction| usize::from(instruction.program_id_index));
    let mut missing = programs.filter(|index| balances_before.get(*index) == Some(&0));
    missing.next().map(|index| tx.static_key(index))
}

/// A view in both roles: its accounts are the end of the parent of the simulated block.
struct ViewSource<'a, V>(&'a V);

impl<V: ReadAccounts> AccountSource for ViewSource<'_, V> {
    fn key_hasher(&self) -> KeyHasher {
        self.0.key_hasher()
    }

    fn load(&mut self, _index: usize, hash: u64, key: &Pubkey) -> Account {
        self.0.account_hashed(hash, key).unwrap_or_default()
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        self.0.account(key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.0.account(key)
    }
}

/// The accounts of `tx` from the view and the context.
fn load(tx: &Tx, view: &impl ReadAccounts, context: &BlockContext<'_>) -> TxAccounts {
    let mut accounts = TxAccounts::default();
    accounts.fill(tx, context, &mut ViewSource(view));
    accounts
}

fn present(accounts: &TxAccounts, index: usize) -> (Pubkey, Option<Account>) {
    let account = accounts.now(index);
    let exists = account.lamports > 0;
    (*accounts.key(index), exists.then(|| account.clone()))
}
