//! A set of keys of a transaction, by index.

/// Some of the keys of a transaction. Has a fixed size, so it costs no allocation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeySet {
    words: [u64; 4],
}

impl KeySet {
    /// Adds key `index`; one past 255, which no transaction has, is ignored.
    pub const fn insert(&mut self, index: usize) {
        if index < 256 {
            self.words[index / 64] |= 1 << (index % 64);
        }
    }

    /// Whether key `index` is in the set.
    #[must_use]
    pub const fn contains(&self, index: usize) -> bool {
        index < 256 && self.words[index / 64] & (1 << (index % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_added_and_nothing_else() {
        let mut set = KeySet::default();
        let added = [0, 1, 63, 64, 191, 255];
        added.iter().for_each(|index| set.insert(*index));
        set.insert(256);
        let held: Vec<usize> = (0..1_000).filter(|index| set.contains(*index)).collect();
        assert_eq!(held, added);
    }
}
