//! The messages of an open block (contract 5).
//!
//! A block may contain a message once, whatever its outcome, and not at all if an earlier block processed it. Both are
//! one look-up here: the open block enters its messages beside those of its ancestors, at its own height, where no window
//! sees them.
//!
//! Invariant: a block that is dropped before its seal leaves nothing behind, nor does one that is sealed and does not
//! become part of the chain.
//!
//! Cost: a check, or check and entry, is one hash and one locked step, which reads one line of an index and, for a new
//! message, writes that line and the end of a ring. Both are near if the message was announced with
//! [`OpenMessages::prefetch`]. It allocates only while the window grows.

use std::sync::Arc;

use isobath_program_abi::Hash;

use super::ReplayWindow;
use super::record::Record;

/// What a block knows of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Neither this block nor an earlier one has it; it is entered now.
    Never,
    /// An earlier block processed it.
    Before,
    /// It is in this block already.
    Here,
}

/// The messages of the block after a window.
#[derive(Debug)]
pub(crate) struct OpenMessages {
    /// What the ancestors processed. Its record is the one that the block is open on.
    ancestors: ReplayWindow,
    height: u64,
    has_ended: bool,
}

impl ReplayWindow {
    /// Opens the next block. While it is open or sealed, another one on this window works on a copy.
    pub(crate) fn open(&self) -> OpenMessages {
        OpenMessages::new(self)
    }
}

impl OpenMessages {
    fn new(window: &ReplayWindow) -> Self {
        let mut ancestors = window.clone();
        if !ancestors.record.open(ancestors.newest) {
            ancestors.record = Arc::new(ancestors.own_record());
            ancestors.lease = ancestors.record.lease(ancestors.newest);
            let is_open = ancestors.record.open(ancestors.newest);
            assert!(is_open, "the new record is not shared yet");
        }
        Self {
            height: ancestors.newest.saturating_add(1),
            ancestors,
            has_ended: false,
        }
    }

    /// Looks a message up in this block and its ancestors, and enters it if it is in neither.
    pub(crate) fn check_and_enter(&self, message_hash: &Hash) -> Seen {
        let is_seen = |height| height == self.height || self.ancestors.contains(height);
        if self.record().check_and_enter(message_hash, self.height, is_seen) {
            return Seen::Never;
        }
        match self.record().height(message_hash, is_seen) {
            Some(height) if height == self.height => Seen::Here,
            _ => Seen::Before,
        }
    }

    /// Asks memory for what [`Self::check_and_enter`] will read and write. It changes no result.
    pub(crate) fn prefetch(&self, message_hash: &Hash) {
        self.record().prefetch(message_hash);
    }

    /// Enters a message that an earlier block processed: the block contains it nevertheless, as a `NoOp`.
    pub(crate) fn enter_again(&self, message_hash: &Hash) {
        let is_seen = |height| height == self.height;
        let is_entered = self.record().check_and_enter(message_hash, self.height, is_seen);
        assert!(is_entered, "a block contains a message once");
    }

    /// Removes a message that the block entered and does not contain after all.
    pub(crate) fn withdraw(&self, message_hash: &Hash) {
        self.record().withdraw(message_hash, self.height);
    }

    /// Keeps the messages for the window that takes over the block with this result. The caller has withdrawn those
    /// without effect.
    pub(crate) fn seal(mut self, result_hash: Hash) {
        self.record().seal(result_hash);
        self.has_ended = true;
    }

    /// The window after this block, which has this result.
    pub(crate) fn into_window(self, result_hash: Hash) -> ReplayWindow {
        let mut window = self.ancestors.clone();
        self.seal(result_hash);
        let is_next = window.take_over(&result_hash);
        assert!(is_next, "the block was open on this record");
        window
    }

    fn record(&self) -> &Record {
        &self.ancestors.record
    }
}

impl Drop for OpenMessages {
    fn drop(&mut self) {
        if !self.has_ended {
            self.record().abort();
        }
    }
}
