//! The recently processed messages (contract 5).
//!
//! Invariant: the window holds the message hash of every transaction that had an effect in the newest `age` blocks, and
//! nothing else. A message is valid no longer than its blockhash, so one that has left the window is no longer valid
//! either. A `NoOp` is never entered: it had no effect and may be submitted again.
//!
//! A window is a value: cloning one costs nothing, and changes of the clone do not affect the original. A window and
//! the windows derived from it share one [`Record`] of messages, each with the height of its block, and every window
//! considers only the heights that are its own. So the next block can be entered while readers use the window of the
//! previous one. Two rules keep that true:
//! - Only the window at the newest height of a record grows in place; any other copies first.
//! - Old messages are removed only by a window that does not share its record.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;
use isobath_program_abi::Hash;

/// Parts of a record, each under its own lock: a look-up waits at most for one part to grow.
const PARTS: usize = 256;

/// A message and the height of its block.
type Entry = (Hash, u64);

/// The processed messages of the newest blocks.
#[derive(Debug, Clone)]
pub(crate) struct ReplayWindow {
    age: u64,
    /// Height of the newest block in the window.
    newest: u64,
    record: Arc<Record>,
}

/// Messages of many blocks, some of them possibly newer or older than a window that uses the record.
#[derive(Debug)]
struct Record {
    /// Clients choose the hashes, so the tables are seeded per process.
    seed: RandomState,
    parts: Box<[RwLock<HashTable<Entry>>]>,
    blocks: Mutex<Blocks>,
}

/// The blocks of a record.
#[derive(Debug, Default)]
struct Blocks {
    newest: u64,
    /// Height and messages, oldest first.
    entered: VecDeque<(u64, Vec<Hash>)>,
}

impl ReplayWindow {
    /// An empty window over the newest `age` blocks.
    pub(crate) fn new(age: usize) -> Self {
        Self {
            age: age as u64,
            newest: 0,
            record: Arc::new(Record::new()),
        }
    }

    /// The height of the block that processed this message, if it is in the window.
    pub(crate) fn height(&self, message_hash: &Hash) -> Option<u64> {
        let hash = self.record.seed.hash_one(message_hash);
        let is_it = |(message, height): &Entry| message == message_hash && self.contains(*height);
        self.record
            .part(hash)
            .find(hash, is_it)
            .map(|(_, height)| *height)
    }

    const fn contains(&self, height: u64) -> bool {
        height <= self.newest && self.newest.saturating_sub(height) < self.age
    }

    /// Enters the processed messages of the next block. Clones do not see it.
    pub(crate) fn push(&mut self, height: u64, messages: Vec<Hash>) {
        for message_hash in &messages {
            assert!(
                self.height(message_hash).is_none(),
                "a message in the window is never processed again"
            );
        }
        if let Err(messages) = self.record.enter(self.newest, height, messages) {
            self.record = Arc::new(self.own_record());
            let entered = self.record.enter(self.newest, height, messages);
            entered.expect("the new record is not shared yet");
        }
        self.newest = height;
        self.forget();
    }

    /// Removes the messages that have left the window, unless an earlier clone may still look them up; then a later
    /// call removes them. No look-up changes its result.
    pub(crate) fn forget(&self) {
        if Arc::strong_count(&self.record) == 1 {
            let oldest = self.newest.saturating_sub(self.age);
            self.record.forget_up_to(oldest);
        }
    }

    /// A record with the messages of this window only.
    fn own_record(&self) -> Record {
        let own = Record::new();
        let entered = self.record.blocks();
        for (height, messages) in &entered.entered {
            if self.contains(*height) {
                // Release the guard before `enter` takes its own.
                let from = own.blocks().newest;
                let copied = own.enter(from, *height, messages.clone());
                copied.expect("the new record is not shared yet");
            }
        }
        drop(entered);
        own.blocks().newest = self.newest;
        own
    }
}

impl Record {
    fn new() -> Self {
        Self {
            seed: RandomState::new(),
            parts: (0..PARTS).map(|_| RwLock::default()).collect(),
            blocks: Mutex::default(),
        }
    }

