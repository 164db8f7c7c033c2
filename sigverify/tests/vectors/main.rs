//! Vectors from outside and a table of edge cases of our own, on every backend and path, alone and in mixed batches.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "test code: an overflow and a surprise are failed tests"
)]

mod batches;
mod edge_cases;
mod rfc8032;
mod wycheproof;
