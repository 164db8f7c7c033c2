//! What the tests of several crates share.
//!
//! ```text
//! random         the one seeded generator of all tests
//! node_process   a real node in a process of its own
//! keys           funded keys of the development genesis, and keys that hold nothing
//! transactions   signed wire bytes
//! instruction    one instruction of one program on a frame of plain accounts
//!   host           the runtime's part in it: recorded calls, fixed sysvars
//! programs       the table of built-in programs, with probes
//! state_oracle   the state tree, built the slow and obvious way
//! world          a small chain: genesis, programs, accounts
//! ```
//!
//! Only tests depend on this crate: integration tests, examples and the crates under `tests/`. A crate's unit tests must
//! not exchange its own types with it, because they are built against a second copy of that crate.
//!
//! Random numbers and processes are always there; the feature `state` adds the oracle of the state tree, and `chain`
//! everything else, so that tests that know only bytes (those of signatures) build neither runtime nor programs.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

pub mod node_process;
pub mod random;

#[cfg(feature = "chain")]
pub mod host;
#[cfg(feature = "chain")]
pub mod instruction;
#[cfg(feature = "chain")]
pub mod keys;
#[cfg(feature = "chain")]
pub mod programs;
#[cfg(feature = "state")]
pub mod state_oracle;
#[cfg(feature = "chain")]
pub mod transactions;
#[cfg(feature = "chain")]
pub mod world;

pub use random::Random;