    /// Adds a block for a window at height `from`; returns the messages if another window has grown further.
    fn enter(&self, from: u64, height: u64, messages: Vec<Hash>) -> Result<(), Vec<Hash>> {
        let mut blocks = self.blocks();
        if blocks.newest != from {
            return Err(messages);
        }
        for message in &messages {
            let hash = self.seed.hash_one(message);
            self.part_mut(hash)
                .insert_unique(hash, (*message, height), |(message, _)| {
                    self.seed.hash_one(message)
                });
        }
        blocks.newest = height;
        blocks.entered.push_back((height, messages));
        Ok(())
    }

    fn forget_up_to(&self, oldest: u64) {
        let mut blocks = self.blocks();
        while blocks
            .entered
            .front()
            .is_some_and(|(height, _)| *height <= oldest)
        {
            let Some((height, messages)) = blocks.entered.pop_front() else {
                return;
            };
            for message in messages {
                let hash = self.seed.hash_one(message);
                if let Ok(entry) = self
                    .part_mut(hash)
                    .find_entry(hash, |entry| *entry == (message, height))
                {
                    entry.remove();
                }
            }
        }
    }

    // The locks are held for operations that do not panic.
    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, hash: u64) -> RwLockReadGuard<'_, HashTable<Entry>> {
        self.lock_of(hash).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn part_mut(&self, hash: u64) -> RwLockWriteGuard<'_, HashTable<Entry>> {
        self.lock_of(hash).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_of(&self, hash: u64) -> &RwLock<HashTable<Entry>> {
        // The middle bits: hashbrown uses the others within a part.
        let part = usize::from(hash.to_le_bytes()[5]);
        self.parts.get(part).expect("a byte is below 256")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_a_message_exactly_when_its_block_leaves() {
        let mut window = ReplayWindow::new(2);
        let message = Hash([1; 32]);
        window.push(1, vec![message]);
        window.push(2, vec![]);
        assert_eq!(window.height(&message), Some(1));
        window.push(3, vec![Hash([2; 32])]);
        assert_eq!(window.height(&message), None);
        assert_eq!(window.height(&Hash([2; 32])), Some(3));
    }

    #[test]
    fn a_clone_does_not_see_what_comes_later() {
        let mut window = ReplayWindow::new(2);
        window.push(1, vec![Hash([1; 32])]);
        let held = window.clone();
        for height in 2..=9 {
            window.push(height, vec![Hash([u8::try_from(height).unwrap(); 32])]);
        }
        assert_eq!(held.height(&Hash([1; 32])), Some(1));
        for height in 2..=9 {
            assert_eq!(held.height(&Hash([height; 32])), None);
        }
        assert_eq!(window.height(&Hash([1; 32])), None);
        assert_eq!(window.height(&Hash([9; 32])), Some(9));
        assert_eq!(window.kept_count(), 9, "kept for the clone");
        drop(held);
        window.forget();
        assert_eq!(window.kept_count(), 2);
        assert_eq!(window.height(&Hash([8; 32])), Some(8));
    }

    #[test]
    fn clones_that_grow_apart_know_only_their_own() {
        let mut first = ReplayWindow::new(3);
        first.push(1, vec![Hash([1; 32])]);
        let mut second = first.clone();
        first.push(2, vec![Hash([2; 32])]);
        second.push(2, vec![Hash([3; 32])]);
        second.push(3, vec![Hash([2; 32])]);
        let heights = |window: &ReplayWindow| [1, 2, 3].map(|byte| window.height(&Hash([byte; 32])));
        assert_eq!(heights(&first), [Some(1), Some(2), None]);
        assert_eq!(heights(&second), [Some(1), Some(3), Some(2)]);
    }

    #[test]
    #[should_panic(expected = "never processed again")]
    fn a_message_does_not_enter_twice() {
        let mut window = ReplayWindow::new(3);
        window.push(1, vec![Hash([1; 32])]);
        window.push(2, vec![Hash([1; 32])]);
    }

    impl ReplayWindow {
        /// Messages that take memory, whether or not they are in the window.
        pub(in crate::chain) fn kept_count(&self) -> usize {
            let parts = self.record.parts.iter();
            parts.map(|part| part.read().unwrap().len()).sum()
        }
    }
}
