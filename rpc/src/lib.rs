//! JSON-RPC over HTTP and WebSocket, in the shapes that Solana's clients read.
//!
//! ```text
//! server             listen --> stream --> http, socket --> dispatch --> a method or a subscription
//! methods            the methods by name, each read from one published view
//! subscriptions      from the node's notices to notifications
//! render             bytes to JSON
//! params             the parameters of a call
//!
//! context            what every call works with: the node, the limits, the counters
//!   blocking         threads for notifications
//!   largest_accounts the list of getLargestAccounts
//! limits             what clients may make the node hold and do, in sum and for each address
//! connection         a handle on a connection: its address, its permits, what it is doing, closing it
//!   activity         whether it is busy, idle, or stuck in a write
//! counters           what is counted
//! errors             the error codes
//! access             hosts and origins: whose requests are answered
//! config             where the RPC listens, and its limits
//! ```
//!
//! Each room uses only what is below it: `server` uses `methods` and `subscriptions`, these use `render` and `params`,
//! and the files at the bottom of the table serve all.
//!
//! Invariants:
//! - Every answer is read from one published view; all commitment levels read that same view, which is final.
//! - No input makes the node panic, and what one client makes the node hold is bounded ([`RpcLimits`]).
//! - Integers of 64 bits are written as JSON integers; optional members are absent rather than `null` where a client
//!   refuses `null`.
//!
//! Deliberately absent: tokens, votes, stakes and gossip; methods about the latter three answer as for a cluster of
//! one. The list of methods and of every difference from Solana is `docs/rpc.md`.

mod access;
mod activity;
mod blocking;
mod config;
mod connection;
mod context;
mod counters;
mod errors;
mod largest_accounts;
mod limits;
mod methods;
mod params;
mod render;
mod server;
mod subscriptions;

pub use access::{Origin, OriginError};
pub use config::{RpcConfig, RpcLimits};
pub use counters::RpcCounters;
pub use limits::refusals::counters_of;
pub use limits::table::{LIMITS, Limit};
pub use server::{RpcServer, ServeError, StartingServer, listen, serve};
