//! Sysvars: facts about the chain that programs and clients read as accounts.
//!
//! Instructions is the one that belongs to a transaction. Each other type writes and reads the exact bytes of Solana's account of that name. On this chain the accounts are computed
//! from the block context with these codecs and are stored nowhere.
//!
//! Invariant: `from_bytes(to_bytes(x)) == x`. Integers are little-endian and of fixed width. Reading needs at least the
//! bytes of the value; accounts of fixed size are padded with zeros, so trailing bytes are allowed.

pub mod clock;
pub mod epoch_rewards;
pub mod epoch_schedule;
pub mod instructions;
pub mod last_restart_slot;
pub mod recent_blockhashes;
pub mod rent;
pub mod slot_hashes;

use crate::reader::Reader;

/// The data is not an account of the expected sysvar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data is not a valid sysvar of this type")]
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
