//! A second executor, with which the fast one is compared. It is written to be read, not to be quick.
//!
//! It keeps all accounts in a plain map and copies those of a transaction, contents included, so that nobody shares
//! anything with it; a failed transaction is a copy that is dropped. Whole images are compared at every call, the delta
//! is what differs between the whole maps before and after the block, and every root is computed level by level. With
//! the fast executor it shares decoding, rules that are functions of values, constants, programs and the frame that they
//! run on, and nothing else. It judges what a frame did by the images; whether a frame writes the bytes that a program asks
//! for is tested by the frame's own tests, by the model of the random blocks and by the fixtures.
//!
//! ```text
//! executor          the state after the newest block: genesis, past, accounts
//!   block           transactions in order -> fees, incinerator, delta, header, result
//!     transaction   checks, fee, instructions, rent -> what remains
//!       process     instructions and inner calls; host: what programs ask for
//!       images      what changed between two whole images, and whether that was allowed
//!       loaded      copies of the accounts of a transaction
//!     open_block    the state of a block while it executes
//!   past, sysvars   blocks that were executed, and the accounts that show them
//!   roots           hashes, spelled out
//! difference        the first thing in which two records of a block differ
//! ```
//!
//! Invariant: its record of a block is a function of the genesis and the blocks up to that one. Cost: O(all accounts) a
//! block and O(contents of its accounts) a call.

mod accounts;
mod block;
mod difference;
mod executor;
mod images;
mod loaded;
mod open_block;
mod past;
mod process;
mod roots;
mod sysvars;
mod transaction;

pub use difference::Difference;
pub use executor::{Oracle, OracleError};
pub use past::AnchorFault;

#[cfg(test)]
mod tests;
