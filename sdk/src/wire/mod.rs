//! The wire format of transactions and messages.
//!
//! ```text
//! short_vec, cursor   compact-u16 and bounded reads
//! header              version of a message, and how its keys divide
//! layout              decode + sanitize once: the offset of every field
//! view                bytes and their layout, read in place
//! message             a message as a client writes it; compile builds one from instructions
//! transaction         a message with its signatures
//! message_hash        the replay identity
//! work                counts of decodings and hashes, for a test
//! ```
//!
//! Invariant: [`layout`] is the only decoder; what it accepts has exactly one encoding.

mod cursor;
mod header;
mod message_hash;

pub mod layout;
pub mod message;
pub mod short_vec;
pub mod transaction;
pub mod view;
#[cfg(feature = "count-work")]
pub mod work;

pub use message_hash::{MESSAGES_MAX, message_hash, message_hashes};
