//! The blocks that were executed: everything about them that the next block depends on.
//!
//! Invariant: slots are consecutive and the genesis counts as the block of slot 0, so block `i` of the list has slot
//! and height `i`. A message may be processed again once every block that could have accepted it is out of reach, which
//! is `blockhash_max_age_blocks` blocks later (contract 5).

use std::collections::BTreeMap;

use isobath_program_abi::Hash;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::History;
use isobath_sdk::wire::view::TransactionView;

use super::roots;

/// One executed block.
#[derive(Debug)]
pub(super) struct PastBlock {
    pub(super) blockhash: Hash,
    pub(super) timestamp_ms: i64,
}

/// All executed blocks.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) genesis_hash: Hash,
    max_age: u64,
    slots_per_epoch: u64,
    /// By slot, which is also the height.
    pub(super) blocks: Vec<PastBlock>,
    /// The blockhash of the newest block; the genesis hash before the first.
    pub(super) parent_hash: Hash,
    /// The newest result.
    pub(super) anchor: Anchor,
    /// Messages that had an effect, each with the height of its block.
    messages: BTreeMap<Hash, u64>,
}

impl Past {
    /// Nothing but the genesis.
    pub(super) fn new(genesis: &Genesis) -> Self {
        let genesis_hash = roots::genesis_hash(genesis);
        Self {
            genesis_hash,
            max_age: genesis.blockhash_max_age_blocks,
            slots_per_epoch: genesis.slots_per_epoch,
            blocks: vec![PastBlock {
                blockhash: genesis.first_blockhash,
                timestamp_ms: genesis.start_time_ms,
            }],
            parent_hash: genesis_hash,
            anchor: Anchor {
                slot: 0,
                result_hash: genesis_hash,
            },
            messages: BTreeMap::new(),
        }
    }

    /// Slot and height of the next block.
    pub(super) const fn next(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The newest block; the genesis before the first.
    pub(super) fn newest(&self) -> &PastBlock {
        self.blocks.last().expect("the genesis is in the list")
    }

    /// Epoch of `slot`.
    pub(super) fn epoch_of(&self, slot: u64) -> u64 {
        slot.checked_div(self.slots_per_epoch).unwrap_or(0)
    }

    /// The time of the first block in the epoch of the next block, which is at `timestamp_ms`.
    pub(super) fn epoch_start_ms(&self, timestamp_ms: i64) -> i64 {
        let first_slot = self.epoch_of(self.next()).saturating_mul(self.slots_per_epoch);
        let first = usize::try_from(first_slot)
            .ok()
            .and_then(|slot| self.blocks.get(slot));
        first.map_or(timestamp_ms, |block| block.timestamp_ms)
    }

    /// Whether the next block may contain a transaction with this blockhash.
    pub(super) fn is_valid(&self, blockhash: &Hash) -> bool {
        let usable = usize::try_from(self.max_age).unwrap_or(usize::MAX);
        let mut newest_first = self.blocks.iter().rev().take(usable);
        newest_first.any(|block| block.blockhash == *blockhash)
    }

    /// Whether a message was processed so recently that the next block must not process it again.
    pub(super) fn is_processed(&self, message: &Hash) -> bool {
        let height = self.messages.get(message);
        height.is_some_and(|height| self.next() <= height.saturating_add(self.max_age))
    }

    /// Appends the next block.
    pub(super) fn append(&mut self, history: &History) {
        let height = self.next();
        assert_eq!(history.header.height, height, "blocks are executed in order");
        for (wire, execution) in history.transactions.iter().zip(&history.executions) {
            if execution.outcome.class != OutcomeClass::NoOp {
                let view = TransactionView::parse(wire).expect("it was executed");
                self.messages.insert(view.message_hash(), height);
            }
        }
        self.blocks.push(PastBlock {
            blockhash: history.result.block_hash,
            timestamp_ms: history.header.timestamp_ms,
        });
        self.parent_hash = history.result.block_hash;
        self.anchor = Anchor {
            slot: history.header.slot,
            result_hash: roots::result_hash(&history.result),
        };
        let (next, max_age) = (self.next(), self.max_age);
        self.messages
            .retain(|_, height| next <= height.saturating_add(max_age));
    }
}
