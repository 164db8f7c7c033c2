//! The blocks that were executed: everything about them that the next block depends on.
//!
//! Invariant: slots are consecutive and the genesis counts as the block of slot 0, so block `i` of the list has slot
//! and height `i`. A message may be processed again once every block that could have accepted it is out of reach, which
//! is `blockhash_max_age_blocks` blocks later; the first 16 bytes of its hash say which message it is (contract 5).

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
    /// Hash of the result of each block, by slot; the genesis hash at slot 0.
    results: Vec<Hash>,
    anchor_lag_max: u64,
    /// The slot that the newest header names in its anchor.
    anchor_slot: u64,
    /// Messages that had an effect, each with the height of its block.
    messages: BTreeMap<Identity, u64>,
}

/// What tells a message from the others: the first 16 bytes of its hash.
pub(super) type Identity = [u8; 16];

/// The identity of the message with this hash.
pub(super) fn identity(message_hash: &Hash) -> Identity {
    std::array::from_fn(|at| message_hash.0[at])
}

/// Why a header may not have its anchor (contract 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorFault {
    /// It does not name an earlier block.
    #[error("slot {0} is not before the block")]
    NotBefore(u64),
    /// The parent's names a later block.
    #[error("slot {slot} is before slot {parent}, which the anchor of the parent names")]
    GoesBack {
        /// Slot that it names.
        slot: u64,
        /// Slot that the anchor of the parent names.
        parent: u64,
    },
    /// It names a block that is too old.
    #[error("slot {slot} is {lag} blocks before the block, more than the {lag_max} that are allowed")]
    TooOld {
        /// Slot that it names.
        slot: u64,
        /// Number of blocks that the named one is older.
        lag: u64,
        /// Most that the genesis allows.
        lag_max: u64,
    },
    /// It names a result that the block does not have.
    #[error("the result of slot {slot} is {right}, not {named}")]
    WrongResult {
        /// Slot that it names.
        slot: u64,
        /// The result of that block.
        right: Hash,
        /// The result that it names.
        named: Hash,
    },
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
            results: vec![genesis_hash],
            anchor_lag_max: genesis.anchor_lag_max,
            anchor_slot: 0,
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

    /// Hash of the newest result.
    pub(super) fn newest_result(&self) -> Hash {
        *self.results.last().expect("the genesis is in the list")
    }

    /// Whether the header of the next block may have this anchor.
    pub(super) fn check_anchor(&self, anchor: &Anchor) -> Result<(), AnchorFault> {
        let (slot, parent, lag_max) = (anchor.slot, self.anchor_slot, self.anchor_lag_max);
        if slot >= self.next() {
            return Err(AnchorFault::NotBefore(slot));
        }
        if slot < parent {
            return Err(AnchorFault::GoesBack { slot, parent });
        }
        let lag = self.next().saturating_sub(slot);
        if lag > lag_max {
            return Err(AnchorFault::TooOld { slot, lag, lag_max });
        }
        let at = usize::try_from(slot).expect("it is below the length of the list");
        let (right, named) = (self.results[at], anchor.result_hash);
        if right == named {
            Ok(())
        } else {
            Err(AnchorFault::WrongResult { slot, right, named })
        }
    }

    /// Whether a message was processed so recently that the next block must not process it again.
    pub(super) fn is_processed(&self, message: &Hash) -> bool {
        let height = self.messages.get(&identity(message));
        height.is_some_and(|height| self.next() <= height.saturating_add(self.max_age))
    }

    /// Appends the next block.
    pub(super) fn append(&mut self, history: &History) {
        let height = self.next();
        assert_eq!(history.header.height, height, "blocks are executed in order");
        for (wire, execution) in history.transactions.iter().zip(&history.executions) {
            if execution.outcome.class != OutcomeClass::NoOp {
                let view = TransactionView::parse(wire).expect("it was executed");
                self.messages.insert(identity(&view.message_hash()), height);
            }
        }
        self.blocks.push(PastBlock {
            blockhash: history.result.block_hash,
            timestamp_ms: history.header.timestamp_ms,
        });
        self.parent_hash = history.result.block_hash;
        self.results.push(roots::result_hash(&history.result));
        self.anchor_slot = history.header.anchor.slot;
        let (next, max_age) = (self.next(), self.max_age);
        self.messages
            .retain(|_, height| next <= height.saturating_add(max_age));
    }
}
