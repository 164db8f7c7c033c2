//! Proofs of accounts against a state root, and their verification, which needs nothing else.
//!
//! A proof is for one key or many. It is the part of the state tree ([`crate::chain::state_tree`]) that the look-ups of the
//! keys pass, with a hash for each part that they do not. The look-up of a key goes, at every branch, to the side that the
//! path of the key has at the bit of the branch, and ends at a leaf. That leaf is the account's own, or that of another
//! key: then the account does not exist, since its look-up would have ended at it.
//!
//! ```text
//!  proof  0  version  u8   1
//!         1  count    u64  number of accounts under the root
//!         9  node          the top; absent if count is 0
//!
//!  node   kind u8
//!         0 leaf   the 121 bytes that the leaf of an account hashes: key 32, owner 32, data_hash 32, lamports u64,
//!                  data_len u64, last_change_epoch u64, executable u8
//!         1 fork   bit u8, left node, right node
//!         2 left   bit u8, hash of the right child 32, left node
//!         3 right  bit u8, hash of the left child 32, right node
//! ```
//! Integers are little-endian. Bits ascend from a node to those below it. At a fork keys go to both sides, at the other two
//! kinds all go to one, and no leaf is without a key. So keys and root have exactly one proof, and a proof with any byte
//! changed is rejected.
//!
//! Size: a proof for `k` keys has at most `9 + k * (256 * 34 + 122)` bytes. With `n` accounts a proof of one of them takes about
//! `131 + 34 * (log2 n + 0.33)`: some 820 bytes at a million.
//!
//! Cost: one hash of 64 bytes for each branch, one of 128 for each leaf and one for each key. A proof is read once, and
//! nothing that it says makes the verifier hold more than one result for each key.

mod error;
mod verify;
mod writer;

pub use error::ProofError;
pub use verify::{Proven, verify, verify_many};
pub use writer::ProofWriter;

/// The version of the format.
pub const PROOF_VERSION: u8 = 1;

/// The most keys that one proof is for.
pub const PROOF_KEYS_MAX: usize = 1024;

/// Kinds of nodes.
mod kind {
    pub(super) const LEAF: u8 = 0;
    pub(super) const FORK: u8 = 1;
    pub(super) const LEFT: u8 = 2;
    pub(super) const RIGHT: u8 = 3;
}
