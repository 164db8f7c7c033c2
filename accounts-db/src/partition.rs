//! How a key is hashed.
//!
//! The hash is seeded per process, since untrusted clients choose the keys. Nothing that leaves the crate depends on
//! it: a list of accounts is sorted by key.

use std::hash::{BuildHasher, RandomState};

use isobath_program_abi::Pubkey;

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
