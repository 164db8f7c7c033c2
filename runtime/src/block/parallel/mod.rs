//! A block executed by several threads, in place, under account locks that are taken in block order.
//!
//! ```text
//! buffers   what blocks use one after the other: locks, queues, memory of the order
//! order     push -> positions of the block           one thread, while the others work
//! lane      resolve: ids, lookups, locks             any thread, several transactions together
//!           execute: one transaction under its locks
//! gather    what became of all, in block order -> seal
//! ```
//!
//! Invariant: the record is that of [`super::BlockExecution`] on the same order. Two transactions that share an account run
//! in block order unless both only read it; whatever else lanes do beside each other goes into sums or is put in block order
//! at the end. The caller owns the threads.
//!
//! The lock of an account is the one of its id, if it had an id when the block was opened. All other keys share a fixed number
//! of locks by their hash, so that a key which gets its id while the block runs has one lock from the first transaction to
//! the last. Sysvars and other reserved keys are written by no transaction and have no lock.

mod buffers;
mod gather;
mod lane;
mod order;

use isobath_program_abi::Pubkey;
use isobath_scheduler::{Spent, Work, Workers};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{BlockAccounts, LaneAccounts};
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::helpers::{Helpers, NoHelpers};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::errors::TransactionError;

pub use self::buffers::ParallelBuffers;
use self::gather::gather;
pub use self::lane::{LaneEnd, ParallelLane, WaitNotes};
use super::opened::Opened;
use super::record_room::RecordRoom;
use super::seal::{UnhashedBlock, end_ahead, seal};
use crate::admission::Tx;
use crate::chain::{AheadChain, AnchorError, Chain};
use crate::planted::is_planted;
use crate::ruleset::Ruleset;

/// A block being executed by several threads.
#[derive(Debug)]
pub struct ParallelExecution<'a, S> {
    shared: Shared<'a>,
    state: S,
    keeps_no_ops: bool,
}

/// What the lanes of a block share with each other and with who appends transactions.
#[derive(Debug)]
struct Shared<'a> {
    opened: Opened<'a>,
    buffers: &'a mut ParallelBuffers,
}

/// The end of a block at which transactions are appended.
#[derive(Debug)]
pub struct BlockIntake<'b, A> {
    buffers: &'b ParallelBuffers,
    accounts: A,
    len: u32,
}

/// Lets the lanes of a block that wait look whether there is more to do.
#[derive(Debug, Clone, Copy)]
pub struct LaneWaker<'b> {
    workers: &'b Workers,
}

impl LaneWaker<'_> {
    /// Wakes one lane, if one waits.
    pub fn wake(self) {
        self.workers.wake();
    }
}

impl<'a, S: BlockAccounts> ParallelExecution<'a, S> {
    /// The block after the tip of `chain`. Transactions that would have no effect are left out of it.
    pub(crate) fn open(
        rules: &'a Ruleset,
        chain: &'a Chain,
        state: S,
        timestamp_ms: i64,
        buffers: &'a mut ParallelBuffers,
    ) -> Self {
        Self {
            shared: Shared {
                opened: Opened::next(rules, chain, timestamp_ms),
                buffers,
            },
            state,
            keeps_no_ops: false,
        }
    }

    /// Keeps transactions that have no effect in the block: for an order that is given.
    #[must_use]
    pub const fn keeping_no_ops(mut self) -> Self {
        self.keeps_no_ops = true;
        self
    }

