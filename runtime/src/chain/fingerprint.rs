//! The identity of a message in the replay window (contract 5).
//!
//! Invariant: a function of the message hash alone, the same in every process. Nodes that took other bytes, or a keyed
//! hash of them, would disagree about which messages are the same.

use isobath_program_abi::Hash;

/// Length of a fingerprint, a rule of the chain: at 16 bytes, two messages of one fingerprint cost 2^64 hashes to find,
/// and a second one for a given message 2^128.
const FINGERPRINT_LEN: usize = 16;

/// The first 16 bytes of a message hash. Two messages that have the same ones count as the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; FINGERPRINT_LEN]);

impl Fingerprint {
    pub(super) const fn of(message_hash: &Hash) -> Self {
        let (first, _) = message_hash
            .0
            .split_first_chunk()
            .expect("a hash is longer than a fingerprint");
        Self(*first)
    }

    /// The two halves, little-endian.
    pub(super) const fn halves(&self) -> [u64; 2] {
        let number = u128::from_le_bytes(self.0);
        #[allow(clippy::cast_possible_truncation, reason = "each half is taken")]
        [number as u64, (number >> 64) as u64]
    }
}
