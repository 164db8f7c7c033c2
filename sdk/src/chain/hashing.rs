//! Tagged hashing: blake3-256 with one context per type.
//!
//! Every hash of the chain uses blake3's `derive_key` mode with a context string that belongs to one type. Two values
//! of different types therefore never share a preimage, whatever their bytes: an account leaf cannot pass as an inner
//! tree node, nor an outcome as a header. Without that separation the layout of each format would have to rule out a
//! collision with every other format, now and after every later change.
//!
//! Invariant: a context string is used by exactly one type and never changes its meaning. A changed format gets a new
//! string with a new version.
//!
//! Cost: blake3 first hashes the context to a 32-byte key. That key is computed once per tag and process, so a leaf
//! costs one hash of its bytes. Values of one type are hashed side by side where there are many (`lanes`).

use std::sync::OnceLock;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};

use crate::hash::Hash;
use crate::lanes;

/// The type of the hashed value. One variant per type, with one context string each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// Canonical bytes of a [`crate::chain::genesis::Genesis`].
    Genesis,
    /// Canonical bytes of a [`crate::chain::header::Header`]: the blockhash.
    Header,
    /// Canonical bytes of a [`crate::chain::result::BlockResult`].
    BlockResult,
    /// Wire bytes of a transaction, signatures included.
    TransactionLeaf,
    /// Canonical bytes of a [`crate::chain::outcome::Outcome`].
    OutcomeLeaf,
    /// An account under its key; its contents stand for themselves as [`Tag::AccountData`].
    AccountLeaf,
    /// The contents of an account.
    AccountData,
    /// The key of an account that a block closed.
    TombstoneLeaf,
    /// Two children of a Merkle tree.
    MerkleNode,
    /// The leaf count and top node of a Merkle tree.
    MerkleRoot,
    /// The key of an account: where its leaf is in the state tree.
    StatePath,
    /// The number of accounts and the top node of the state tree.
    StateRoot,
    /// The index of a development key.
    DevelopmentKey,
}

impl Tag {
    /// Every tag, in declaration order.
    pub const ALL: [Self; TAG_COUNT] = [
        Self::Genesis,
        Self::Header,
        Self::BlockResult,
        Self::TransactionLeaf,
        Self::OutcomeLeaf,
        Self::AccountLeaf,
        Self::AccountData,
        Self::TombstoneLeaf,
        Self::MerkleNode,
        Self::MerkleRoot,
        Self::StatePath,
        Self::StateRoot,
        Self::DevelopmentKey,
    ];

    /// The context string of this tag: globally unique, versioned, never reused.
    #[must_use]
    pub const fn context(self) -> &'static str {
        match self {
            Self::Genesis => "isobath 2026-11 genesis v1",
            Self::Header => "isobath 2026-11 header v1",
            Self::BlockResult => "isobath 2026-11 block result v1",
            Self::TransactionLeaf => "isobath 2026-11 transaction leaf v1",
            Self::OutcomeLeaf => "isobath 2026-11 outcome leaf v1",
            Self::AccountLeaf => "isobath 2026-11 account leaf v2",
            Self::AccountData => "isobath 2026-11 account data v1",
            Self::TombstoneLeaf => "isobath 2026-11 tombstone leaf v1",
            Self::MerkleNode => "isobath 2026-11 merkle node v1",
            Self::MerkleRoot => "isobath 2026-11 merkle root v1",
            Self::StatePath => "isobath 2026-11 state path v1",
            Self::StateRoot => "isobath 2026-11 state root v1",
            Self::DevelopmentKey => "isobath development key v1",
        }
    }

    /// The key that stands for the context string.
    pub(crate) fn context_key(self) -> &'static ContextKey {
        CONTEXT_KEYS[self as usize].get_or_init(|| hash_derive_key_context(self.context()))
    }
}

const TAG_COUNT: usize = 13;

static CONTEXT_KEYS: [OnceLock<ContextKey>; TAG_COUNT] = [const { OnceLock::new() }; TAG_COUNT];

/// A hasher for values of the type of `tag`.
#[must_use]
pub fn tagged(tag: Tag) -> Hasher {
    Hasher::new_from_context_key(tag.context_key())
}

/// The hash of `bytes` as a value of the type of `tag`.
#[must_use]
pub fn hash_tagged(tag: Tag, bytes: &[u8]) -> Hash {
    Hash(lanes::hash_one(tag.context_key(), bytes))
}

/// Hashes `inputs` of as many whole blocks of blake3 (64 bytes), as values of the type of `tag`, side by side into `out`.
///
/// # Panics
/// If there are not as many inputs as places in `out`.
pub(super) fn hash_blocks<const N: usize>(tag: Tag, inputs: &[&[u8; N]], out: &mut [lanes::Digest]) {
    lanes::hash_blocks(tag.context_key(), inputs, out);
}

/// The hashes of `inputs` of any lengths, as values of the type of `tag`, in their order.
pub(super) fn hash_each<B: AsRef<[u8]> + Copy>(
    tag: Tag,
    inputs: impl IntoIterator<Item = B>,
) -> Vec<lanes::Digest> {
    lanes::hash_each(tag.context_key(), inputs)
}

/// The hash of the canonical bytes of `value` as a value of the type of `tag`.
pub(crate) fn hash_canonical<T: borsh::BorshSerialize>(tag: Tag, value: &T) -> Hash {
    let mut hasher = tagged(tag);
    borsh::to_writer(&mut hasher, value).expect("a hasher accepts every write");
    finish(&hasher)
}

/// Finishes a hash that was started with [`tagged`].
#[must_use]
pub fn finish(hasher: &Hasher) -> Hash {
    Hash(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_keys_give_the_plain_derive_key_mode() {
        for tag in Tag::ALL {
            let expected = blake3::derive_key(tag.context(), b"some bytes");
            assert_eq!(hash_tagged(tag, b"some bytes").0, expected, "{tag:?}");
            assert_eq!(
                hash_tagged(tag, b"some bytes").0,
                expected,
                "second use of {tag:?}"
            );
        }
    }

    #[test]
    fn tags_are_listed_in_order_and_contexts_are_unique() {
        for (index, tag) in Tag::ALL.into_iter().enumerate() {
            assert_eq!(tag as usize, index);
            for other in &Tag::ALL[..index] {
                assert_ne!(tag.context(), other.context());
            }
        }
    }

    #[test]
    fn canonical_hash_streams_the_borsh_bytes() {
        let value = (7u64, vec![1u8, 2, 3]);
        let bytes = borsh::to_vec(&value).unwrap();
        assert_eq!(
            hash_canonical(Tag::Header, &value),
            hash_tagged(Tag::Header, &bytes)
        );
    }
}
