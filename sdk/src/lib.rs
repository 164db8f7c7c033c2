//! What clients of Isobath link: wire formats, chain types, codecs of the built-in programs, errors.
//!
//! The crate reads and writes every byte that crosses a boundary, and has no stores, threads, sockets or clocks.
//!
//! ```text
//! (program-abi)   pubkey hash instruction instruction_error pda meter, re-exported
//! signature, keypair, ids, lamports, reader   values and fixed addresses; fixed-width reads of Solana's bincode
//! lanes           blake3 over many inputs side by side
//! wire/           short_vec, header, layout (decode + sanitize once), view (zero-copy), message, transaction
//! builtins/       instruction codecs and account layouts: system, compute budget, lookup tables, nonces
//! chain/          header, outcome, result, record, account, events, genesis, hashes and trees
//! sysvar/         accounts that show the block context
//! errors/         why bytes do not decode, why a transaction failed
//! rules/          every limit and rate of a chain, and its features
//! program/        the frame that a running program sees
//! proof/          proofs of accounts against a state root, and their verification
//! ```

mod lanes;
mod reader;
#[cfg(test)]
mod test_hex;

pub mod builtins;
pub mod chain;
pub mod errors;
pub mod ids;
pub mod keypair;
pub mod lamports;
pub mod program;
pub mod proof;
pub mod rules;
pub mod signature;
pub mod sysvar;
pub mod wire;

pub use errors::{DecodeError, TransactionError};
pub use isobath_program_abi::{
    AccountMeta, Hash, Instruction, InstructionError, ParseBase58Error, Pubkey, hash, instruction,
    instruction_error, pda, pubkey,
};
pub use keypair::Keypair;
pub use signature::Signature;
pub use wire::layout::{MessageLayout, TransactionLayout};
pub use wire::message::{Message, MessageVersion};
pub use wire::transaction::Transaction;
pub use wire::view::{MessageView, TransactionView};
