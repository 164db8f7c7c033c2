//! 32-byte hashes: blockhashes, message hashes, roots.
//!
//! A `Hash` is a value only. The module that computes it chooses the function and the context tag: `isobath_sdk::chain`
//! for the chain's own hashes, `isobath_sdk::wire::message_hash` for the replay identity.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::impl_base58_bytes;

/// A 32-byte hash: raw bytes on the wire and in borsh, base58 in text and JSON.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Hash(pub [u8; 32]);

impl_base58_bytes!(Hash, 32, "a base58 hash of 32 bytes");

impl Hash {
    /// The hash of 32 zero bytes, used where no hash exists yet.
    pub const ZERO: Self = Self([0; 32]);
}
