//! The newest published blocks, in memory: the source of subscriptions.
//!
//! Invariant: at most [`BLOCKS_MAX`] blocks and, the newest aside, records of at most [`RECORD_BYTES_MAX`] together; so
//! a client that follows the chain is served without a read of the disk, or is too far behind to be served at all.

use std::collections::VecDeque;
use std::sync::Arc;

use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::History;

/// Maximum number of blocks.
const BLOCKS_MAX: usize = 64;
/// Maximum length of their records together.
const RECORD_BYTES_MAX: u64 = 64 << 20;

/// A published block as it was executed.
#[derive(Debug)]
pub struct PublishedBlock {
    /// Its history.
    pub history: History<Tx>,
    /// Every account that it changed, sorted by key; `None` means that it was closed.
    pub changed: Vec<(Pubkey, Option<Arc<Account>>)>,
}

/// The newest blocks, oldest first.
#[derive(Default)]
pub(crate) struct RecentBlocks {
    blocks: VecDeque<(u64, Arc<PublishedBlock>)>,
    record_bytes: u64,
}

impl RecentBlocks {
    /// Adds a block whose record has `record_bytes` bytes; returns the blocks that make room for it.
    pub(crate) fn push(&mut self, record_bytes: u64, block: Arc<PublishedBlock>) -> Vec<Arc<PublishedBlock>> {
        self.blocks.push_back((record_bytes, block));
        self.record_bytes = self.record_bytes.saturating_add(record_bytes);
        let mut evicted = Vec::new();
        while self.blocks.len() > 1
            && (self.blocks.len() > BLOCKS_MAX || self.record_bytes > RECORD_BYTES_MAX)
            && let Some((bytes, oldest)) = self.blocks.pop_front()
        {
            self.record_bytes = self.record_bytes.saturating_sub(bytes);
            evicted.push(oldest);
        }
        evicted
    }

    /// The block of `slot`, while it is kept.
    pub(crate) fn get(&self, slot: u64) -> Option<Arc<PublishedBlock>> {
        let newest = self.blocks.back()?.1.history.header.slot;
        // Slots are consecutive.
        let age = usize::try_from(newest.checked_sub(slot)?).ok()?;
        let index = self.blocks.len().checked_sub(1)?.checked_sub(age)?;
        self.blocks.get(index).map(|(_, block)| Arc::clone(block))
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::chain::genesis::Genesis;
    use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
    use isobath_sdk::chain::merkle::EMPTY_ROOT;
    use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};

    use super::*;

    fn block(slot: u64) -> Arc<PublishedBlock> {
        let hash = Genesis::development().hash();
        let header = Header {
            version: HEADER_VERSION,
            rules_version: 1,
            genesis_hash: hash,
            slot,
            height: slot,
            parent_slot: slot.saturating_sub(1),
            parent_hash: hash,
            timestamp_ms: 0,
            producer: Pubkey::default(),
            transactions_root: EMPTY_ROOT,
            transaction_count: 0,
            anchor: Anchor {
                slot: 0,
                result_hash: hash,
            },
        };
        let result = BlockResult {
            version: RESULT_VERSION,
            slot,
            height: slot,
            block_hash: hash,
            parent_result_hash: hash,
            delta_root: EMPTY_ROOT,
            outcomes_root: EMPTY_ROOT,
            state_root: None,
            capitalization: 0,
            fees: FeeTotals::default(),
            compute_units: 0,
        };
        Arc::new(PublishedBlock {
            history: History {
                header,
                transactions: vec![],
                executions: vec![],
                result,
            },
            changed: vec![],
        })
    }

    fn slots(recent: &RecentBlocks) -> Vec<u64> {
        (0..200).filter(|slot| recent.get(*slot).is_some()).collect()
    }

    #[test]
    fn the_oldest_blocks_make_room() {
        let mut recent = RecentBlocks::default();
        assert!(recent.get(1).is_none());
        for slot in 1..=100 {
            let evicted = recent.push(1_000, block(slot));
            assert_eq!(evicted.len(), usize::from(slot > 64));
        }
        assert_eq!(slots(&recent), (37..=100).collect::<Vec<_>>());
        assert_eq!(recent.get(80).unwrap().history.header.slot, 80);
    }

    #[test]
    fn bytes_bound_all_but_the_newest() {
        let mut recent = RecentBlocks::default();
        for slot in 1..=4 {
            recent.push(RECORD_BYTES_MAX / 4, block(slot));
        }
        assert_eq!(slots(&recent), [1, 2, 3, 4]);
        assert_eq!(recent.push(1, block(5)).len(), 1);
        assert_eq!(recent.push(2 * RECORD_BYTES_MAX, block(6)).len(), 4);
        assert_eq!(slots(&recent), [6]);
        recent.push(1, block(7));
        assert_eq!(slots(&recent), [7]);
    }
}
