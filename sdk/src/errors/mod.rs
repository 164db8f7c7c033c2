//! Errors of the protocol: why bytes do not decode, why an instruction or a transaction failed.
//!
//! ```text
//! decode        bytes are not a transaction or a message
//! transaction   a transaction failed; carries the error of an instruction
//! ```
//!
//! The error of an instruction is part of the program ABI and is re-exported here.

mod decode;
mod transaction;

pub use decode::DecodeError;
pub use isobath_program_abi::instruction_error::InstructionError;
pub use transaction::TransactionError;
