//! The state tree: one hash over all accounts, with room for proofs.
//!
//! It is a binary radix tree over the *paths* of the accounts, compressed: a branch exists only where two accounts
//! differ, so `n` accounts have `n - 1` branches, in one shape whatever the order in which they came and went. Clients choose
//! keys; a path is a hash, so keys that share a prefix share no path.
//!
//! ```text
//!  path   = H(state path; key 32 | zeros 32)               256 bits, the first is the highest of byte 0
//!  node   = leaf                                           the account's own (`chain::account`), as in the delta root
//!         | H(state branch, bit b; left 32 | right 32)     accounts below it agree on all bits before b; those with
//!                                                          bit b = 0 are on the left, the others on the right
//!  root   = H(state root; count u64 | top node 32)         without an account: H(state root; zero u64)
//! ```
//!
//! Each bit has a context string of its own ([`branch_context`]). So a branch commits to its bit without spending bytes on
//! it: two children are exactly one block of blake3. Were the bit not part of the hash, the maker of a proof could claim
//! another one, let the path of an account that exists lead to the leaf of another, and so prove that it does not exist.
//!
//! Invariant: the root is a function of the set of keys and leaves alone.
//!
//! Cost: 10 ns a branch and 10 ns a path where many are hashed side by side on AVX-512.

use std::fmt::Write as _;
use std::sync::OnceLock;

use blake3::hazmat::{ContextKey, hash_derive_key_context};

use super::hashing::{Tag, finish, hash_blocks, tagged};
use crate::hash::Hash;
use crate::lanes;
use crate::pubkey::Pubkey;

/// Inputs that are worth passing at once to the functions that hash many.
pub const HASH_GROUP: usize = 64;

/// Bits of a path.
pub const PATH_BITS: usize = 256;

/// Where the leaf of an account is in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatePath(pub [u8; 32]);

impl StatePath {
    /// The path of the account under `key`.
    #[must_use]
    pub fn of(key: &Pubkey) -> Self {
        Self(lanes::hash_one(Tag::StatePath.context_key(), &path_input(key)))
    }

    /// Its first 64 bits, the first of which is the highest.
    #[must_use]
    pub const fn prefix(&self) -> u64 {
        let first = self.0.first_chunk();
        u64::from_be_bytes(*first.expect("a path has 32 bytes"))
    }

    /// The bit at `index`.
    #[must_use]
    pub const fn bit(&self, index: u8) -> bool {
        self.0[(index >> 3) as usize] & (0x80 >> (index & 7)) != 0
    }

    /// The first bit that differs in `other`, if any does.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<u8> {
        let mut pairs = self.0.iter().zip(&other.0).zip(0_u32..);
        let ((a, b), byte) = pairs.find(|((a, b), _)| a != b)?;
        let bit = byte.saturating_mul(8).saturating_add((a ^ b).leading_zeros());
        Some(u8::try_from(bit).expect("a path has 256 bits"))
    }
}

/// What the path of an account hashes: one block of blake3.
fn path_input(key: &Pubkey) -> [u8; 64] {
    let mut input = [0; 64];
    input[..32].copy_from_slice(&key.0);
    input
}

/// The paths of `keys`, hashed side by side; at most [`HASH_GROUP`].
///
/// # Panics
/// If there are more.
pub fn hash_paths<'a>(keys: impl IntoIterator<Item = &'a Pubkey>, out: &mut Vec<StatePath>) {
    let mut inputs = [[0; 64]; HASH_GROUP];
    let mut count: usize = 0;
    for (input, key) in inputs.iter_mut().zip(keys) {
        *input = path_input(key);
        count = count.saturating_add(1);
    }
    let mut hashes = [[0; 32]; HASH_GROUP];
    hash_blocks(Tag::StatePath, &inputs.each_ref()[..count], &mut hashes[..count]);
    out.extend(hashes[..count].iter().map(|hash| StatePath(*hash)));
}

/// The context string of branches at `bit`.
#[must_use]
pub fn branch_context(bit: u8) -> String {
    let mut context = String::from("isobath 2026-11 state branch v1, bit ");
    write!(context, "{bit}").expect("a string takes every write");
    context
}

