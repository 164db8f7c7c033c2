//! JSON-RPC over HTTP and WebSocket, in the shapes that Solana's clients read.
//!
//! ```text
//! server          listen --> connection --> http, socket --> dispatch --> a method or a subscription
//! methods         the methods by name, each read from one published view
//! subscriptions   from the node's notices to notifications
//! render          bytes to JSON
//! params          the parameters of a call
//!
//! context         what every call works with: the node, the limits, the counters, the subscriptions
//! blocking        threads for calls that read the disk, simulate or encode
//! errors          the error codes
//! config          where the RPC listens, and its limits
//! ```
//!
//! Invariants:
//! - Every answer is read from one published view; all commitment levels read that same view, which is final.
//! - No input makes the node panic, and what one client makes it hold is bounded ([`RpcLimits`]).
//! - Integers of 64 bits are written as JSON integers; optional members are absent rather than `null` where a client
//!   refuses `null`.
//!
//! Deliberately absent: tokens, and a truth about votes, stakes and gossip; what clients ask of those is answered as for
//! a cluster of one. The list of methods and of every difference from Solana is `docs/rpc.md`.

mod blocking;
mod config;
mod context;
mod errors;
mod methods;
mod params;
mod render;
mod server;
mod subscriptions;

pub use config::{RpcConfig, RpcLimits};
pub use context::RpcCounters;
pub use server::{RpcError, RpcServer, serve};
