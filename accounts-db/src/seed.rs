//! The seed under which a store hashes keys.
//!
//! Each store draws a seed of its own when it is made, since untrusted clients choose the keys. It hands the hasher out,
//! so that a key is hashed once, wherever it is looked up. No list of accounts depends on it: they are sorted by key.

use std::hash::{BuildHasher, RandomState};

use isobath_sdk::chain::key_hash::KeyHasher;

/// A hasher with a seed of its own, drawn from the operating system.
pub(crate) fn draw_hasher() -> KeyHasher {
    // The standard library hashes under random keys, so what it makes of two numbers is as random and as secret.
    let random = RandomState::new();
    KeyHasher::new([0_u64, 1].map(|number| random.hash_one(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_draw_different_seeds() {
        assert_ne!(draw_hasher(), draw_hasher());
    }
}
