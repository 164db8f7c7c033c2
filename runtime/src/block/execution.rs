//! One block: opened, filled, sealed.
//!
//! Invariant: the record that `seal` returns is a function of the chain, the state at the end of the parent and the
//! sealed order of transactions. A block that is dropped before its seal leaves no trace.
//!
//! ```text
//! open -> { try_execute (building: rejects a NoOp)
//!         | execute     (replaying: every transaction of the order has its outcome) }* -> seal -> record
//! ```

use isobath_program_abi::Pubkey;
use isobath_scheduler::Spent;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::helpers::NoHelpers;
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef};
use isobath_sdk::errors::TransactionError;

use super::lane::Lane;
use super::look_ahead::LookAhead;
use super::opened::Opened;
use super::seal::{Executed, seal};
use crate::admission::Tx;
use crate::chain::{AnchorError, Chain};
use crate::execution::InPlace;
use crate::ruleset::Ruleset;

/// A block being executed by one thread.
#[derive(Debug)]
pub struct BlockExecution<'a, S> {
    opened: Opened<'a>,
    lane: Lane<S>,
    look_ahead: LookAhead,
    transactions: Vec<Tx>,
}

impl<'a, S: BlockAccounts> BlockExecution<'a, S> {
    pub(crate) fn open(rules: &'a Ruleset, chain: &'a Chain, state: S, timestamp_ms: i64) -> Self {
        Self {
            opened: Opened::next(rules, chain, timestamp_ms),
            lane: Lane::new(state),
            look_ahead: LookAhead::default(),
            transactions: Vec::new(),
        }
    }

    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.opened.header.slot
    }

    /// Height of the block.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.opened.header.height
    }

    /// Number of transactions in the block so far.
    #[must_use]
    pub const fn transaction_count(&self) -> usize {
        self.transactions.len()
    }

    /// Number of transactions of the block that were executed without a frame; the result does not depend on it.
    #[must_use]
    pub const fn direct_count(&self) -> usize {
        self.lane.totals.direct
    }

    /// Accounts whose contents changed in place so far; the result does not depend on it.
    #[must_use]
    pub const fn in_place(&self) -> InPlace {
        self.lane.totals.in_place
    }

    /// Whether a message is in the block twice, whatever came of it. No chain accepts the block then.
    #[must_use]
    pub(crate) const fn has_repeated(&self) -> bool {
        self.lane.totals.has_repeated
    }

    /// Compute units spent so far.
    #[must_use]
    pub const fn compute_units(&self) -> u64 {
        self.lane.totals.compute_units
    }

    /// What the newest transaction of the block did cost, for a builder.
    #[must_use]
    pub const fn spent(&self) -> Spent {
        self.lane.spent
    }

    /// The account after the transactions executed so far.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        self.lane.state.current(key)
    }

    /// Announces transactions, in the order in which they will be executed, so that their messages and accounts are found
    /// together. It changes no result; a few dozen at a time hide the time that memory takes.
    pub fn look_ahead<'t>(&mut self, txs: impl Iterator<Item = &'t Tx> + Clone) {
        txs.clone().for_each(Tx::prefetch);
        txs.clone().for_each(Tx::prefetch_wire);
        for tx in txs.clone() {
            self.opened.messages.prefetch(&tx.message_hash());
        }
        self.look_ahead.announce(&self.lane.state, txs);
    }

    /// Executes the next transaction unless it would be a `NoOp`; for a builder, which leaves those out.
    ///
    /// # Errors
    /// The error of the `NoOp`; the block is then unchanged.
    pub fn try_execute(&mut self, tx: &Tx) -> Result<ExecutionRef<'_>, TransactionError> {
        self.find_ids(tx);
        self.lane.try_execute(tx, &self.opened)?;
        self.transactions.push(tx.clone());
        Ok(self.lane.newest())
    }

    /// Executes the next transaction of a given order, whatever its outcome. One whose message is in the block already has
    /// no effect, and makes the block one that no chain accepts.
    pub fn execute(&mut self, tx: &Tx) -> ExecutionRef<'_> {
        self.find_ids(tx);
        self.lane.execute(tx, &self.opened);
        self.transactions.push(tx.clone());
        self.lane.newest()
    }

    /// Finds the ids of the static keys, unless that was done ahead.
    fn find_ids(&mut self, tx: &Tx) {
        self.look_ahead.ids(&self.lane.state, tx, &mut self.lane.ids);
    }

    /// Seals the block with the result of the parent as its anchor; see [`Self::seal_with`].
    ///
    /// # Panics
    /// If more than `u32::MAX` transactions were executed.
    #[must_use]
    pub fn seal(self) -> (BlockRecord<Tx>, S::Ended) {
        let newest = self.opened.context.chain.newest_anchor();
        self.seal_with(newest)
            .expect("the lag is at least 1, so every block may name its parent")
    }

    /// Gives the block up: accounts and messages are as at the end of the parent. Returns its transactions in block order,
    /// for the pool.
    #[must_use]
    pub fn abort(self) -> Vec<Tx> {
        self.transactions
    }

    /// Credits the producer, closes the block and commits to its contents. Returns the record, and what the store needs to
    /// publish the block. `newest` is the newest result that the producer has.
    ///
    /// # Errors
    /// [`AnchorError`] if the header may not name that result ([`Chain::check_anchor`]); the block is then gone.
    ///
    /// # Panics
    /// If more than `u32::MAX` transactions were executed.
    pub fn seal_with(self, newest: Anchor) -> Result<(BlockRecord<Tx>, S::Ended), AnchorError> {
        let Lane {
            state,
            executions,
            totals,
            ..
        } = self.lane;
        let executed = Executed {
            transactions: self.transactions,
            executions,
            totals,
        };
        seal(self.opened, state, executed, newest, &NoHelpers)
    }
}
