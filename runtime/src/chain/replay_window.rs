//! The recently processed messages (contract 5).
//!
//! Invariant: the window holds the fingerprint of every message that had an effect in the newest `age` blocks, and
//! nothing else. A message is valid no longer than its blockhash, so one that has left the window is no longer valid
//! either. A `NoOp` is never in it: it had no effect and may be submitted again.
//!
//! A window is a value: cloning one costs nothing, and changes of the clone do not affect the original. A window and
//! the windows derived from it share one [`Record`] of messages, each with the height of its block, and every window
//! considers only the heights that are its own. So the next block can be entered while readers use the window of the
//! previous one. Two rules keep that true:
//! - Only the window at the newest height of a record grows in place; any other copies first.
//! - Messages are removed once they are too old for every window that shares the record.
//!
//! ```text
//! open_messages  the block that executes: one look-up in it and its ancestors
//! record         what windows share: shards and where they end
//!   shard        ring of entries
//!     index      numbers of entries by place
//!   placement    where a fingerprint lies
//! ```
//!
//! Cost: about 33 bytes a message (a test measures it), so 150 blocks of 10,000 messages take 50 MB. What it holds is
//! bounded by the budgets of `age` blocks, and by those that a held clone keeps besides.

mod index;
mod open_messages;
mod placement;
mod record;
mod shard;

use std::sync::Arc;

use isobath_program_abi::Hash;

pub(crate) use open_messages::{OpenMessages, Seen};
use record::{Lease, Record};

/// The processed messages of the newest blocks.
#[derive(Debug, Clone)]
pub(crate) struct ReplayWindow {
    age: u64,
    /// Height of the newest block in the window.
    newest: u64,
    record: Arc<Record>,
    /// Keeps the messages that this window and its clones see in the record.
    lease: Lease,
}

impl ReplayWindow {
    /// An empty window over the newest `age` blocks.
    pub(crate) fn new(age: u64) -> Self {
        let record = Arc::new(Record::new());
        Self {
            age,
            newest: 0,
            lease: record.lease(0),
            record,
        }
    }

    /// The height of the block that processed this message, if it is in the window.
    pub(crate) fn height(&self, message_hash: &Hash) -> Option<u64> {
        self.record.height(message_hash, |height| self.contains(height))
    }

    /// Moves to the end of the block with this result, if it was executed and sealed on this window and is still the last one
    /// that was; false if not. Clones do not see it.
    pub(crate) fn take_over(&mut self, result_hash: &Hash) -> bool {
        let is_next = self.record.take_over(self.newest, result_hash);
        if is_next {
            self.newest = self.newest.saturating_add(1);
            self.lease = self.record.lease(self.newest);
        }
        is_next
    }

    /// Removes the messages that have left every window that is held and whose newest block is at `held_from` or later, while
    /// those of the next block are entered and at the next call. No look-up in these changes its result; earlier ones may
    /// miss messages.
    pub(crate) fn forget(&self, held_from: u64) {
        let oldest = self.record.oldest_leased().unwrap_or(self.newest);
        let oldest = oldest.max(held_from);
        self.record.drop_up_to(oldest.saturating_sub(self.age));
    }

    const fn contains(&self, height: u64) -> bool {
        height <= self.newest && self.newest.saturating_sub(height) < self.age
    }

    /// A record with the messages of this window only.
    fn own_record(&self) -> Record {
        self.record.copy(self.newest, |height| self.contains(height))
    }
}

#[cfg(test)]
mod tests;
