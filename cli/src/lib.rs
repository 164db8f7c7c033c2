//! The client commands: what a user of a chain does from a terminal, in the habits of the Solana client.
//!
//! ```text
//! cli -> ClientCommand + GlobalArgs -> Settings -> command -> Report -> standard output
//!                                                    |
//!                                                    +-> Draft (send) -> RpcClient -> node
//! ```
//!
//! Invariant: a command writes its report to standard output and nothing else, so that `--output json` can be piped;
//! notes go to standard error. A command that fails writes one line that names the cause and, where there is one, the
//! cure. Only [`send`] sends transactions, only [`Context::rpc`](context::Context::rpc) and [`logs`] open connections.

mod account;
mod airdrop;
mod amount;
mod balance;
mod block;
mod calendar;
mod chain;
mod command;
mod config;
mod confirm;
mod context;
mod file;
mod keyfile;
mod keygen;
mod logs;
mod lookup_table;
mod nonce;
mod offline;
mod output;
mod send;
mod settings;
mod show;
mod transfer;
mod url;
mod wallet;

pub use command::{ClientCommand, run};
pub use keyfile::write_key;
pub use settings::GlobalArgs;
