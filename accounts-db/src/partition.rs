//! The seed under which a store hashes keys, and which part of its table a hash selects.
//!
//! Each store draws a seed of its own when it is made, since untrusted clients choose the keys. It hands the hasher out,
//! so that a key is hashed once, wherever it is looked up. No list of accounts depends on it: they are sorted by key.

use std::hash::{BuildHasher, RandomState};

use isobath_sdk::chain::key_hash::KeyHasher;

/// Parts of the table: with a million accounts, about a thousand accounts each.
pub(crate) const PARTS: usize = 1 << PARTS_BITS;
const PARTS_BITS: u32 = 10;
/// Lowest bit of a hash that selects the part: neither the lowest nor the highest bits, which hashbrown uses in a part.
const PARTS_SHIFT: u32 = 40;

/// A hasher with a seed of its own, drawn from the operating system.
pub(crate) fn draw_hasher() -> KeyHasher {
    // The standard library hashes under random keys, so what it makes of two numbers is as random and as secret.
    let random = RandomState::new();
    KeyHasher::new([0_u64, 1].map(|number| random.hash_one(number)))
}

/// The part that a hash belongs to.
pub(crate) const fn part_of(hash: u64) -> usize {
    // The mask makes the truncation harmless.
    #[allow(clippy::cast_possible_truncation)]
    let bits = (hash >> PARTS_SHIFT) as usize;
    bits & (PARTS - 1)
}

#[cfg(test)]
mod tests {
    use isobath_program_abi::Pubkey;

    use super::*;

    #[test]
    fn stores_draw_different_seeds() {
        assert_ne!(draw_hasher(), draw_hasher());
    }

    #[test]
    fn accounts_spread_evenly_over_the_parts() {
        const EACH: usize = 64;
        let hasher = draw_hasher();
        let mut counts = vec![0; PARTS];
        for number in 0..PARTS * EACH {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            counts[part_of(hasher.hash(&Pubkey(key)))] += 1;
        }
        // The standard deviation of each is 8; seven of them are exceeded once in a hundred million runs.
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(*least > EACH - 7 * 8 && *most < EACH + 7 * 8, "{least} to {most}");
    }
}
