//! What a program and the runtime have in common: the bottom of the workspace.
//!
//! ```text
//! base58              text of fixed-size bytes
//! pubkey              addresses of accounts
//! hash                32-byte hashes as values
//! pda                 addresses derived from other addresses
//! instruction         a call of one program, accounts named by key
//! instruction_error   why an instruction failed, with Solana's names and numbers
//! program_code        the same, and success, as numbers
//! meter               compute units of one transaction
//! shared_bytes        contents that many hold, copied at the first write
//! borrows             what programs hold of an account across calls
//! cell                the layout of accounts in memory, with its version
//! prefetch            asks for memory that will be used soon
//! ```
//!
//! Invariant: the crate depends on no other crate of the workspace, does no I/O and knows neither blocks nor what accounts
//! mean, so that programs, the runtime and clients can all link it.
//!
//! Deliberately absent: the frame and the account cells of the runtime. They use the account type of the chain, live in
//! `isobath_sdk::program` and have the layout that is defined here.

pub mod base58;
pub mod borrows;
pub mod cell;
pub mod hash;
pub mod instruction;
pub mod instruction_error;
pub mod meter;
pub mod pda;
pub mod prefetch;
pub mod program_code;
pub mod pubkey;
pub mod shared_bytes;

pub use base58::ParseBase58Error;
pub use borrows::Borrows;
pub use cell::CELL_VERSION;
pub use hash::Hash;
pub use instruction::{AccountMeta, Instruction};
pub use instruction_error::InstructionError;
pub use meter::ComputeMeter;
pub use pubkey::Pubkey;
pub use shared_bytes::SharedBytes;
