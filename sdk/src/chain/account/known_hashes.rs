//! What is known of the hash of an account's contents, so that only what changed is hashed again.
//!
//! The hash is blake3 over the whole contents, nothing of our own. Blake3 is a tree over chunks of 1 KiB, and the value of
//! a subtree does not depend on the rest of the tree. Contents of more than one subtree of [`SUBTREE_LEN`] bytes keep the
//! values of these subtrees and of the nodes above them:
//!
//! ```text
//!                root  (hashed as the root, so it is kept apart)
//!              /      \
//!            3          \
//!          /   \         \        a node with 2^k subtrees below it is kept, at its position in order;
//!         1     5         \       the others lie on the right edge and are merged again for each root
//!        / \   / \         \
//!       0   2 4   6         8     values of the subtrees at even positions
//! ```
//!
//! Invariant: a value that is present is that of the bytes as they are now. Every write and every change of length
//! removes the values that cover it.
//!
//! Cost: a root after a write of `n` bytes hashes the subtrees that the write touches and one node of 64 bytes for each
//! level of the tree above them and of its right edge. Memory: 48 bytes for any contents, and 33 bytes for each node: 66
//! bytes per 16 KiB (0.4 %), 42 KiB for 10 MiB, none for contents of up to 16 KiB. A root that is known is read without a
//! lock, and that of one subtree is kept without one.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::known_root::KnownRoot;
use crate::chain::hashing::{Tag, hash_tagged, tagged};
use crate::hash::Hash;
use crate::ids::decode_base58;

/// Bytes of a subtree whose value is kept: 16 chunks of blake3, which the widest vectors hash side by side.
pub(crate) const SUBTREE_LEN: usize = 16 * 1024;

/// The hash of no contents.
pub(super) const EMPTY_DATA_HASH: Hash = Hash(decode_base58("BQZu2GFJ5ykjMDzpDgnzZwXNhXFQT34Xrb5xajyKNkMw"));

/// Bytes that merging two values hashes.
const NODE_LEN: u64 = 64;

/// The values that are known of some contents.
#[derive(Default)]
pub(super) struct KnownHashes {
    root: KnownRoot,
    /// Absent while no more than one subtree was hashed.
    nodes: Mutex<Option<Box<Nodes>>>,
}

/// What is known of one subtree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownSubtree {
    index: usize,
    value: ChainingValue,
}

/// The values below the root.
#[derive(Clone, Default)]
struct Nodes {
    /// By position in order; positions past the end are unknown.
    values: Vec<Option<ChainingValue>>,
}

impl KnownHashes {
    /// Removes everything.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Removes the values that cover `range`, which was or will be written.
    pub(super) fn forget_range(&mut self, range: &Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.root.forget();
        if let Some(nodes) = self.nodes_mut() {
            nodes.forget_range(range);
        }
    }

    /// Appends what is known of the subtrees that `range` touches, so that it can be known again ([`Self::restore`]) once
    /// their bytes are as they are now.
    pub(super) fn save(&self, range: &Range<usize>, saved: &mut Vec<KnownSubtree>) {
        if let Some(nodes) = self.nodes().as_deref() {
            let subtrees = range.start / SUBTREE_LEN..range.end.div_ceil(SUBTREE_LEN);
            saved.extend(subtrees.filter_map(|index| {
                let value = (*nodes.values.get(position(0, index))?)?;
                Some(KnownSubtree { index, value })
            }));
        }
    }

    /// Makes subtrees known whose bytes are again as they were when this was saved.
    pub(super) fn restore(&mut self, saved: &[KnownSubtree]) {
        let Some(nodes) = self.nodes_mut() else {
            return;
        };
        for known in saved {
            if let Some(value) = nodes.values.get_mut(position(0, known.index)) {
                *value = Some(known.value);
            }
        }
    }

    /// Removes the values that a change of the length touches.
    pub(super) fn resize(&mut self, old_len: usize, new_len: usize) {
        self.forget_range(&(old_len.min(new_len)..old_len.max(new_len)));
        if let Some(nodes) = self.nodes_mut() {
            nodes.values.truncate(node_count(new_len));
        }
    }

    /// The values of the subtrees, from the first on. Subtrees past the end are unknown.
    pub(super) fn subtrees(&self) -> Vec<Option<ChainingValue>> {
        let nodes = self.nodes();
        let values = nodes.iter().flat_map(|nodes| nodes.values.iter().step_by(2));
        values.copied().collect()
    }

    /// The hash of `bytes`, of which the known values are. Adds the bytes that it hashes to `hashed_len`. Threads that ask
    /// at once may hash the same bytes each.
    pub(super) fn root(&self, bytes: &[u8], hashed_len: &mut u64) -> Hash {
        if let Some(root) = self.root.get() {
            return root;
        }
        let root = self.compute_root(bytes, hashed_len);
        self.root.set(&root);
        root
    }

    fn compute_root(&self, bytes: &[u8], hashed_len: &mut u64) -> Hash {
        if bytes.is_empty() {
            return EMPTY_DATA_HASH;
        }
        if bytes.len() <= SUBTREE_LEN {
            add_len(hashed_len, bytes);
            return hash_tagged(Tag::AccountData, bytes);
        }
        self.nodes().get_or_insert_default().root(bytes, hashed_len)
    }

