//! What must hold of any ledger, whatever happened to it.
//!
//! Fed one record after the other, as an opening replays them, and then held against the accounts:
//!
//! - every record continues the one before it, and its roots commit to what it holds;
//! - no message has an effect twice in the whole ledger, which is stricter than the replay window;
//! - the lamports of all accounts sum up to the capitalization, and that is the genesis's less what was burned.

use std::collections::HashMap;

use isobath_node::Store;
use isobath_runtime::Chain;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::hash::Hash;
use isobath_sdk::wire::view::TransactionView;

/// What was seen so far.
#[derive(Debug)]
pub struct Audit {
    /// The chain as the runtime follows it.
    pub chain: Chain,
    /// Slot of every message that had an effect.
    messages: HashMap<Hash, u64>,
    genesis_lamports: u128,
    burned: u128,
}

impl Audit {
    /// Before the first record.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let balances = genesis.initial_accounts();
        Self {
            chain: Chain::new(genesis),
            messages: HashMap::new(),
            genesis_lamports: balances
                .iter()
                .map(|(_, account)| u128::from(account.lamports))
                .sum(),
            burned: 0,
        }
    }

    /// Transactions with an effect so far.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.messages.len()
    }

    /// Lamports burned so far.
    #[must_use]
    pub const fn burned(&self) -> u128 {
        self.burned
    }

    /// Adds the next record.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn record(&mut self, record: &BlockRecord) -> Result<(), String> {
        Chain::verify_roots(record).map_err(|error| error.to_string())?;
        self.messages(record)?;
        self.chain
            .apply(&record.history)
            .map_err(|error| error.to_string())?;
        self.burned += u128::from(record.history.result.fees.burned);
        Ok(())
    }

    fn messages(&mut self, record: &BlockRecord) -> Result<(), String> {
        let history = &record.history;
        let slot = history.header.slot;
        for (wire, execution) in history.transactions.iter().zip(&history.executions) {
            if execution.outcome.class == OutcomeClass::NoOp {
                continue;
            }
            let view = TransactionView::parse(wire).map_err(|error| error.to_string())?;
            if let Some(first) = self.messages.insert(view.message_hash(), slot) {
                return Err(format!(
                    "applied twice: {} in slots {first} and {slot}",
                    view.signature(0)
                ));
            }
        }
        Ok(())
    }

    /// Holds the published accounts against what the records said.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn accounts(&self, db: &Store) -> Result<(), String> {
        let view = db.view();
        if view.slot() != self.chain.slot() {
            return Err(format!(
                "the view is at slot {}, the chain at {}",
                view.slot(),
                self.chain.slot()
            ));
        }
        let summed: u128 = view.iter().map(|(_, account)| u128::from(account.lamports)).sum();
        let expected = self.genesis_lamports - self.burned;
        let named = [
            ("View::capitalization", u128::from(view.capitalization())),
            ("View::sum_lamports", view.sum_lamports()),
            ("Chain::capitalization", u128::from(self.chain.capitalization())),
            ("the genesis less what was burned", expected),
        ];
        match named.into_iter().find(|(_, lamports)| *lamports != summed) {
            Some((name, lamports)) => Err(format!("the accounts sum up to {summed}, {name} is {lamports}")),
            None => Ok(()),
        }
    }
}
