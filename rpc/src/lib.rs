//! JSON-RPC over HTTP and WebSocket, in the shapes that Solana's clients read.
//!
//! ```text
//! server (listen, accept) --> connection (limits, hang up) --> door (HTTP) ------> dispatch --> methods
//!                                                               `--> socket (WebSocket) --^
//!   table: the methods by name, each read from one published view
//!     chain      chain_info  cluster  supply  activity
//!     accounts   accounts  program_accounts (filters)  parsed_accounts
//!     history    blocks  block  history  address_history  --> shown (message, instructions)
//!     sending    transactions  simulate  airdrop
//!   subscriptions, batch_subscriptions <-- hub <-- the node's notices
//!   around them: methods  params  encoding  errors  stop
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

mod accounts;
mod activity;
mod address_history;
mod airdrop;
mod batch_subscriptions;
mod block;
mod blocking;
mod blocks;
mod chain_info;
mod cluster;
mod config;
mod connection;
mod context;
mod dispatch;
mod door;
mod encoding;
mod errors;
mod filters;
mod history;
mod hub;
mod instructions;
mod lookup_table_instructions;
mod message;
mod methods;
mod params;
mod parsed_accounts;
mod program_accounts;
mod server;
mod shown;
mod simulate;
mod simulation;
mod socket;
mod stop;
mod subscriptions;
mod supply;
mod system_instructions;
mod table;
mod transactions;

pub use config::{RpcConfig, RpcLimits};
pub use context::RpcCounters;
pub use server::{RpcError, RpcServer, serve};
