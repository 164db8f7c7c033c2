//! Hashes of account keys, for tables in memory.
//!
//! A key is looked up in several tables on its way through a block. It is hashed once, when its transaction is built, and
//! every table uses that hash.
//!
//! Untrusted clients choose all 32 bytes of the keys that they name, and may measure how long look-ups take. The hash is
//! therefore SipHash-1-3 under a secret seed of 128 bits. As far as is known, it behaves like a random function to anyone
//! without the seed: a client can neither choose keys that collide nor learn from the collisions that it finds how to find
//! more. Hashes by folded multiplication take 3 to 5 ns for a key, where this one takes 13, but with them one collision that
//! a client finds can help it to derive others.
//!
//! Invariant: no hash and no seed leaves the process, and no result depends on either.
//!
//! Deliberately absent: the choice of the seed. The store that owns the tables draws it.

use std::fmt;

use siphasher::sip::SipHasher13;

use crate::pubkey::Pubkey;

/// Hashes keys under a secret seed. Two are equal if they have the same seed, and so give the same hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHasher {
    seed: [u64; 2],
}

impl KeyHasher {
    /// A hasher with this seed, which must be random and secret wherever clients choose the keys.
    #[must_use]
    pub const fn new(seed: [u64; 2]) -> Self {
        Self { seed }
    }

    /// The hash of a key. All bits are equally good.
    #[must_use]
    pub fn hash(&self, key: &Pubkey) -> u64 {
        #[cfg(feature = "count-work")]
        work::count();
        let [first, second] = self.seed;
        SipHasher13::new_with_keys(first, second).hash(&key.0)
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed is secret.
        f.debug_struct("KeyHasher").finish_non_exhaustive()
    }
}

/// Counts hashes of keys, for the test that execution does not hash again.
#[cfg(feature = "count-work")]
pub mod work {
    use std::sync::atomic::{AtomicU64, Ordering};

    static HASHED: AtomicU64 = AtomicU64::new(0);

    /// Number of keys that this process hashed so far.
    #[must_use]
    pub fn keys_hashed() -> u64 {
        HASHED.load(Ordering::SeqCst)
    }

    pub(super) fn count() {
        HASHED.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHER: KeyHasher = KeyHasher::new([1, 2]);
    /// What the reference implementation makes of the bytes 0 to 31 under the seed of the bytes 0 to 15.
    const VECTOR: [u8; 8] = [0x0d, 0xb6, 0xa7, 0x16, 0x6c, 0x7b, 0x15, 0x81];

    /// A key that differs from the others in two bytes alone, the first or the last ones.
    fn key(number: u16, at: usize) -> Pubkey {
        let mut key = [7; 32];
        key[at..][..2].copy_from_slice(&number.to_le_bytes());
        Pubkey(key)
    }

    #[test]
    fn the_hash_is_siphash_1_3() {
        let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let [first, second, ..] = key.as_chunks().0 else {
            panic!("a key is four words");
        };
        let hasher = KeyHasher::new([first, second].map(|word| u64::from_le_bytes(*word)));
        assert_eq!(hasher.hash(&Pubkey(key)), u64::from_le_bytes(VECTOR));
    }

    #[test]
    fn both_halves_of_the_seed_change_the_hash_and_the_identity() {
        for other in [[3, 2], [1, 3], [2, 1]].map(KeyHasher::new) {
            assert_ne!(other, HASHER);
            assert_ne!(other.hash(&key(0, 0)), HASHER.hash(&key(0, 0)));
        }
        assert_eq!(KeyHasher::new([1, 2]), HASHER);
    }

    #[test]
    fn similar_keys_spread_over_any_byte_of_the_hash() {
        const KEYS: u16 = 16 * 1024;
        for at in [0, 30] {
            for shift in (0..64).step_by(8) {
                let mut counts = [0_u16; 256];
                for number in 0..KEYS {
                    let byte = HASHER.hash(&key(number, at)) >> shift & 0xff;
                    counts[usize::try_from(byte).unwrap()] += 1;
                }
                // 64 are expected, with a standard deviation of 8.
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                assert!(*least > 64 - 6 * 8 && *most < 64 + 6 * 8, "{least} to {most}");
            }
        }
    }

    #[test]
    fn the_seed_is_not_printed() {
        let shown = format!("{:?}", KeyHasher::new([1_234_567, 7_654_321]));
        assert_eq!(shown, "KeyHasher { .. }");
    }
}
