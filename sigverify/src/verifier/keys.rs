//! Keys by their bytes: the hash of a key, the distinct keys of a batch, and a bounded cache of decoded keys.
//!
//! Untrusted clients choose the keys, so the hash has a secret key: an attacker cannot construct collisions.
//! Invariant: equality is decided on all 32 bytes; the hash only says where to look.

use super::coefficients::Secrets;
use crate::kernels::Niels;

/// A keyed hash of 32 bytes.
///
/// Two steps, each almost universal for a random key: NH (Black and others, UMAC, 1999) maps two different inputs to
/// the same 128 bits with a chance of at most `2^-64`; multiplying by a random odd number and keeping the
/// upper bits (Dietzfelbinger and others, 1997) adds at most twice the chance of a random function.
pub(super) struct KeyHash {
    pads: [u64; 4],
    multiplier: u128,
}

impl KeyHash {
    /// Draws the key of the hash.
    pub(super) fn new(secrets: &mut Secrets) -> Self {
        Self {
            pads: [(); 4].map(|()| upper(secrets.draw())),
            multiplier: secrets.draw() | 1,
        }
    }

    /// The hash; its upper bits are the good ones.
    pub(super) fn hash(&self, key: &[u8; 32]) -> u64 {
        let (words, _) = key.as_chunks::<8>();
        let padded = |at: usize| u128::from(u64::from_le_bytes(words[at]).wrapping_add(self.pads[at]));
        let folded = padded(0)
            .wrapping_mul(padded(1))
            .wrapping_add(padded(2).wrapping_mul(padded(3)));
        upper(folded.wrapping_mul(self.multiplier))
    }
}

#[allow(clippy::cast_possible_truncation, reason = "64 of 128 bits are left")]
const fn upper(wide: u128) -> u64 {
    (wide >> 64) as u64
}

/// The slot of a hash in a table of `count` slots.
#[allow(clippy::cast_possible_truncation, reason = "the result is below `count`")]
const fn slot(hash: u64, count: usize) -> usize {
    // Multiplying by the count and keeping the upper half spreads the upper bits over the table. `count` fits in 64 bits
    // on every machine, and the product in 128.
    ((hash as u128).wrapping_mul(count as u128) >> 64) as usize
}

/// An empty slot.
const EMPTY: u32 = u32::MAX;

/// Numbers the distinct keys of one batch: open addressing, at most half full.
#[derive(Default)]
pub(super) struct Distinct {
    slots: Vec<u32>,
}

impl Distinct {
    /// Forgets everything and makes room for `count` keys.
    pub(super) fn clear(&mut self, count: usize) {
        self.slots.clear();
        self.slots.resize(count.saturating_mul(2).max(1), EMPTY);
    }

    /// The number under which a key was entered, or `None` after entering it under `fresh`. `is_same` compares the
    /// key with that of a number.
    pub(super) fn find_or_enter(
        &mut self,
        hash: u64,
        fresh: u32,
        is_same: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let start = slot(hash, self.slots.len());
        let (before, after) = self.slots.split_at_mut(start);
        for held in after.iter_mut().chain(before) {
            if *held == EMPTY {
                *held = fresh;
                return None;
            }
            if is_same(*held) {
                return Some(*held);
            }
        }
        unreachable!("the table has twice as many slots as keys")
    }
}

/// Slots of a set: a key belongs to one set and may be in any of its slots.
const WAYS: usize = 4;

/// A decoded key.
#[derive(Clone, Copy)]
struct Entry {
    point: Niels,
    key: [u8; 32],
}

/// Entries whose keys hash to the same slot.
#[derive(Clone)]
struct Set {
    entries: [Option<Entry>; WAYS],
    /// The entry that the next one replaces.
    oldest: usize,
}

/// Decoded keys, as many as fit: memory is allocated once, and a new key replaces the oldest of its set.
///
/// Only points that pass the checks of keys are entered, so that bad keys cannot evict good ones, and the verdict on
/// a bad key does not depend on what the cache holds. Cost: 192 bytes and a few for each key.
pub(super) struct KeyCache {
    sets: Vec<Set>,
}

impl KeyCache {
    /// A cache for about `capacity` keys; zero turns it off.
    pub(super) fn new(capacity: usize) -> Self {
        let empty = Set {
            entries: [None; WAYS],
            oldest: 0,
        };
        Self {
            sets: vec![empty; capacity.div_ceil(WAYS)],
        }
    }

