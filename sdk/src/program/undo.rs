//! What transactions overwrite in place: the bytes that were there, to put them back if the transaction fails.
//!
//! Contents that are the open block's own already ([`AccountCell::own`](super::AccountCell::own)) are changed where they
//! are. Before that, the bytes go here:
//!
//! ```text
//! cell --newest--> entry --older--> entry --older--> ..      each: where the bytes belong, what was known of their hash
//!                    |                |
//!  bytes of all cells, in the order in which they were saved
//! ```
//!
//! Invariant: entries of a cell, put back from the newest to the oldest, leave the contents as they were before the oldest.
//!
//! Cost: a copy of the bytes and 32 bytes for an entry; 40 for each part of 16 KiB whose hash was known. The memory is kept
//! from transaction to transaction, so that one of them allocates only for more than all before it, up to
//! [`KEPT_LEN_MAX`].
//!
//! Deliberately absent: when to save bytes one by one and when all of them, which is the cell's to decide.

use std::ops::Range;

use crate::chain::account::{AccountData, KnownSubtree};

/// Bytes of memory that are kept between transactions, at most, of each list.
const KEPT_LEN_MAX: usize = 20 * 1024 * 1024;
/// Memory of an entry beside its bytes.
pub(super) const ENTRY_LEN: usize = size_of::<Entry>();

/// The bytes that the running transaction has overwritten in place.
#[derive(Debug, Default)]
pub struct UndoArena {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    known: Vec<KnownSubtree>,
}

/// Bytes of one cell, which end where those of the next entry begin.
#[derive(Debug)]
struct Entry {
    /// The entry of the same cell before this one.
    older: Option<u32>,
    /// Where the bytes belong.
    offset: usize,
    /// Where they are.
    bytes: usize,
    /// Where what was known of their hash is.
    known: usize,
}

impl UndoArena {
    /// Saves the bytes of `data` in `range`, which may change next; returns the entry. `older` is the newest entry of the
    /// cell so far.
    ///
    /// # Panics
    /// At 2^32 entries, far above what any compute budget pays for.
    pub(super) fn save(&mut self, older: Option<u32>, data: &AccountData, range: Range<usize>) -> u32 {
        let index = u32::try_from(self.entries.len()).expect("a transaction writes fewer than 2^32 times");
        self.entries.push(Entry {
            older,
            offset: range.start,
            bytes: self.bytes.len(),
            known: self.known.len(),
        });
        data.save_known(&range, &mut self.known);
        self.bytes.extend_from_slice(&data[range]);
        index
    }

    /// Puts back the bytes of `newest` and of all older entries of its cell.
    pub(super) fn restore(&self, newest: Option<u32>, data: &mut AccountData) {
        let mut next = newest;
        while let Some(index) = next {
            let index = index as usize;
            let entry = &self.entries[index];
            let (bytes_end, known_end) = self
                .entries
                .get(index.saturating_add(1))
                .map_or((self.bytes.len(), self.known.len()), |next| {
                    (next.bytes, next.known)
                });
            let bytes = &self.bytes[entry.bytes..bytes_end];
            data.restore_range(entry.offset, bytes, &self.known[entry.known..known_end]);
            next = entry.older;
        }
    }

    /// Forgets everything, when the transaction has ended; keeps memory for the next one.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.entries.shrink_to(KEPT_LEN_MAX / ENTRY_LEN);
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_LEN_MAX);
        self.known.clear();
    }

    /// Bytes that entries take.
    #[cfg(test)]
    pub(super) const fn saved_len(&self) -> usize {
        let entries = self.entries.len().saturating_mul(ENTRY_LEN);
        self.bytes.len().saturating_add(entries)
    }

    /// Bytes of memory that it has.
    #[cfg(test)]
    pub(super) const fn memory_len(&self) -> usize {
        let entries = self.entries.capacity().saturating_mul(ENTRY_LEN);
        let known = self.known.capacity().saturating_mul(size_of::<KnownSubtree>());
        self.bytes
            .capacity()
            .saturating_add(entries)
            .saturating_add(known)
    }
}
