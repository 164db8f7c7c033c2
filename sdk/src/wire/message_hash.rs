//! The replay identity of a transaction.

use crate::hash::Hash;
use crate::lanes::hash_prefixed;

/// Prefix of the replay identity, as Solana's clients and validators use it.
const PREFIX: &[u8; 20] = b"solana-tx-message-v1";

/// The replay identity of a transaction: blake3 over a fixed prefix and the serialized message.
///
/// Replay protection uses this and never the signature. Ed25519 signatures are not unique, so a fee payer could sign
/// the same message again with another signature and have it executed twice.
#[must_use]
pub fn message_hash(message_bytes: &[u8]) -> Hash {
    #[cfg(feature = "count-work")]
    super::work::count_hash();
    Hash(hash_prefixed(PREFIX, message_bytes))
}