    /// The values below the root. They are consistent even if another thread panicked: each is only ever computed whole.
    fn nodes(&self) -> MutexGuard<'_, Option<Box<Nodes>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nodes_mut(&mut self) -> Option<&mut Nodes> {
        let nodes = self.nodes.get_mut().unwrap_or_else(PoisonError::into_inner);
        nodes.as_deref_mut()
    }
}

impl Clone for KnownHashes {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            nodes: Mutex::new(self.nodes().clone()),
        }
    }
}

impl Nodes {
    fn forget_range(&mut self, range: &Range<usize>) {
        let (mut first, mut last) = (
            range.start / SUBTREE_LEN,
            range.end.saturating_sub(1) / SUBTREE_LEN,
        );
        for level in 0..usize::BITS {
            if position(level, 0) >= self.values.len() {
                return;
            }
            for index in first..=last {
                if let Some(node) = self.values.get_mut(position(level, index)) {
                    *node = None;
                }
            }
            (first, last) = (first >> 1, last >> 1);
        }
    }

    /// The root over more than one subtree.
    fn root(&mut self, bytes: &[u8], hashed_len: &mut u64) -> Hash {
        let count = bytes.len().div_ceil(SUBTREE_LEN);
        self.values.resize(node_count(bytes.len()), None);
        let middle = left_count(count);
        let left = self.value(0..middle, bytes, hashed_len);
        let right = self.value(middle..count, bytes, hashed_len);
        *hashed_len = hashed_len.saturating_add(NODE_LEN);
        Hash(*merge_subtrees_root(&left, &right, mode()).as_bytes())
    }

    /// The value of the node above `subtrees`.
    fn value(&mut self, subtrees: Range<usize>, bytes: &[u8], hashed_len: &mut u64) -> ChainingValue {
        let count = subtrees.len();
        let level = count.trailing_zeros();
        let kept = count
            .is_power_of_two()
            .then(|| position(level, subtrees.start >> level));
        if let Some(value) = kept.and_then(|position| *self.values.get(position)?) {
            return value;
        }
        let value = if count == 1 {
            subtree_value(subtrees.start, bytes, hashed_len)
        } else {
            let middle = subtrees.start.saturating_add(left_count(count));
            let left = self.value(subtrees.start..middle, bytes, hashed_len);
            let right = self.value(middle..subtrees.end, bytes, hashed_len);
            *hashed_len = hashed_len.saturating_add(NODE_LEN);
            merge_subtrees_non_root(&left, &right, mode())
        };
        if let Some(node) = kept.and_then(|position| self.values.get_mut(position)) {
            *node = Some(value);
        }
        value
    }
}

/// The bytes of subtree `index` in contents of `len` bytes.
pub(super) fn subtree_range(index: usize, len: usize) -> Range<usize> {
    let start = index.saturating_mul(SUBTREE_LEN).min(len);
    start..start.saturating_add(SUBTREE_LEN).min(len)
}

/// The value of subtree `index`, computed from its bytes.
fn subtree_value(index: usize, bytes: &[u8], hashed_len: &mut u64) -> ChainingValue {
    let range = subtree_range(index, bytes.len());
    let offset = u64::try_from(range.start).expect("memory has fewer than 2^64 bytes");
    let subtree = &bytes[range];
    add_len(hashed_len, subtree);
    let mut hasher = tagged(Tag::AccountData);
    hasher.set_input_offset(offset).update(subtree);
    hasher.finalize_non_root()
}

fn mode() -> Mode<'static> {
    Mode::DeriveKeyMaterial(Tag::AccountData.context_key())
}

/// Position in order of node `index` of `level`, whose nodes have `2^level` subtrees below them.
const fn position(level: u32, index: usize) -> usize {
    let middle = index.saturating_mul(2).saturating_add(1);
    middle
        .saturating_mul(1_usize.wrapping_shl(level))
        .saturating_sub(1)
}

/// Positions in the tree over contents of `len` bytes.
const fn node_count(len: usize) -> usize {
    len.div_ceil(SUBTREE_LEN).saturating_mul(2).saturating_sub(1)
}

/// Of `count` subtrees, at least two, those below the left child: the largest power of two that leaves some to the right.
const fn left_count(count: usize) -> usize {
    count.div_ceil(2).next_power_of_two()
}

fn add_len(hashed_len: &mut u64, bytes: &[u8]) {
    *hashed_len = hashed_len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_short_contents_takes_six_words() {
        assert_eq!(size_of::<KnownHashes>(), 48);
    }

    #[test]
    fn the_hash_of_no_contents_is_that_of_blake3() {
        let expected = Hash(blake3::derive_key(Tag::AccountData.context(), b""));
        assert_eq!(EMPTY_DATA_HASH, expected, "{expected}");
    }

    #[test]
    fn nodes_have_positions_of_their_own_below_the_count() {
        for count in 1..70_usize {
            let mut positions: Vec<usize> = (0..7)
                .flat_map(|level| (0..count >> level).map(move |index| position(level, index)))
                .collect();
            positions.sort_unstable();
            assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{count}");
            assert!(
                positions.last() < Some(&node_count(count * SUBTREE_LEN)),
                "{count}"
            );
        }
    }
}
