//! Which messages were processed recently (contract 5).
//!
//! Invariant: holds the message hash of every transaction that had an effect in the newest `age` blocks,
//! and nothing else. A message is valid no longer than its blockhash, so one that has left the window can
//! no longer be valid either. A `NoOp` is never entered: it had no effect and may come again.

use std::collections::{HashMap, VecDeque};

use isobath_sdk::hash::Hash;

/// The processed messages of the newest blocks.
#[derive(Debug, Clone)]
pub(crate) struct ReplayWindow {
    age: usize,
    blocks: VecDeque<Vec<Hash>>,
    /// Keyed by hashes that senders choose; the standard hasher is seeded per process.
    heights: HashMap<Hash, u64>,
}

impl ReplayWindow {
    /// An empty window over the newest `age` blocks.
    pub(crate) fn new(age: usize) -> Self {
        Self {
            age,
            blocks: VecDeque::new(),
            heights: HashMap::new(),
        }
    }

    /// The height of the block that processed this message, if it is in the window.
    pub(crate) fn height(&self, message_hash: &Hash) -> Option<u64> {
        self.heights.get(message_hash).copied()
    }

    /// Enters the processed messages of the next block.
    pub(crate) fn push(&mut self, height: u64, messages: Vec<Hash>) {
        for message_hash in &messages {
            let earlier = self.heights.insert(*message_hash, height);
            assert!(
                earlier.is_none(),
                "a message in the window is never processed again"
            );
        }
        self.blocks.push_back(messages);
        while self.blocks.len() > self.age {
            for message_hash in self.blocks.pop_front().unwrap_or_default() {
                self.heights.remove(&message_hash);
            }
        }
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
}
