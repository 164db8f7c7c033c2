//! What the runtime and its programs share, and nothing else: the bottom of the workspace.
//!
//! ```text
//! base58 ---------- text of fixed-size bytes
//!   pubkey          addresses of accounts       pda   addresses derived from others
//!   hash            32-byte hashes as values
//! instruction       a call of one program, by key
//! instruction_error why a call failed, as Solana names and numbers it
//! meter             compute units of one transaction
//! ```
//!
//! Invariant: the crate depends on no other crate of the workspace, does no I/O and knows neither accounts nor blocks,
//! so that a program, the runtime and a client can all link it.
//!
//! Deliberately absent: the frame and the account cells that a running program sees. They still name the account type
//! of the chain and live in `isobath_sdk::program` until the cells get their C layout.

pub mod base58;
pub mod hash;
pub mod instruction;
pub mod instruction_error;
pub mod meter;
pub mod pda;
pub mod pubkey;

pub use base58::ParseBase58Error;
pub use hash::Hash;
pub use instruction::{AccountMeta, Instruction};
pub use instruction_error::InstructionError;
pub use meter::ComputeMeter;
pub use pubkey::Pubkey;
