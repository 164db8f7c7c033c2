//! The tip of the chain: everything about past blocks that executing the next one needs.
//!
//! Invariant: a function of the genesis and the blocks applied to it, in order. It holds the newest blockhashes, the
//! replay window and the links that the next block must continue; it is rebuilt from the records at start and advances
//! by one block at a time together with the accounts.
//!
//! ```text
//! genesis --new--> Chain --open_block--> block --commit--> record --apply--> Chain
//! ```

use std::collections::{HashMap, VecDeque};

use isobath_program_abi::Hash;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::sysvar::slot_hashes::SLOT_HASHES_MAX;

use super::anchors::Anchors;
use super::error::AnchorError;
use super::first_bytes::ByFirstBytes;
use super::replay_window::{OpenMessages, ReplayWindow};

/// One past block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentBlock {
    /// Its slot.
    pub slot: u64,
    /// Its height.
    pub height: u64,
    /// Its blockhash.
    pub blockhash: Hash,
}

/// The links that the next block continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) timestamp_ms: i64,
    /// The parent hash of the next header: the genesis hash at height 0.
    pub(crate) parent_hash: Hash,
    pub(crate) result_hash: Hash,
    pub(crate) capitalization: u64,
    pub(crate) epoch_start_ms: i64,
}

/// The chain up to its newest durable block.
///
/// A value: a clone is cheap, shares the recent messages with its original and is not changed by blocks applied to the
/// original. So one thread can prepare the next chain while others read this one.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(super) genesis_hash: Hash,
    blockhash_max_age: u64,
    slots_per_epoch: u64,
    pub(super) tip: Tip,
    /// Newest first.
    recent: VecDeque<RecentBlock>,
    heights: HashMap<Hash, u64, ByFirstBytes>,
    pub(super) anchors: Anchors,
    pub(super) replay: ReplayWindow,
}

