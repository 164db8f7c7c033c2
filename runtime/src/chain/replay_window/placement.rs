//! Where messages lie in the tables of a record.
//!
//! Clients can grind message hashes, that is, make messages until a few dozen bits of the hash are as they like. So the
//! place of a fingerprint is mixed from its bits and a secret seed. A folded multiplication is enough: unlike account
//! keys, fingerprints are outputs of blake3, of which nobody chooses all bits.

use std::hash::{BuildHasher, RandomState};

use super::super::fingerprint::Fingerprint;

/// Mixes fingerprints with a secret seed.
#[derive(Debug, Clone)]
pub(super) struct Placement {
    seed: [u64; 2],
}

impl Placement {
    /// A placement with a seed of this process.
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self {
            seed: [random.hash_one(0), random.hash_one(1)],
        }
    }

    /// Where a fingerprint lies. All bits are equally good.
    pub(super) const fn place(&self, fingerprint: &Fingerprint) -> u64 {
        let [low, high] = fingerprint.halves();
        let [first, second] = self.seed;
        // The product of two u64 fits a u128.
        let product = ((low ^ first) as u128).wrapping_mul((high ^ second) as u128);
        #[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
        let folded = product as u64 ^ (product >> 64) as u64;
        folded
    }
}
