//! The replay identity of a transaction.

use crate::hash::Hash;
use crate::lanes::{hash_prefixed, hash_prefixed_each};

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

/// Maximum number of messages that [`message_hashes`] takes.
pub const MESSAGES_MAX: usize = 64;

/// The replay identities of at most [`MESSAGES_MAX`] messages, in their order; those of similar lengths are computed side by
/// side, in half the time of [`message_hash`].
///
/// # Panics
/// If there are more.
pub fn message_hashes<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = Hash> {
    let mut inputs: [&[u8]; MESSAGES_MAX] = [&[]; MESSAGES_MAX];
    let mut count = 0_usize;
    for message in messages {
        inputs[count] = message;
        count = count.saturating_add(1);
        #[cfg(feature = "count-work")]
        super::work::count_hash();
    }
    let mut hashes = [[0; 32]; MESSAGES_MAX];
    hash_prefixed_each(PREFIX, &inputs[..count], &mut hashes[..count]);
    hashes.into_iter().take(count).map(Hash)
}
