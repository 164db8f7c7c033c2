//! 32-byte hashes: blockhashes, message hashes, roots.
//!
//! A `Hash` is a value only; which function and which context tag made it is the business of the module that computes
//! it ([`crate::chain`] for the chain's own hashes, [`message_hash`] for the replay identity of a message).

use borsh::{BorshDeserialize, BorshSerialize};

use crate::base58::{TEXT_LEN_MAX_32, impl_base58_bytes};

/// Prefix of the replay identity, as Solana's clients and validators use it.
const MESSAGE_HASH_PREFIX: &[u8] = b"solana-tx-message-v1";

/// A 32-byte hash: raw bytes on the wire and in borsh, base58 in text and JSON.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Hash(pub [u8; 32]);

impl_base58_bytes!(Hash, 32, TEXT_LEN_MAX_32, "a base58 hash of 32 bytes");

impl Hash {
    /// The hash of 32 zero bytes, used where no hash exists yet.
    pub const ZERO: Self = Self([0; 32]);
}

/// The replay identity of a transaction: blake3 over a fixed prefix and the serialized message.
///
/// Replay protection uses this and never the signature. Ed25519 signatures are not unique, so a fee payer could sign
/// the same message again under another signature and have it run twice.
#[must_use]
pub fn message_hash(message_bytes: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(MESSAGE_HASH_PREFIX);
    hasher.update(message_bytes);
    Hash(*hasher.finalize().as_bytes())
}
