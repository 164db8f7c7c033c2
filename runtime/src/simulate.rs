//! Simulation: a transaction executed on a view, with nothing kept.
//!
//! It runs through the same executor seam as blocks do, as the first transaction of the block after the
//! view's; only the way its accounts are filled and dropped differs.

use std::sync::Arc;

use isobath_accounts_db::{LoadedAddresses, View};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, Events};
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::pubkey::Pubkey;

use crate::chain::Chain;
use crate::context::BlockContext;
use crate::execute::execute_transaction;
use crate::runtime::{Runtime, replay_of};
use crate::tx::Tx;
use crate::tx_accounts::{AccountSource, TxAccounts};

/// What a transaction would do.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The outcome it would have.
    pub outcome: Outcome,
    /// What its programs reported.
    pub events: Vec<Event>,
    /// Its accounts afterwards, in the order of its keys; none for one that does not exist.
    pub accounts: Vec<(Pubkey, Option<Account>)>,
    /// Balances before, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Balances afterwards, in the order of its keys.
    pub post_balances: Vec<u64>,
    /// What its lookups resolved to.
    pub loaded_addresses: LoadedAddresses,
    /// Bytes that count against the loaded-data limit.
    pub loaded_data_len: u64,
}

pub(crate) fn simulate(runtime: &Runtime, chain: &Chain, view: &View, tx: &Tx) -> Simulation {
    let context = BlockContext::next(runtime, chain, chain.timestamp_ms());
    let mut accounts = load(tx, view, &context);
    let mut events = Events::new();
    let outcome = execute_transaction(tx, replay_of(chain, tx), &mut accounts, &mut events, &context);
    Simulation {
        outcome,
        events: events.into_vec(),
        pre_balances: accounts.balances_before(),
        post_balances: accounts.balances_now(),
        loaded_addresses: accounts.loaded_addresses().clone(),
        loaded_data_len: accounts.loaded_data_len(),
        accounts: (0..accounts.len())
            .map(|index| present(&accounts, index))
            .collect(),
    }
}

/// A view as both: its end is the end of the parent of the block that is simulated.
struct ViewSource<'a>(&'a View);

impl AccountSource for ViewSource<'_> {
    fn current(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.0.get(key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.0.get(key)
    }
}

/// The accounts of `tx` as the view and the context show them.
pub(crate) fn load(tx: &Tx, view: &View, context: &BlockContext<'_>) -> TxAccounts {
    TxAccounts::fill(tx, context, &ViewSource(view))
}

fn present(accounts: &TxAccounts, index: usize) -> (Pubkey, Option<Account>) {
    let account = accounts.now(index);
    let exists = account.lamports > 0;
    (
        *accounts.key(index),
        exists.then(|| Account::clone(Arc::as_ref(account))),
    )
}
