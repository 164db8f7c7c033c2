//! The rules, from wire bytes to the state of accounts: small chains whose every block is checked.
//!
//! These tests see what any caller of the crate sees. They use the test kit, which links the crate, and so cannot be unit
//! tests of it.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

mod aborts;
mod admission;
mod answers;
mod chain;
mod cost;
mod fees;
mod key_hashes;
mod lookups;
mod named_keys;
mod nonce;
mod pool_entry;
mod process;
mod support;
mod transaction;
