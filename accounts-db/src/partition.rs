//! How a key is hashed, and which part of the table its hash selects.
//!
//! The hash is seeded per process, since untrusted clients choose the keys. Nothing that leaves the crate depends on
//! it: a list of accounts is sorted by key.

use std::hash::{BuildHasher, RandomState};

use isobath_program_abi::Pubkey;

/// Parts of the table: with a million accounts, about a thousand accounts each.
pub(crate) const PARTS: usize = 1 << PARTS_BITS;
const PARTS_BITS: u32 = 10;
/// Lowest bit of a hash that selects the part: neither the lowest nor the highest bits, which hashbrown uses in a part.
const PARTS_SHIFT: u32 = 40;

/// Hashes keys under a random seed.
pub(crate) struct KeyHasher(RandomState);

impl KeyHasher {
    pub(crate) fn new() -> Self {
        Self(RandomState::new())
    }

    /// The hash of a key in this process.
    pub(crate) fn hash(&self, key: &Pubkey) -> u64 {
        self.0.hash_one(key)
    }
}

/// The part that a hash belongs to.
pub(crate) const fn part_of(hash: u64) -> usize {
    // The mask makes the truncation harmless.
    #[allow(clippy::cast_possible_truncation)]
    let bits = (hash >> PARTS_SHIFT) as usize;
    bits & (PARTS - 1)
}
