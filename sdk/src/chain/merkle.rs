//! The only kind of Merkle tree: ordered, binary, committed to its leaf count.
//!
//! Leaves are hashes that already carry the tag of their type. Each level pairs its nodes from the left; an odd last
//! node is promoted unchanged. The root mixes the leaf count into the top node, so that trees of different sizes never
//! share a root and promotion cannot be used to present an inner node as a leaf. No leaves give [`EMPTY_ROOT`].
//!
//! ```text
//!  a b c d e            node = H(merkle node; left | right)
//!  \/  \/  |            root = H(merkle root; count u64 | top node)
//!   n   n  e
//!    \ /   |
//!     n    e
//!      \  /
//!      top --> root
//! ```
//!
//! Cost: one hash per inner node and one for the root. A level is hashed in the lanes of the vectors and replaces the one
//! below it in the same memory, 32 bytes for each leaf. Ranges of 2^n leaves may be hashed beside each other, up to the node
//! over each.

use super::hashing::{Tag, finish, hash_blocks, tagged};
use crate::hash::Hash;
use crate::ids::decode_base58;
use crate::lanes::{Digest, LANES};

/// The root of the tree without leaves: the hash of a zero count and no node.
pub const EMPTY_ROOT: Hash = Hash(decode_base58("6oWHMcBUCC6sAHWxEasxPPzDf4NM93go9T2c4R69HdVm"));

/// Bytes of two children, which are one block of blake3.
const PAIR_LEN: usize = 64;

/// The leaves of a tree in their order, in flat memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerkleLeaves(Vec<Digest>);

/// The node over a range of leaves that begins at a multiple of its length, which is 2^n but for the last range of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerkleRange {
    count: u64,
    top: Digest,
}

impl MerkleLeaves {
    /// Leaves that were hashed side by side.
    pub(super) const fn new(leaves: Vec<Digest>) -> Self {
        Self(leaves)
    }

    /// The root over the leaves.
    #[must_use]
    pub fn root(self) -> Hash {
        let count = count_of(&self.0);
        top_of(self.0).map_or(EMPTY_ROOT, |top| root(count, &Hash(top)))
    }

    /// The node over these leaves, which are a range of those of a tree.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn into_range(self) -> MerkleRange {
        let count = count_of(&self.0);
        let top = top_of(self.0).expect("a range has leaves");
        MerkleRange { count, top }
    }
}

/// The root of a tree whose ranges were hashed apart, given in their order.
///
/// # Panics
/// If a range but the last is not as long as the first or not 2^n long, or the last is longer.
#[must_use]
pub fn root_of_ranges(ranges: &[MerkleRange]) -> Hash {
    let [first, .., last] = ranges else {
        return ranges
            .first()
            .map_or(EMPTY_ROOT, |only| root(only.count, &Hash(only.top)));
    };
    // A node on its own goes up unchanged, so a shorter range ends with the node that it has at the level of the others.
    let is_full = |range: &MerkleRange| range.count == first.count && range.count.is_power_of_two();
    let (full, _) = ranges.split_at(ranges.len().saturating_sub(1));
    assert!(
        full.iter().all(is_full) && last.count <= first.count,
        "ranges are equally long, but for the last"
    );
    let count = ranges
        .iter()
        .map(|range| range.count)
        .fold(0, u64::saturating_add);
    let top = top_of(ranges.iter().map(|range| range.top).collect());
    root(count, &Hash(top.expect("there are several")))
}

fn count_of(leaves: &[Digest]) -> u64 {
    u64::try_from(leaves.len()).expect("memory has fewer than 2^64 leaves")
}

/// The node over all of these; none if there are none.
fn top_of(mut nodes: Vec<Digest>) -> Option<Digest> {
    while nodes.len() > 1 {
        replace_by_parents(&mut nodes);
    }
    nodes.pop()
}

impl FromIterator<Hash> for MerkleLeaves {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        Self(leaves.into_iter().map(|leaf| leaf.0).collect())
    }
}

/// The root over `leaves` in their order.
#[must_use]
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<MerkleLeaves>().root()
}

/// Replaces a level by the one above it. Parents lie at or before the first of their children, so none that is still to be
/// read is overwritten.
fn replace_by_parents(nodes: &mut Vec<Digest>) {
    let (pairs, odd) = nodes.as_chunks::<2>();
    let (pair_count, odd) = (pairs.len(), odd.first().copied());
    let mut parents = [Digest::default(); LANES];
    for first in (0..pair_count).step_by(LANES) {
        let end = first.saturating_add(LANES).min(pair_count);
        let pairs = &nodes.as_chunks::<2>().0[first..end];
        let mut inputs = [&[0; PAIR_LEN]; LANES];
        for (input, pair) in inputs.iter_mut().zip(pairs) {
            *input = pair.as_flattened().as_array().expect("two hashes have 64 bytes");
        }
        let count = pairs.len();
        hash_blocks(Tag::MerkleNode, &inputs[..count], &mut parents[..count]);
        nodes[first..end].copy_from_slice(&parents[..count]);
    }
    nodes.truncate(pair_count);
    nodes.extend(odd);
}

fn root(count: u64, top: &Hash) -> Hash {
    let mut hasher = tagged(Tag::MerkleRoot);
    hasher.update(&count.to_le_bytes());
    hasher.update(&top.0);
    finish(&hasher)
}

#[cfg(test)]
mod tests;
