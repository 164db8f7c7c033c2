//! Bytes to JSON, in the shapes that Solana's clients read.
//!
//! ```text
//! response                    an answer or a notification with its context
//! encoding                    bytes as text
//! accounts                    accounts, and the bound on their data in one answer
//!   parsed_accounts           account data as an object: nonces, lookup tables, sysvars
//! transaction                 a transaction of the ledger and what became of it
//!   message                   its message: by index, or by address
//!   cost                      what it cost its block
//!   instructions              its instructions: compiled, parsed or partially decoded
//!     system_instructions, lookup_table_instructions   those of a program as objects
//! simulation                  what a simulation found
//! outcome                     parts that transactions, simulations and statuses share
//! programs                    programs by name, and texts about missing ones
//! chain                       blockhashes, the epoch schedule, times
//! ```
//!
//! Invariant: a renderer reads what is there and judges nothing. Whatever a block holds can be rendered, under any
//! later rules: transactions are views of their bytes and are never admitted again.

pub(crate) mod accounts;
pub(crate) mod chain;
mod cost;
pub(crate) mod encoding;
pub(crate) mod instructions;
mod lookup_table_instructions;
mod message;
pub(crate) mod outcome;
mod parsed_accounts;
pub(crate) mod programs;
pub(crate) mod response;
pub(crate) mod simulation;
mod system_instructions;
pub(crate) mod transaction;
