//! The state tree against the slow and obvious one: roots, proofs, and what came before an update.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

mod accounts;
mod concurrent;
mod proofs;
mod roots;
