//! What the contents of an account were before the transaction, as far as they have changed.
//!
//! ```text
//! shared contents  first write: the buffer is kept, and the write copies it
//! own contents     writes in place: the bytes go to the arena, range by range and then all at once
//! either           another length, other contents: the buffer is kept
//! ```
//!
//! Invariant: the kept buffer, or that of the cell if there is none, has the contents of before once the saved bytes are put
//! back. So it holds as well if others have a handle of own contents: a write copies them then, and is undone on the copy.
//!
//! Cost: own contents are saved at most one and a half times: half of them in ranges, counting what each entry takes, and
//! all of them once. Keeping a buffer copies nothing.

use std::ops::Range;

use crate::chain::account::AccountData;
use crate::program::undo::{ENTRY_LEN, UndoArena};

/// What the contents of a cell were.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Whether the contents are the block's own, and changed in place.
    is_own: bool,
    /// The buffer of before, once the cell has another one.
    buffer: Option<AccountData>,
    /// The newest of the saved ranges.
    newest: Option<u32>,
    /// Bytes that they take.
    saved_len: usize,
    /// Whether all bytes are saved.
    is_whole: bool,
}

impl Before {
    /// Of contents that did not change yet.
    pub(super) fn new(is_own: bool) -> Self {
        Self {
            is_own,
            ..Self::default()
        }
    }

    /// Whether the contents are the block's own.
    pub(super) const fn is_own(&self) -> bool {
        self.is_own
    }

    /// Whether bytes were saved, since they changed in place.
    pub(super) const fn has_saved(&self) -> bool {
        self.newest.is_some()
    }

    /// Keeps what the bytes of `data` in `range` are, which are written next.
    pub(super) fn save(&mut self, range: &Range<usize>, data: &AccountData, undo: &mut UndoArena) {
        if !self.is_own {
            return self.keep_buffer(data);
        }
        if self.buffer.is_some() || self.is_whole || range.is_empty() {
            return;
        }
        let saved_len = self
            .saved_len
            .saturating_add(range.len())
            .saturating_add(ENTRY_LEN);
        self.is_whole = saved_len > data.len() / 2;
        let range = match self.is_whole {
            true => 0..data.len(),
            false => range.clone(),
        };
        self.newest = Some(undo.save(self.newest, data, range));
        self.saved_len = saved_len;
    }

    /// Keeps the buffer `data` of the contents, which get another one next.
    pub(super) fn keep_buffer(&mut self, data: &AccountData) {
        if self.buffer.is_none() {
            self.buffer = Some(data.clone());
        }
    }

    /// Makes `data` what they were.
    pub(super) fn restore(&mut self, data: &mut AccountData, undo: &UndoArena) {
        if let Some(buffer) = self.buffer.take() {
            *data = buffer;
        }
        undo.restore(self.newest, data);
        *self = Self::new(self.is_own);
    }
}
