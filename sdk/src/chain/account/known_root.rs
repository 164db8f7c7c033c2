//! A hash that any thread may find and leave to the others, without a lock.
//!
//! Invariant: all threads compute the same value, so stores race only with equal ones. The last word is stored
//! last; zero says that the hash is unknown. So a hash that ends in eight zero bytes, one in 2^64, is never kept.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::hash::Hash;

/// Bytes of a word.
const WORD_LEN: usize = size_of::<u64>();
/// Words of a hash.
const WORDS: usize = size_of::<Hash>() / WORD_LEN;

/// A hash, if it is known.
#[derive(Default)]
pub(super) struct KnownRoot {
    first: [AtomicU64; WORDS - 1],
    last: AtomicU64,
}

impl KnownRoot {
    /// The hash; `None` if it is unknown.
    pub(super) fn get(&self) -> Option<Hash> {
        let mut bytes = [0; size_of::<Hash>()];
        let (words, _) = bytes.as_chunks_mut::<WORD_LEN>();
        // Acquire: the other words were stored before this one.
        let last = self.last.load(Ordering::Acquire);
        for (word, known) in words.iter_mut().zip(&self.first) {
            *word = known.load(Ordering::Relaxed).to_le_bytes();
        }
        words[WORDS - 1] = last.to_le_bytes();
        (last != 0).then_some(Hash(bytes))
    }

    /// Keeps the hash. Every call between two of [`Self::forget`] has to give the same one.
    pub(super) fn set(&self, hash: &Hash) {
        let (words, _) = hash.0.as_chunks::<WORD_LEN>();
        for (word, known) in words.iter().zip(&self.first) {
            known.store(u64::from_le_bytes(*word), Ordering::Relaxed);
        }
        let last = u64::from_le_bytes(words[WORDS - 1]);
        self.last.store(last, Ordering::Release);
    }

    /// Makes the hash unknown.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Clone for KnownRoot {
    fn clone(&self) -> Self {
        let root = Self::default();
        if let Some(hash) = self.get() {
            root.set(&hash);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_known_from_when_it_is_set_until_it_is_forgotten() {
        let hash = Hash(std::array::from_fn(|index| u8::try_from(index).unwrap_or(0)));
        let mut root = KnownRoot::default();
        assert_eq!(root.get(), None);
        root.set(&hash);
        assert_eq!((root.get(), root.clone().get()), (Some(hash), Some(hash)));
        root.forget();
        assert_eq!((root.get(), root.clone().get()), (None, None));
        let mut ends_in_zeros = hash;
        ends_in_zeros.0[24..].fill(0);
        root.set(&ends_in_zeros);
        assert_eq!(root.get(), None);
    }
}
