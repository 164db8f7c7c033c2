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
//! Cost: one hash per inner node and one for the root; memory is one node per level, so leaves can be streamed.

use super::hashing::{Tag, finish, tagged};
use crate::hash::Hash;
use crate::ids::decode_base58;

/// The root of the tree without leaves: the hash of a zero count and no node.
pub const EMPTY_ROOT: Hash = Hash(decode_base58("6oWHMcBUCC6sAHWxEasxPPzDf4NM93go9T2c4R69HdVm"));

/// Builds a tree from leaves given one by one, keeping only the finished left subtrees.
///
/// Invariant: after `n` leaves there is one pending node per set bit of `n`, largest subtree first.
#[derive(Clone, Debug, Default)]
pub struct MerkleBuilder {
    pending: Vec<Hash>,
    count: u64,
}

impl MerkleBuilder {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pending: Vec::new(),
            count: 0,
        }
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        // A new leaf completes one subtree for every trailing one bit of the count, like the carry of a counter.
        let mut node = leaf;
        for _ in 0..self.count.trailing_ones() {
            let left = self
                .pending
                .pop()
                .expect("one pending node per set bit of the count");
            node = parent(&left, &node);
        }
        self.pending.push(node);
        self.count = self.count.checked_add(1).expect("2^64 leaves cannot be pushed");
    }

    /// The root over the leaves so far.
    #[must_use]
    pub fn finish(self) -> Hash {
        let top = self
            .pending
            .into_iter()
            .rev()
            .reduce(|right, left| parent(&left, &right));
        top.map_or(EMPTY_ROOT, |top| root(self.count, &top))
    }
}

impl Extend<Hash> for MerkleBuilder {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for MerkleBuilder {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut builder = Self::new();
        builder.extend(leaves);
        builder
    }
}

/// The root over `leaves` in their order.
#[must_use]
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<MerkleBuilder>().finish()
}

fn parent(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = tagged(Tag::MerkleNode);
    hasher.update(&left.0);
    hasher.update(&right.0);
    finish(&hasher)
}

fn root(count: u64, top: &Hash) -> Hash {
    let mut hasher = tagged(Tag::MerkleRoot);
    hasher.update(&count.to_le_bytes());
    hasher.update(&top.0);
    finish(&hasher)
}

#[cfg(test)]
mod tests;
