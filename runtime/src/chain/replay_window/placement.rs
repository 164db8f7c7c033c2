//! Where messages lie in the tables of a record.
//!
//! ```text
//! place of a fingerprint   [ shard 8 | unused 14 | tag 10 | line 32 ]
//! ```
//!
//! Clients can grind message hashes, that is, make messages until a few dozen bits of the hash are as they like. So the
//! place is a multiply-shift hash (Dietzfelbinger, 1996) under a secret seed: `(a * low + b * high + c) mod 2^128`, of which
//! the upper half is taken. Whatever two fingerprints are, the seeds put them at places that are independent and evenly
//! spread. For a set of fingerprints that is as good as a random function, since they are outputs of blake3: who has made
//! 2^60 messages has chosen 60 of 128 bits, and pairwise independence spreads evenly what is random in the rest (Mitzenmacher
//! and Vadhan, "Why simple hash functions work", 2008).

use std::hash::{BuildHasher, RandomState};

use super::super::fingerprint::Fingerprint;

const TAG_MAX: u32 = (1 << 10) - 1;

/// Places fingerprints under a secret seed.
#[derive(Debug, Clone)]
pub(super) struct Placement {
    /// `a`, `b` and `c`.
    seed: [u128; 3],
}

/// Where a fingerprint lies: its shard, a line of it, and a tag that tells it from most others there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Placement {
    /// A placement with a seed of this process.
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        let half = |number: u8| u128::from(random.hash_one(number));
        Self {
            seed: [0, 2, 4].map(|number| half(number) << 64 | half(number | 1)),
        }
    }

    /// Where a fingerprint lies.
    pub(super) const fn place(&self, fingerprint: &Fingerprint) -> Place {
        let [low, high] = fingerprint.halves();
        let [a, b, c] = self.seed;
        let (low, high) = (a.wrapping_mul(low as u128), b.wrapping_mul(high as u128));
        let sum = low.wrapping_add(high).wrapping_add(c);
        // The shift makes the truncation harmless.
        #[allow(clippy::cast_possible_truncation)]
        Place((sum >> 64) as u64)
    }

    #[cfg(test)]
    pub(super) const fn of_seed(seed: [u128; 3]) -> Self {
        Self { seed }
    }
}

impl Place {
    /// The shard, one of 256.
    pub(super) fn shard(self) -> usize {
        let [shard, ..] = self.0.to_be_bytes();
        usize::from(shard)
    }

    /// The tag, 10 bits that are not all 0.
    pub(super) fn tag(self) -> u32 {
        // The mask makes the truncation harmless.
        #[allow(clippy::cast_possible_truncation)]
        let tag = (self.0 >> 32) as u32 & TAG_MAX;
        tag.max(1)
    }

    /// The first line where the fingerprint may be, of `count` lines; there are fewer than 2^32.
    pub(super) const fn line(self, count: usize) -> usize {
        let line = (self.0 & u32::MAX as u64).wrapping_mul(count as u64) >> 32;
        // Below `count`.
        #[allow(clippy::cast_possible_truncation)]
        let line = line as usize;
        line
    }
}
