//! The RPC of a real node, driven over raw sockets: what goes over the wire is compared byte for byte where clients
//! depend on it.
//!
//! Each test starts its own node in a temporary folder, with blocks of 20 ms, and serves it on a free pair of ports.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod access;
mod accounts;
mod batch_subscriptions;
mod batches;
mod blocks;
mod chain_info;
mod client;
mod cluster;
mod contention;
mod crowd;
mod fixture;
mod garbage;
mod http;
mod limits;
mod lookup_tables;
mod program_accounts;
mod refusals;
mod retention;
mod simulate;
mod subscriptions;
mod transactions;
