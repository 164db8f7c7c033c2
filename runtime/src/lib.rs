//! The rules of Isobath: from wire bytes to the record of a block.
//!
//! The crate is pure: it reads no clock, spawns no thread, does no I/O and draws no randomness; time, accounts and
//! programs are arguments. Every executor is compared with the oracle, which shares no state with it.
//!
//! ```text
//! program_cache   programs that were loaded, for later blocks: the bottom
//! ruleset         genesis and programs, immutable
//! admission       wire bytes -> Tx, by the rules alone
//! chain           the tip that the next block continues; recent results; the replay window
//! execution       one transaction: accounts, checks, instructions; simulation
//! block           open -> execute -> seal -> record; a block executed again
//! runtime         all of it under one set of rules: the top
//! planted         deliberate defects, with the feature `planted-bugs` only
//! ```
//!
//! Invariant: a block's result is a function of the block and the prior state. Files depend only on files of folders
//! listed before theirs, and on files of their own folder.

mod admission;
mod block;
mod chain;
mod execution;
mod planted;
mod program_cache;
mod ruleset;
mod runtime;

pub use admission::{
    CheckedTx, ComputeLimits, DecodedTx, Fee, Inadmissible, KeySet, StaticRule, Tx, Wait, admit, cost_units,
    fee_of, pending_entry, work_units, writable_keys,
};
pub use block::{
    BLOCK_RECORD_BYTES_BASE, BlockError, BlockExecution, BlockIntake, LaneEnd, LaneWaker, LaneWork,
    ParallelBuffers, ParallelExecution, ParallelLane, TRANSACTION_RECORD_BYTES_MAX, UnhashedBlock, WaitNotes,
};
pub use chain::{AheadChain, AnchorError, Chain, ChainError, RecentBlock};
pub use execution::{
    AccountSource, AnchorFault, BlockContext, Difference, InPlace, Left, Oracle, OracleError, Replay,
    Simulation, TxAccounts, execute_transaction, missing_program,
};
pub use isobath_sdk::program::ProgramTable;
#[cfg(feature = "planted-bugs")]
pub use planted::PlantedBug;
pub use ruleset::{RULES_VERSION, Ruleset, RulesetError};
pub use runtime::{Runtime, execute_block};
