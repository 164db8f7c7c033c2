//! The client commands: what a user of a chain does from a terminal, after the Solana CLI.
//!
//! ```text
//! ClientCommand + GlobalArgs -> Settings -> a command -> Report -> standard output
//!                                              |
//!                                              +-> Draft (transaction/send) -> RpcClient -> node
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | `commands` | the list of commands and a file per command or group of commands |
//! | `settings` | flags, configuration file, defaults; the addresses of nodes |
//! | `transaction` | transactions: signed, sent, waited for, shown |
//! | `context`, `output`, `failure` | what every command receives, what it returns, and how it fails |
//! | `wallet` | keys and addresses that the user names |
//! | `replace` | writing a file whole |
//! | `amount`, `calendar` | SOL and dates as text |
//!
//! Invariant: a command writes only its report to standard output, so that `--output json` can be piped; notes go to
//! standard error. A command that fails writes one line with the cause and, where there is one, the cure. Only
//! `transaction/send` sends transactions; only `Context::rpc` and the command `logs` open
//! connections.

mod amount;
mod calendar;
mod commands;
mod context;
mod failure;
mod output;
mod replace;
mod settings;
mod transaction;
mod wallet;

pub use commands::{ClientCommand, complete, refuse_unsupported, run, with_unsupported};
pub use failure::print_error;
pub use replace::write_key;
pub use settings::GlobalArgs;
