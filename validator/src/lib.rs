//! The validator: a node that makes blocks, the JSON-RPC and WebSocket servers in front of it, and the command line.
//!
//! ```text
//! main -> cli -> dev  -> node   ledger, producer, verification, pool, statuses
//!                     -> rpc    JSON-RPC and WebSocket over a node
//!                     -> keys, banner, logging
//!             -> client          commands that call a node
//! ```
//!
//! Invariant: only what is durable is shown, and everything shown belongs to one published view ([`node`]).

pub mod cli;

mod allocator;
mod banner;
mod dev;
mod keys;
mod ledger;
mod logging;
