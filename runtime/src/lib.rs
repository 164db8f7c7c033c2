//! The rules of Isobath: from admitted transactions to the record of a block.
//!
//! The crate is pure: it reads no clock, spawns no thread, does no I/O and draws no randomness; time, state
//! and storage come in as arguments. The serial executor here is the oracle for everything faster.
//!
//! ```text
//! wire bytes --admit--> Tx --+
//! genesis, programs -> Runtime --open_block(chain, state, time)--> BlockExecution
//!                            |      execute / try_execute -> execute_transaction (the one seam)
//!                            |      seal -> BlockRecord --(durable)--> Chain::apply
//!                            `- advise, simulate: the same seam on a view, nothing kept
//! ```
//!
//! Invariant: a block's result is a function of the block and the prior state.

mod block;
mod budget;
mod chain;
mod context;
mod execute;
mod fee;
mod lookups;
mod nonce;
mod payer;
#[cfg(feature = "planted-bugs")]
mod planted;
mod process;
mod rent;
mod replay_block;
mod replay_window;
mod rules;
mod runtime;
mod settle;
mod simulate;
mod sysvars;
#[cfg(test)]
mod testing;
mod tx;
mod tx_accounts;

pub use block::BlockExecution;
pub use budget::ComputeLimits;
pub use chain::{Chain, ChainError, RecentBlock};
pub use context::BlockContext;
pub use execute::{Replay, execute_transaction};
pub use fee::{Fee, fee_of};
pub use isobath_sdk::program::ProgramTable;
#[cfg(feature = "planted-bugs")]
pub use planted::PlantedBug;
pub use replay_block::{BlockError, execute_block};
pub use runtime::{RULES_VERSION, Runtime, RuntimeError};
pub use simulate::Simulation;
pub use tx::{Tx, admit};
pub use tx_accounts::{AccountSource, TxAccounts};
