//! Where an account is in the tree, in 40 bytes: the first 64 bits of its path, and its key, from which the rest follows.
//!
//! Invariant: places are ordered as paths are.
//!
//! Cost: two places differ in their prefixes but for paths that a client searched for, which takes 2^32 hashes for a pair. Such
//! a pair costs two hashes where it is compared.

use std::cmp::Ordering;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::state_tree::StatePath;

/// Bits of a path that tell shards apart.
pub(super) const SHARD_BITS: u8 = 4;

/// Parts of the tree that are updated beside each other.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;

/// The place of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) prefix: u64,
    pub(super) key: Pubkey,
}

impl Place {
    /// The bit at `index` of the path.
    pub(super) fn bit(&self, index: u8) -> bool {
        match 63_u8.checked_sub(index) {
            Some(shift) => self.prefix >> shift & 1 == 1,
            None => StatePath::of(&self.key).bit(index),
        }
    }

    /// The first bit of the path that differs in that of another account.
    pub(super) fn first_difference(&self, other: &Self) -> u8 {
        let differing = self.prefix ^ other.prefix;
        if differing == 0 {
            let paths = [self, other].map(|place| StatePath::of(&place.key));
            return paths[0]
                .first_difference(&paths[1])
                .expect("two keys with one path are a collision of the hash");
        }
        u8::try_from(differing.leading_zeros()).expect("a prefix has 64 bits")
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.prefix.cmp(&other.prefix) {
            Ordering::Equal if self.key == other.key => Ordering::Equal,
            Ordering::Equal => StatePath::of(&self.key).cmp(&StatePath::of(&other.key)),
            unequal => unequal,
        }
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places as they would be if all paths shared their first 64 bits.
    fn colliding(byte: u8) -> Place {
        Place {
            prefix: 7,
            key: Pubkey::new([byte; 32]),
        }
    }

    #[test]
    fn equal_prefixes_are_told_apart_by_the_rest_of_the_path() {
        for (a, b) in [(1, 2), (2, 3), (1, 3)].map(|(a, b)| (colliding(a), colliding(b))) {
            let paths = [a, b].map(|place| StatePath::of(&place.key));
            assert_eq!(a.cmp(&b), paths[0].cmp(&paths[1]));
            assert_eq!(b.cmp(&a), paths[1].cmp(&paths[0]));
            assert_eq!(Some(a.first_difference(&b)), paths[0].first_difference(&paths[1]));
            assert_eq!(a.cmp(&a), Ordering::Equal);
        }
    }

    #[test]
    fn bits_are_those_of_the_path() {
        let key = Pubkey::new([5; 32]);
        let path = StatePath::of(&key);
        let place = Place {
            prefix: path.prefix(),
            key,
        };
        for index in 0..=u8::MAX {
            assert_eq!(place.bit(index), path.bit(index), "{index}");
        }
    }
}