fn branch_key(bit: u8) -> &'static ContextKey {
    static KEYS: OnceLock<Vec<ContextKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let contexts = (0..=u8::MAX).map(branch_context);
        contexts
            .map(|context| hash_derive_key_context(&context))
            .collect()
    });
    &keys[usize::from(bit)]
}

/// The hash of a branch at `bit` over its children.
#[must_use]
pub fn branch_hash(bit: u8, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    lanes::hash_one(branch_key(bit), [*left, *right].as_flattened())
}

/// The hashes of branches that are all at `bit`, side by side into `out`; each input is a left child and then a right one.
///
/// # Panics
/// If there are not as many inputs as places in `out`.
pub fn hash_branches(bit: u8, children: &[&[u8; 64]], out: &mut [[u8; 32]]) {
    lanes::hash_blocks(branch_key(bit), children, out);
}

/// The root over `count` accounts whose top node is `top`, which is absent without an account.
#[must_use]
pub fn state_root(count: u64, top: Option<&[u8; 32]>) -> Hash {
    let mut hasher = tagged(Tag::StateRoot);
    hasher.update(&count.to_le_bytes());
    if let Some(top) = top {
        hasher.update(top);
    }
    finish(&hasher)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> StatePath {
        let mut path = [0; 32];
        path[..bytes.len()].copy_from_slice(bytes);
        StatePath(path)
    }

    #[test]
    fn bits_count_from_the_highest_of_the_first_byte() {
        let path = path(&[0b1000_0001, 0b0100_0000]);
        let set: Vec<u8> = (0..=u8::MAX).filter(|bit| path.bit(*bit)).collect();
        assert_eq!(set, [0, 7, 9]);
        assert_eq!(path.prefix(), 0b1000_0001_0100_0000 << 48);
    }

    #[test]
    fn the_first_difference_is_the_first_bit_that_differs() {
        let one = path(&[0xff, 0x10]);
        assert_eq!(one.first_difference(&one), None);
        assert_eq!(one.first_difference(&path(&[0xff, 0x18])), Some(12));
        assert_eq!(one.first_difference(&path(&[0x7f, 0x10])), Some(0));
        let mut last = one;
        last.0[31] = 1;
        assert_eq!(one.first_difference(&last), Some(255));
        assert!(one < last);
    }

    #[test]
    fn hashes_are_the_plain_derive_key_mode() {
        let (left, right) = ([1; 32], [2; 32]);
        let both = [left, right].concat();
        for bit in 0..=u8::MAX {
            let expected = blake3::derive_key(&format!("isobath 2026-11 state branch v1, bit {bit}"), &both);
            assert_eq!(branch_hash(bit, &left, &right), expected, "{bit}");
        }
        let key = Pubkey::new([3; 32]);
        let expected = blake3::derive_key("isobath 2026-11 state path v1", &[[3; 32], [0; 32]].concat());
        assert_eq!(StatePath::of(&key).0, expected);
        let expected = blake3::derive_key("isobath 2026-11 state root v1", &[0; 8]);
        assert_eq!(state_root(0, None).0, expected);
        let mut bytes = vec![7, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(left);
        let expected = blake3::derive_key("isobath 2026-11 state root v1", &bytes);
        assert_eq!(state_root(7, Some(&left)).0, expected);
    }

    #[test]
    fn many_side_by_side_are_the_same() {
        let keys: Vec<Pubkey> = (0..64).map(|index| Pubkey::new([index; 32])).collect();
        let inputs: Vec<[u8; 64]> = (0..64).map(|index| [index; 64]).collect();
        for count in [0, 1, 2, 15, 16, 17, 63, 64] {
            let mut paths = Vec::new();
            hash_paths(&keys[..count], &mut paths);
            let expected: Vec<StatePath> = keys[..count].iter().map(StatePath::of).collect();
            assert_eq!(paths, expected);

            let mut hashes = vec![[0; 32]; count];
            hash_branches(9, &inputs.iter().take(count).collect::<Vec<_>>(), &mut hashes);
            for (hash, index) in hashes.iter().zip(0..) {
                assert_eq!(*hash, branch_hash(9, &[index; 32], &[index; 32]));
            }
        }
    }
}
