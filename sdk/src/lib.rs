//! Wire formats, chain types and the program ABI of Isobath.
//!
//! This crate is what clients and program developers link: it reads and writes every byte that crosses a boundary and
//! knows nothing of stores, threads, sockets or clocks.
//!
//! ```text
//! text and bytes     base58 - pubkey hash signature keypair - short_vec
//! client side        instruction -> message -> transaction
//! node side          layout (decode + sanitize once) -> view (zero-copy access)
//! results            error instruction_error decode_error
//! ```

mod base58;
mod cursor;
mod reader;
#[cfg(test)]
mod test_hex;

pub mod chain;
pub mod compute_budget;
pub mod decode_error;
pub mod error;
pub mod hash;
pub mod ids;
pub mod instruction;
pub mod instruction_error;
pub mod keypair;
pub mod layout;
pub mod lookup_table;
pub mod lookup_table_instruction;
pub mod message;
pub mod nonce;
pub mod pda;
pub mod program;
pub mod pubkey;
pub mod short_vec;
pub mod signature;
pub mod system;
pub mod sysvar;
pub mod transaction;
pub mod view;

pub use base58::ParseBase58Error;
pub use decode_error::DecodeError;
pub use error::TransactionError;
pub use hash::Hash;
pub use instruction::{AccountMeta, Instruction};
pub use instruction_error::InstructionError;
pub use keypair::Keypair;
pub use layout::{MessageLayout, TransactionLayout};
pub use message::{Message, MessageVersion};
pub use pubkey::Pubkey;
pub use signature::Signature;
pub use transaction::Transaction;
pub use view::{MessageView, TransactionView};
