//! Bytes to JSON, in the shapes that Solana's clients read.
//!
//! ```text
//! encoding                    bytes as text, and text as the bytes of a transaction
//! accounts                    accounts, and the bound on how much of them one answer holds
//! parsed_accounts             account data as an object: nonces, lookup tables, sysvars
//! transaction                 a transaction of the ledger and what became of it
//! message                     its message: by index, or by address
//! instructions                its instructions: compiled, parsed or partially decoded
//! system_instructions         those of the system program as objects
//! lookup_table_instructions   those of the address lookup table program as objects
//! simulation                  what a simulation found
//! ```

pub(crate) mod accounts;
pub(crate) mod encoding;
pub(crate) mod instructions;
mod lookup_table_instructions;
mod message;
mod parsed_accounts;
pub(crate) mod simulation;
mod system_instructions;
pub(crate) mod transaction;