impl Chain {
    /// The chain before its first block. The genesis's first blockhash counts as that of height 0.
    ///
    /// # Panics
    /// If the balances of the genesis exceed a u64, which `Genesis::validate` excludes.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let genesis_hash = genesis.hash();
        let block = RecentBlock {
            slot: 0,
            height: 0,
            blockhash: genesis.first_blockhash,
        };
        let blockhash_max_age = genesis.blockhash_max_age_blocks;
        Self {
            genesis_hash,
            blockhash_max_age,
            slots_per_epoch: genesis.slots_per_epoch,
            tip: Tip {
                slot: 0,
                height: 0,
                timestamp_ms: genesis.start_time_ms,
                parent_hash: genesis_hash,
                result_hash: genesis_hash,
                capitalization: genesis
                    .capitalization()
                    .expect("validation bounds the sum of balances"),
                epoch_start_ms: genesis.start_time_ms,
            },
            recent: VecDeque::from([block]),
            heights: [(block.blockhash, 0)].into_iter().collect(),
            anchors: Anchors::new(genesis_hash, genesis.anchor_lag_max),
            replay: ReplayWindow::new(blockhash_max_age),
        }
    }

    /// Slot of the newest block, 0 before the first.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.tip.slot
    }

    /// Height of the newest block, 0 before the first.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.tip.height
    }

    /// Timestamp of the newest block, milliseconds since 1970.
    #[must_use]
    pub const fn timestamp_ms(&self) -> i64 {
        self.tip.timestamp_ms
    }

    /// Hash of the genesis.
    #[must_use]
    pub const fn genesis_hash(&self) -> Hash {
        self.genesis_hash
    }

    /// Hash of the newest block's result; the genesis hash before the first.
    #[must_use]
    pub const fn result_hash(&self) -> Hash {
        self.tip.result_hash
    }

    /// The newest block and its result: the newest anchor of the next header. The genesis hash is the result of slot 0.
    #[must_use]
    pub fn newest_anchor(&self) -> Anchor {
        self.anchors.newest()
    }

    /// Whether the header of the next block may have this anchor. A producer that has no newer result than one that is too
    /// far behind waits for one.
    ///
    /// # Errors
    /// [`AnchorError`] if the anchor is not before the block, goes back behind that of the parent, is more than
    /// `anchor_lag_max` blocks behind, or names another result than the chain has.
    pub fn check_anchor(&self, anchor: &Anchor) -> Result<(), AnchorError> {
        self.anchors.check(anchor)
    }

    /// All lamports that exist.
    #[must_use]
    pub const fn capitalization(&self) -> u64 {
        self.tip.capitalization
    }

    /// Epoch of the newest block.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch_of(self.tip.slot)
    }

    /// Epoch of `slot`.
    #[must_use]
    pub const fn epoch_of(&self, slot: u64) -> u64 {
        match slot.checked_div(self.slots_per_epoch) {
            Some(epoch) => epoch,
            None => 0,
        }
    }

    /// The newest blockhash, the one to sign with.
    ///
    /// # Panics
    /// Never: the list of recent blocks starts with the genesis and never becomes empty.
    #[must_use]
    pub fn blockhash(&self) -> Hash {
        self.recent.front().expect("never empty").blockhash
    }

    /// Height of the block with this hash, if it is recent.
    #[must_use]
    pub fn blockhash_height(&self, blockhash: &Hash) -> Option<u64> {
        self.heights.get(blockhash).copied()
    }

    /// The last height at which a transaction with this blockhash is valid, if the hash is recent.
    #[must_use]
    pub fn last_valid_block_height(&self, blockhash: &Hash) -> Option<u64> {
        let height = self.blockhash_height(blockhash)?;
        Some(height.saturating_add(self.blockhash_max_age))
    }

    /// Whether a block of `height` may contain a transaction with this blockhash.
    #[must_use]
    pub fn is_blockhash_valid_at(&self, blockhash: &Hash, height: u64) -> bool {
        let born = self.blockhash_height(blockhash);
        born.is_some_and(|born| born < height && height <= born.saturating_add(self.blockhash_max_age))
    }

    /// Whether a message was processed within the age of blockhashes.
    #[must_use]
    pub fn is_processed(&self, message_hash: &Hash) -> bool {
        self.replay.height(message_hash).is_some()
    }

    /// Frees what no later block of this chain needs, unless an earlier clone of the chain may still need it, whose height
    /// is at least `held_from`. No look-up changes its result, except in clones below that height, which may miss processed
    /// messages. [`Chain::apply`] does it too for height 0, except while the clone that it leaves behind is read.
    pub fn forget(&self, held_from: u64) {
        self.replay.forget(held_from);
    }

    /// Recent blocks, newest first; the genesis has slot and height 0.
    pub fn recent_blocks(&self) -> impl Iterator<Item = &RecentBlock> {
        self.recent.iter()
    }

    /// Opens the messages of the next block.
    pub(crate) fn open_messages(&self) -> OpenMessages {
        self.replay.open()
    }

    pub(crate) const fn tip(&self) -> &Tip {
        &self.tip
    }

    /// When the epoch of a block began, in milliseconds since 1970.
    pub(crate) const fn epoch_start_ms(&self, slot: u64, timestamp_ms: i64) -> i64 {
        if self.epoch_of(slot) == self.epoch() {
            self.tip.epoch_start_ms
        } else {
            timestamp_ms
        }
    }

    /// Adds a block to the recent ones.
    pub(super) fn remember(&mut self, block: RecentBlock) {
        self.heights.insert(block.blockhash, block.height);
        self.recent.push_front(block);
        let keep = self
            .blockhash_max_age
            .saturating_add(1)
            .max(SLOT_HASHES_MAX as u64);
        while self.recent.len() as u64 > keep {
            if let Some(old) = self.recent.pop_back() {
                self.heights.remove(&old.blockhash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgetting_frees_what_a_clone_had_kept() {
        let genesis = Genesis {
            blockhash_max_age_blocks: 1,
            ..Genesis::development()
        };
        let mut chain = Chain::new(&genesis);
        chain.replay.push(1, vec![Hash([1; 32])]);
        let held = chain.clone();
        chain.replay.push(2, vec![Hash([2; 32])]);
        chain.forget(0);
        assert_eq!(chain.replay.kept_count(), 2);
        assert!(held.is_processed(&Hash([1; 32])));
        drop(held);
        chain.forget(0);
        assert_eq!(chain.replay.kept_count(), 1);
        assert!(chain.is_processed(&Hash([2; 32])));
        let revoked = chain.clone();
        chain.replay.push(3, vec![Hash([3; 32])]);
        chain.forget(3);
        assert_eq!(chain.replay.kept_count(), 1);
        drop(revoked);
    }
}
