//! The SlotHashes sysvar: blockhashes of recent slots, newest first.
//!
//! ```text
//!  count u64 | count x { slot u64, hash 32 } | zeros up to 20488 bytes
//! ```

use super::{SysvarDecodeError, decode};
use crate::hash::Hash;
use crate::reader::Reader;

/// Maximum number of entries.
pub const SLOT_HASHES_MAX: usize = 512;

/// Contents of the SlotHashes sysvar: slots strictly descending, at most [`SLOT_HASHES_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotHashes {
    entries: Vec<(u64, Hash)>,
}

impl SlotHashes {
    /// Length of the account data, whatever the number of entries.
    pub const LEN: usize = 20_488;

    /// The newest entries of `newest_first`, as many as the sysvar holds.
    pub fn new(newest_first: impl IntoIterator<Item = (u64, Hash)>) -> Self {
        Self {
            entries: newest_first.into_iter().take(SLOT_HASHES_MAX).collect(),
        }
    }

    /// The entries, newest first.
    #[must_use]
    pub fn entries(&self) -> &[(u64, Hash)] {
        &self.entries
    }

    /// Number of entries newer than that of `slot`; `None` if `slot` has no entry.
    #[must_use]
    pub fn position(&self, slot: u64) -> Option<usize> {
        self.entries.binary_search_by(|(entry, _)| slot.cmp(entry)).ok()
    }

    /// The blockhash of `slot`.
    #[must_use]
    pub fn get(&self, slot: u64) -> Option<Hash> {
        self.position(slot).map(|position| self.entries[position].1)
    }

    /// The account data, padded to its size.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        let count = u64::try_from(self.entries.len()).expect("a length in memory fits a u64");
        bytes.extend(count.to_le_bytes());
        for (slot, hash) in &self.entries {
            bytes.extend(slot.to_le_bytes());
            bytes.extend(hash.0);
        }
        bytes.resize(Self::LEN, 0);
        bytes
    }

    /// Reads the account data; the padding may be missing.
    ///
    /// # Errors
    /// The bytes are too few, the entries too many, or the slots not strictly descending.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        let entries = decode(bytes, |reader| reader.list(SLOT_HASHES_MAX, read_entry))?;
        let is_descending = entries.windows(2).all(|pair| pair[0].0 > pair[1].0);
        if is_descending {
            Ok(Self { entries })
        } else {
            Err(SysvarDecodeError)
        }
    }
}

fn read_entry(reader: &mut Reader<'_>) -> Option<(u64, Hash)> {
    Some((reader.u64()?, reader.hash()?))
}
