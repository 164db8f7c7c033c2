//! What large random blocks exercise, counted.

use std::fmt;

use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::Executions;

/// Sums over blocks and, where threads matter, over their executions by several threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Blocks
    pub blocks: u64,
    /// Transactions that were offered to them
    pub offered: u64,
    /// Transactions that succeeded
    pub succeeded: u64,
    /// Those that failed
    pub failed: u64,
    /// Those of which only the fee remained
    pub fees_only: u64,
    /// Those without effect
    pub no_op: u64,
    /// Times that a block was executed by several threads
    pub parallel_runs: u64,
    /// Blocks that began before the one before was published
    pub overlapped: u64,
    /// Times that a thread took transactions from another one's queue
    pub steals: u64,
    /// Times that a thread waited
    pub waits: u64,
    /// Locks that were not granted at once
    pub conflicts: u64,
    /// Accounts whose contents threads changed in place
    pub in_place: u64,
    /// Those that were restored, as the transaction failed
    pub restored_in_place: u64,
}

impl Report {
    /// Adds another report.
    pub const fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.offered += other.offered;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.fees_only += other.fees_only;
        self.no_op += other.no_op;
        self.parallel_runs += other.parallel_runs;
        self.overlapped += other.overlapped;
        self.steals += other.steals;
        self.waits += other.waits;
        self.conflicts += other.conflicts;
        self.in_place += other.in_place;
        self.restored_in_place += other.restored_in_place;
    }

    /// Counts what became of transactions.
    pub(super) fn count_outcomes(&mut self, executions: &Executions) {
        for execution in executions {
            let outcome = &execution.outcome;
            let count = match (outcome.class, outcome.error) {
                (OutcomeClass::NoOp, _) => &mut self.no_op,
                (OutcomeClass::FeesOnly, _) => &mut self.fees_only,
                (_, Some(_)) => &mut self.failed,
                (_, None) => &mut self.succeeded,
            };
            *count += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} blocks with {} transactions: {} succeeded, {} failed, {} paid the fee only, {} had no effect; {} executions by \
             several threads, {} blocks that began before the one before was published, {} conflicts, {} steals, {} waits, \
             {} accounts changed in place and {} restored",
            self.blocks,
            self.offered,
            self.succeeded,
            self.failed,
            self.fees_only,
            self.no_op,
            self.parallel_runs,
            self.overlapped,
            self.conflicts,
            self.steals,
            self.waits,
            self.in_place,
            self.restored_in_place
        )
    }
}