    /// Leaves out transactions that run programs and may lengthen the record beyond so many bytes, besides what all others
    /// add to it. A block that is built needs a limit, since a record that is too long cannot be written.
    #[must_use]
    pub const fn limiting_programs(mut self, record_bytes: u64) -> Self {
        self.shared.opened.record_room = Some(RecordRoom::new(record_bytes));
        self
    }

    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.shared.opened.header.slot
    }

    /// Height of the block.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.shared.opened.header.height
    }

    /// Where transactions are appended, and a lane for each thread. All lanes run until the intake is closed and
    /// everything has been executed; their ends are needed to seal the block. Called once.
    pub fn split(&mut self) -> (BlockIntake<'_, S::Lane>, Vec<ParallelLane<'_, S::Lane>>) {
        let (opened, buffers) = (&self.shared.opened, &*self.shared.buffers);
        let lanes = (0..buffers.threads)
            .map(|index| ParallelLane::new(index, (opened, buffers), self.state.lane(), self.keeps_no_ops));
        let lanes = lanes.collect();
        let intake = BlockIntake {
            buffers,
            accounts: self.state.lane(),
            len: 0,
        };
        (intake, lanes)
    }

    /// Seals the block with the result of the parent as its anchor; see [`Self::seal_with`].
    ///
    /// # Panics
    /// As [`Self::seal_with`].
    #[must_use]
    pub fn seal(self, ends: Vec<LaneEnd>, helpers: &dyn Helpers) -> (BlockRecord<Tx>, S::Ended) {
        let newest = self.shared.opened.context.chain.newest_anchor();
        self.seal_with(ends, newest, helpers)
            .expect("the lag is at least 1, so every block may name its parent")
    }

    /// Credits the producer, closes the block and commits to its contents; as [`super::BlockExecution::seal_with`], but that
    /// `helpers` share the work.
    ///
    /// # Errors
    /// [`AnchorError`] if the header may not name that result; the block is then gone.
    ///
    /// # Panics
    /// If a lane has not ended, or more than `u32::MAX` transactions were executed.
    pub fn seal_with(
        self,
        ends: Vec<LaneEnd>,
        newest: Anchor,
        helpers: &dyn Helpers,
    ) -> Result<(BlockRecord<Tx>, S::Ended), AnchorError> {
        let Shared { opened, buffers } = self.shared;
        let mut executed = gather(buffers, ends, helpers);
        if is_planted!(opened.context, EarlyCredit)
            && let Some(last) = executed.transactions.last()
        {
            let (fees, last) = (&mut executed.totals.fees, last.fee());
            fees.base = fees.base.saturating_sub(last.base);
            fees.priority = fees.priority.saturating_sub(last.priority);
        }
        seal(opened, self.state, executed, newest, helpers)
    }

    /// Ends the block, which no transaction without effect is in, and leaves its roots and its result to
    /// [`UnhashedBlock::hash`]: the next block may be opened on the chain that is returned, and on the accounts. `parent` is
    /// the chain that the block was opened on, complete; `newest` as for [`Self::seal_with`].
    ///
    /// # Errors
    /// [`AnchorError`] if the header may not name that result; the block is then gone.
    ///
    /// # Panics
    /// As [`Self::seal_with`], if `parent` is another block, or if the block keeps transactions without effect.
    pub fn end_with(
        self,
        ends: Vec<LaneEnd>,
        parent: &Chain,
        newest: Anchor,
        helpers: &dyn Helpers,
    ) -> Result<(UnhashedBlock, S::Ended, AheadChain), AnchorError> {
        let Shared { opened, buffers } = self.shared;
        let executed = gather(buffers, ends, helpers);
        end_ahead(opened, parent, self.state, executed, (newest, helpers))
    }

    /// Gives the block up: accounts and messages are as at the end of the parent. Returns its transactions in block order,
    /// for the pool.
    ///
    /// # Panics
    /// If a lane has not ended.
    #[must_use]
    pub fn abort(self, ends: Vec<LaneEnd>) -> Vec<Tx> {
        gather(self.shared.buffers, ends, &NoHelpers).transactions
    }
}

impl<'b, A: LaneAccounts> BlockIntake<'b, A> {
    /// Appends transactions to the block.
    ///
    /// # Panics
    /// At 2^24 transactions, which no budget allows.
    pub fn push(&mut self, txs: impl IntoIterator<Item = Tx>) {
        let before = self.len;
        for tx in txs {
            self.buffers.order.put(self.len, tx);
            self.len = self.len.checked_add(1).expect("a block has fewer than 2^24");
        }
        self.buffers.workers.announce(self.len.saturating_sub(before));
    }

    /// Number of transactions so far.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What became of the transaction at a position: its cost, or why it has no effect and is left out. `None` until it was
    /// executed.
    ///
    /// # Panics
    /// If there is none at the position.
    #[must_use]
    pub fn end_of(&self, position: u32) -> Option<Result<Spent, TransactionError>> {
        self.buffers.order.place(position).end()
    }

    /// The account after some of the transactions so far: for policy, never for a result. While a transaction that may write
    /// it runs, its contents may be missing.
    #[must_use]
    pub fn account_about_now(&self, key: &Pubkey) -> Option<Account> {
        self.accounts.current(key)
    }

    /// The account at the end of the parent block, whether or not readers see that block.
    #[must_use]
    pub fn account_at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.accounts.at_parent(key)
    }

    /// Lets lanes look again that wait.
    #[must_use]
    pub const fn waker(&self) -> LaneWaker<'b> {
        LaneWaker {
            workers: &self.buffers.workers,
        }
    }

    /// Appends no more: the lanes end when everything has been executed. So does dropping the intake, which comes before the
    /// block is sealed.
    pub fn close(&self) {
        self.buffers.workers.close();
    }
}

impl<A> Drop for BlockIntake<'_, A> {
    /// Without an intake nothing more comes.
    fn drop(&mut self) {
        self.buffers.workers.close();
    }
}

/// What the threads did for a block.
pub type LaneWork = Work;
