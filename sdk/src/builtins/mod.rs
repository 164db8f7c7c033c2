//! Instructions and account layouts of the built-in programs, as clients write and read them.
//!
//! ```text
//! system                     accounts, transfers, nonces: instructions and their builders
//! compute_budget             limits and price of a transaction
//! lookup_table               layout of an address lookup table account
//! lookup_table_instruction   instructions of the address lookup table program
//! nonce                      layout of a nonce account
//! token                      accounts, mints, multisigs: layouts, instructions and their builders
//! associated_token           one token account for each wallet and mint
//! ```
//!
//! The programs that execute them are separate crates; CLI, RPC and runtime share these codecs.

pub mod associated_token;
pub mod compute_budget;
pub mod lookup_table;
pub mod lookup_table_instruction;
pub mod nonce;
pub mod system;
pub mod token;
