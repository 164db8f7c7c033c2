//! Conformance with Solana's runtime: sequences of random transactions, run by both and compared.
//!
//! ```text
//! seed --generate--> Sequence --ledger::run--> Run of Isobath ----------------.
//!                        |                                                    |-- compare --> differences
//!                        '--(tests/comparator: litesvm, a Bank)--> fixtures --'
//! ```
//!
//! [`sequence`] defines what a sequence is, [`directed`] writes some by hand, [`deployed`] makes those of programs that are
//! bytecode on Solana, [`isobath`] is the ledger that runs one
//! here, [`trace`] is what the history of a block shows of a transaction, [`histogram`] counts the results that were
//! reached, and [`known`] is the list of known mismatches.
//!
//! The comparator is a workspace of its own, since it links Solana's runtime. It records what that runtime did as
//! [`fixture`]s, small files that `cargo test` replays here without it; and it compares live with seeds of its caller.
//! `docs/conformance.md` documents what is compared and what differs.
//!
//! Invariant: a sequence is a function of its name and of nothing else, and a fixture names the digest of each sequence
//! it was recorded from.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test"
)]

pub mod compare;
pub mod deployed;
pub mod directed;
pub mod fixture;
pub mod generate;
pub mod histogram;
pub mod isobath;
pub mod known;
pub mod ledger;
pub mod sequence;
pub mod trace;
