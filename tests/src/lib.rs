//! Cross-crate tests and what they share.
//!
//! ```text
//! answers            every answer beside that of Solana's own node, and the differences that are meant
//! crash              ledgers left by crashes and full disks, and what must hold of them
//! fuzz_bodies        one assertion-bearing function per decoder, run by cargo-fuzz and by a seeded test
//! fuzz_transactions  random whole transactions against what the executor promises
//! hostile            hostile clients of a real node, and what every answer must be
//! hostile_costs      a search for transactions that do more than they cost
//! parallel_blocks    large random blocks executed by several threads and by the oracle, and compared
//! random_blocks      random blocks executed by the runtime and by an independent model, and compared
//! words              a transaction in words
//! ```
//!
//! Nothing depends on this crate; it may depend on everything.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

pub mod answers;
pub mod crash;
pub mod fuzz_bodies;
pub mod fuzz_transactions;
pub mod hostile;
pub mod hostile_costs;
pub mod parallel_blocks;
pub mod random_blocks;
pub mod words;
