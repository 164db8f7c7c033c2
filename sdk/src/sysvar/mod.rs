//! Sysvars: facts about the chain that programs and clients read as accounts.
//!
//! Each type writes and reads the exact bytes of Solana's account of that name. On this chain the accounts are views
//! made from the block context and are stored nowhere; these codecs are what makes the views.
//!
//! Invariant: `from_bytes(to_bytes(x)) == x`. Integers are little-endian and of fixed width. Reading needs at least the
//! bytes that the value takes; accounts of fixed size are padded with zeros, so bytes after them are allowed.

pub mod clock;
pub mod epoch_rewards;
pub mod epoch_schedule;
pub mod last_restart_slot;
pub mod recent_blockhashes;
pub mod rent;
pub mod slot_hashes;

use crate::reader::Reader;

/// The bytes are not an account of the sysvar that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not this sysvar")]
pub struct SysvarDecodeError;

/// Reads a value from the start of `bytes`.
fn decode<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
) -> Result<T, SysvarDecodeError> {
    read(&mut Reader::new(bytes)).ok_or(SysvarDecodeError)
}

#[cfg(test)]
mod tests;
