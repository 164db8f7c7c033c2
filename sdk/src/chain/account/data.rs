//! The contents of an account: shared by all who hold them, copied at the first write, and hashed where they changed.
//!
//! Invariants: contents that someone else holds never change; a writer that shares them works on a copy. So a clone costs
//! no more for ten megabytes than for one byte, and an account whose balance alone changes keeps its contents. The hash of
//! the contents is cached in front of them, with the values of their parts ([`known_hashes`](super::known_hashes)), and a
//! copy inherits both: only what was written since is hashed again, or compared with the original.
//!
//! Memory: one allocation of 56 bytes and the contents; none for no contents.

use std::io::{self, Read, Write};
use std::ops::{Deref, Range};

use blake3::hazmat::ChainingValue;
use borsh::{BorshDeserialize, BorshSerialize};
use isobath_program_abi::SharedBytes;

use super::known_hashes::{EMPTY_DATA_HASH, KnownHashes, KnownSubtree, SUBTREE_LEN, subtree_range};
use crate::hash::Hash;

/// The contents of an account.
///
/// Reads as a slice of bytes. The canonical bytes are those of a `Vec<u8>`.
#[derive(Clone, Default)]
#[repr(transparent)]
pub struct AccountData {
    bytes: SharedBytes<KnownHashes>,
}

impl AccountData {
    /// No contents.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: SharedBytes::new(),
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_slice(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The bytes, to change in place; copied first if they are shared ([`Self::is_shared`]). All of them are hashed again
    /// afterwards: [`Self::range_mut`] costs what it changes.
    pub fn to_mut(&mut self) -> &mut [u8] {
        let (bytes, known) = self.bytes.make_parts_mut();
        if let Some(known) = known {
            known.forget();
        }
        bytes
    }

    /// The bytes in `range`, to change in place; all bytes are copied first if they are shared. `None`, and no copy, if the
    /// range is not within the contents.
    pub fn range_mut(&mut self, range: Range<usize>) -> Option<&mut [u8]> {
        self.get(range.clone())?;
        let (bytes, known) = self.bytes.make_parts_mut();
        if let Some(known) = known {
            known.forget_range(&range);
        }
        bytes.get_mut(range)
    }

    /// Overwrites the bytes from `offset` on by what they were, and makes known again what was known then of their hash
    /// ([`Self::save_known`]); all bytes are copied first if they are shared.
    ///
    /// # Panics
    /// If the contents are too short.
    pub(crate) fn restore_range(&mut self, offset: usize, bytes: &[u8], known: &[KnownSubtree]) {
        let range = offset..offset.saturating_add(bytes.len());
        let target = self.range_mut(range);
        target
            .expect("the contents are as long as they were")
            .copy_from_slice(bytes);
        if let Some(annex) = self.bytes.annex_mut() {
            annex.restore(known);
        }
    }

    /// Appends what is known of the hash of the parts that `range` touches.
    pub(crate) fn save_known(&self, range: &Range<usize>, saved: &mut Vec<KnownSubtree>) {
        if let Some(known) = self.bytes.annex() {
            known.save(range, saved);
        }
    }

    /// Changes the length to `len`, with zeros for new bytes. The bytes move to a buffer of exactly that length, so that no
    /// account occupies more memory than its length.
    pub fn resize(&mut self, len: usize) {
        let old_len = self.len();
        if len == old_len {
            return;
        }
        self.bytes.resize(len);
        if let Some(known) = self.bytes.annex_mut() {
            known.resize(old_len, len);
        }
    }

    /// No contents, in a buffer with room for `capacity` bytes. Nothing that is stored has room.
    #[must_use]
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: SharedBytes::with_capacity(capacity, KnownHashes::default()),
        }
    }

    /// Number of bytes that the buffer has room for.
    #[must_use]
    pub(crate) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// As [`Self::resize`], in the same buffer; false, and no change, if it is shared or has no room.
    #[must_use]
    pub(crate) fn resize_within(&mut self, len: usize) -> bool {
        let old_len = self.len();
        let is_done = self.bytes.resize_within(len);
        if let Some(known) = self.bytes.annex_mut().filter(|_| is_done && len != old_len) {
            known.resize(old_len, len);
        }
        is_done
    }

    /// As [`Self::resize`], in `buffer`; returns the buffer that it leaves.
    ///
    /// # Panics
    /// If the buffer is shared or has no room for `len` bytes.
    pub(crate) fn resize_into(&mut self, mut buffer: Self, len: usize) -> Self {
        let kept = &self[..len.min(self.len())];
        let mut known = self.bytes.annex().cloned().unwrap_or_default();
        if len != self.len() {
            known.resize(self.len(), len);
        }
        let zeros = len.saturating_sub(kept.len());
        let is_done = buffer.bytes.refill(kept, zeros, known);
        assert!(is_done, "the buffer is the caller's own and long enough");
        std::mem::replace(self, buffer)
    }

    /// The hash of the contents, as all account leaves contain it. Hashes what was written since the last hash of these
    /// contents or of those that they were copied from, in whole subtrees of 16 KiB.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash_counting(&mut 0)
    }

    /// As [`Self::hash`]; adds the number of bytes that were hashed to `hashed_len`.
    #[must_use]
    pub fn hash_counting(&self, hashed_len: &mut u64) -> Hash {
        let hash = |known: &KnownHashes| known.root(self.as_slice(), hashed_len);
        self.bytes.annex().map_or(EMPTY_DATA_HASH, hash)
    }

    /// Whether someone else holds the same bytes, so that a write would copy them.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.bytes.is_shared()
    }

    /// Whether both are the same bytes in memory; if not, they may still be equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.bytes.is_same(&other.bytes)
    }

    /// The parts in which the bytes that both have may differ, ascending. Nothing else has to be compared: the rest is the
    /// same in memory, or has the same known hashes.
    pub(crate) fn unproven(&self, other: &Self) -> Vec<Range<usize>> {
        if self.is_same(other) {
            return Vec::new();
        }
        let len = self.len().min(other.len());
        let (own, others) = (self.subtrees(), other.subtrees());
        let is_proven = |index: &usize| match (own.get(*index), others.get(*index)) {
            (Some(Some(own)), Some(Some(other))) => own == other,
            _ => false,
        };
        (0..len.div_ceil(SUBTREE_LEN))
            .filter(|index| !is_proven(index))
            .map(|index| subtree_range(index, len))
            .collect()
    }

    fn subtrees(&self) -> Vec<Option<ChainingValue>> {
        self.bytes.annex().map_or_else(Vec::new, KnownHashes::subtrees)
    }
}

impl Deref for AccountData {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for AccountData {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<&[u8]> for AccountData {
    fn from(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into() }
    }
}

/// Copies the bytes, behind what will be known of them.
impl From<Vec<u8>> for AccountData {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

/// Costs a comparison of the bytes that are neither the same in memory nor known to have the same hash.
impl PartialEq for AccountData {
    fn eq(&self, other: &Self) -> bool {
        if self.is_same(other) || self.len() != other.len() || self.len() <= SUBTREE_LEN {
            return self.is_same(other) || self.as_slice() == other.as_slice();
        }
        let mut parts = self.unproven(other).into_iter();
        parts.all(|part| self.get(part.clone()) == other.get(part))
    }
}

impl Eq for AccountData {}

impl std::fmt::Debug for AccountData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl BorshSerialize for AccountData {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.as_slice().serialize(writer)
    }
}

impl BorshDeserialize for AccountData {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        Vec::<u8>::deserialize_reader(reader).map(Self::from)
    }
}

#[cfg(test)]
mod tests;
