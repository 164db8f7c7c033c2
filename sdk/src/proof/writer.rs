//! Writes a proof, node by node from the top.

use super::{PROOF_VERSION, kind};
use crate::chain::account::AccountLeaf;

/// The bytes of a proof so far. The owner of the tree calls it in the order of the format, left before right.
#[derive(Clone, Debug)]
pub struct ProofWriter {
    bytes: Vec<u8>,
}

impl ProofWriter {
    /// A proof under a root over `count` accounts.
    #[must_use]
    pub fn new(count: u64) -> Self {
        let mut bytes = vec![PROOF_VERSION];
        bytes.extend(count.to_le_bytes());
        Self { bytes }
    }

    /// A leaf where the look-up of a key ends.
    pub fn leaf(&mut self, leaf: &AccountLeaf) {
        self.bytes.push(kind::LEAF);
        self.bytes.extend(leaf.to_bytes());
    }

    /// A branch with keys on both sides. Its two nodes follow.
    pub fn fork(&mut self, bit: u8) {
        self.bytes.extend([kind::FORK, bit]);
    }

    /// A branch with keys on the left alone, where its node follows.
    pub fn left(&mut self, bit: u8, right: &[u8; 32]) {
        self.bytes.extend([kind::LEFT, bit]);
        self.bytes.extend(right);
    }

    /// A branch with keys on the right alone, where its node follows.
    pub fn right(&mut self, bit: u8, left: &[u8; 32]) {
        self.bytes.extend([kind::RIGHT, bit]);
        self.bytes.extend(left);
    }

    /// The whole proof.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
