//! The arenas that views may need, oldest first.
//!
//! Invariant: all but the last are of blocks that are published, so their bytes do not change and their sum is kept. The last
//! may be that of the open block. A view that is held for long makes the list long, and no block looks at all of it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::arena::Arena;

/// The arenas of the blocks after the oldest view.
#[derive(Default)]
pub(super) struct Arenas {
    list: VecDeque<Arc<Arena>>,
    /// Bytes of all but the last.
    older_bytes: u64,
}

impl Arenas {
    /// The arena of the block of `slot`.
    pub(super) fn get(&self, slot: u64) -> Option<&Arena> {
        let at = self.list.binary_search_by_key(&slot, |arena| arena.slot());
        self.list.get(at.ok()?).map(AsRef::as_ref)
    }

    /// Adds the arena of the block that is being opened.
    pub(super) fn push(&mut self, arena: Arc<Arena>) {
        let published = self.list.back().map_or(0, |last| last.bytes());
        self.older_bytes = self.older_bytes.saturating_add(published);
        self.list.push_back(arena);
    }

    /// Takes out the arena of a block that was undone, which is the last.
    pub(super) fn remove(&mut self, arena: &Arc<Arena>) {
        let removed = self.list.pop_back_if(|last| Arc::ptr_eq(last, arena));
        if let Some(last) = self.list.back().filter(|_| removed.is_some()) {
            self.older_bytes = self.older_bytes.saturating_sub(last.bytes());
        }
    }

    /// Takes out the arenas of the blocks up to `slot`.
    pub(super) fn take_up_to(&mut self, slot: u64) -> Vec<Arc<Arena>> {
        let mut taken = Vec::new();
        while let Some(arena) = self.list.pop_front_if(|arena| arena.slot() <= slot) {
            let counted = if self.list.is_empty() { 0 } else { arena.bytes() };
            self.older_bytes = self.older_bytes.saturating_sub(counted);
            taken.push(arena);
        }
        taken
    }

    /// Bytes of all arenas.
    pub(super) fn bytes(&self) -> u64 {
        let last = self.list.back().map_or(0, |last| last.bytes());
        self.older_bytes.saturating_add(last)
    }
}