    /// The point of a key.
    pub(super) fn find(&self, hash: u64, key: &[u8; 32]) -> Option<&Niels> {
        let set = self.sets.get(slot(hash, self.sets.len()))?;
        let held = set.entries.iter().flatten().find(|entry| entry.key == *key)?;
        Some(&held.point)
    }

    /// Enters a key that is not held.
    pub(super) fn enter(&mut self, hash: u64, key: &[u8; 32], point: &Niels) {
        let at = slot(hash, self.sets.len());
        if let Some(set) = self.sets.get_mut(at) {
            set.entries[set.oldest] = Some(Entry {
                point: *point,
                key: *key,
            });
            set.oldest = set.oldest.wrapping_add(1) % WAYS;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

    use super::*;

    fn key(number: u64) -> [u8; 32] {
        let mut key = [7; 32];
        key[12..20].copy_from_slice(&number.to_le_bytes());
        key
    }

    fn point(number: u64) -> Niels {
        let encoding = (curve25519_dalek::constants::ED25519_BASEPOINT_POINT
            * curve25519_dalek::Scalar::from(number + 1))
        .compress()
        .to_bytes();
        let (mut points, mut decodings) = ([Niels::IDENTITY], [Default::default()]);
        crate::Backend::portable().decode(&[encoding], &mut points, &mut decodings);
        points[0]
    }

    #[test]
    fn distinct_keys_get_numbers_and_repeated_ones_keep_theirs() {
        let hash = KeyHash::new(&mut Secrets::from_seed([1; 32]));
        let mut distinct = Distinct::default();
        for count in [1_u32, 2, 3, 100, 1_000] {
            distinct.clear(count as usize);
            for round in 0..2 {
                for number in 0..count {
                    let found = distinct.find_or_enter(hash.hash(&key(number.into())), number, |held| {
                        key(held.into()) == key(number.into())
                    });
                    assert_eq!(found, (round == 1).then_some(number));
                }
            }
        }
    }

    #[test]
    fn colliding_hashes_are_kept_apart() {
        let mut distinct = Distinct::default();
        distinct.clear(3);
        for number in 0..3 {
            assert_eq!(
                distinct.find_or_enter(u64::MAX, number, |held| held == number),
                None
            );
        }
        assert_eq!(distinct.find_or_enter(u64::MAX, 9, |held| held == 1), Some(1));
    }

    #[test]
    fn the_hash_depends_on_every_byte_and_on_its_key() {
        let hash = KeyHash::new(&mut Secrets::from_seed([1; 32]));
        let other = KeyHash::new(&mut Secrets::from_seed([2; 32]));
        let base = [0; 32];
        let mut seen = std::collections::BTreeSet::from([hash.hash(&base)]);
        assert_ne!(hash.hash(&base), other.hash(&base));
        for at in 0..32 {
            let mut changed = base;
            changed[at] = 1;
            assert!(seen.insert(hash.hash(&changed)), "byte {at}");
        }
    }

    #[test]
    fn slots_cover_the_table_evenly() {
        let hash = KeyHash::new(&mut Secrets::from_seed([3; 32]));
        let mut counts = [0_u32; 16];
        for number in 0..16_000 {
            counts[slot(hash.hash(&key(number)), 16)] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1_200).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn the_cache_is_bounded_and_gives_back_what_was_entered() {
        let hash = KeyHash::new(&mut Secrets::from_seed([4; 32]));
        let mut cache = KeyCache::new(64);
        for number in 0..1_000 {
            let key = key(number);
            assert_eq!(cache.find(hash.hash(&key), &key), None);
            cache.enter(hash.hash(&key), &key, &point(number));
            assert_eq!(cache.find(hash.hash(&key), &key), Some(&point(number)));
        }
        let held = cache
            .sets
            .iter()
            .flat_map(|set| set.entries.iter().flatten())
            .count();
        assert!(held <= 64, "{held}");
    }

    #[test]
    fn the_oldest_of_a_set_goes_first() {
        let mut cache = KeyCache::new(4);
        for number in 0..5 {
            cache.enter(0, &key(number), &point(number));
        }
        assert_eq!(cache.find(0, &key(0)), None);
        for number in 1..5 {
            assert_eq!(cache.find(0, &key(number)), Some(&point(number)), "{number}");
        }
    }

    #[test]
    fn no_capacity_holds_nothing() {
        let mut cache = KeyCache::new(0);
        cache.enter(5, &key(1), &point(1));
        assert_eq!(cache.find(5, &key(1)), None);
    }
}
