//! Statuses of recent transactions, and where every transaction ever published is found.
//!
//! Two structures, both rebuilt from the ledger when it is opened:
//! - *recent*: signature to status, for [`KEPT_BLOCKS`] blocks. When the total exceeds [`RECENT_MAX`] the oldest
//!   blocks go first, but never one that is younger than the age of a blockhash: a client that polls until its
//!   blockhash has expired always gets the truth from here.
//! - *index*: a 64-bit seeded hash of the signature to (slot, index), 24 bytes each, for the whole ledger. A hit is
//!   only a hint; the caller compares the signature in the record.
//!
//! Transactions without effect are in neither. Keys of both tables are chosen by strangers, so both hash with a seed
//! drawn when the process starts.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use hashbrown::{HashMap, HashTable};
use isobath_sdk::chain::header::Header;
use isobath_sdk::{Signature, TransactionError};

use super::visible::VisibleTx;

/// Blocks whose statuses stay in memory: twice the default age of a blockhash.
pub const KEPT_BLOCKS: u64 = 300;

/// Statuses above which blocks older than the age of blockhashes are forgotten early.
const RECENT_MAX: usize = 1 << 20;

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxStatus {
    /// Slot of its block.
    pub slot: u64,
    /// Height of its block.
    pub height: u64,
    /// Place in its block, counting every transaction of the block.
    pub index: u32,
    /// `None` when it succeeded.
    pub error: Option<TransactionError>,
}

/// One entry of the index of all history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    prefix: u64,
    slot: u64,
    index: u32,
}

/// Recent statuses and the index of all history.
pub(crate) struct Statuses {
    seed: RandomState,
    recent: HashMap<Signature, TxStatus, RandomState>,
    blocks: VecDeque<(u64, Vec<Signature>)>,
    index: HashTable<Place>,
    blockhash_age: u64,
    transaction_count: u64,
}

impl Statuses {
    /// Empty tables. `blockhash_age` is the number of blocks for which a blockhash is valid.
    pub(crate) fn new(blockhash_age: u64) -> Self {
        let seed = RandomState::new();
        Self {
            recent: HashMap::with_hasher(seed.clone()),
            seed,
            blocks: VecDeque::new(),
            index: HashTable::new(),
            blockhash_age,
            transaction_count: 0,
        }
    }

    /// Takes in what [`list_statuses`] found in the block of `height`; blocks come in order.
    pub(crate) fn push(&mut self, height: u64, listed: &[(Signature, TxStatus)]) {
        for (signature, status) in listed {
            self.insert_place(signature, status.slot, status.index);
            self.recent.insert(*signature, *status);
        }
        self.transaction_count = self.transaction_count.saturating_add(listed.len() as u64);
        self.blocks
            .push_back((height, listed.iter().map(|(signature, _)| *signature).collect()));
        self.forget_old(height);
    }

    /// The status of a recent transaction.
    pub(crate) fn recent(&self, signature: &Signature) -> Option<TxStatus> {
        self.recent.get(signature).copied()
    }

    /// Where a transaction may be, oldest slot first: usually none or one place, more when hashes collide.
    pub(crate) fn places(&self, signature: &Signature) -> Vec<(u64, u32)> {
        let prefix = self.prefix(signature);
        let mut places: Vec<_> = self
            .index
            .iter_hash(prefix)
            .filter(|place| place.prefix == prefix)
            .map(|place| (place.slot, place.index))
            .collect();
        places.sort_unstable();
        places
    }

    /// Transactions that paid a fee, in all blocks.
    pub(crate) const fn transaction_count(&self) -> u64 {
        self.transaction_count
    }

    fn prefix(&self, signature: &Signature) -> u64 {
        self.seed.hash_one(signature)
    }

    fn insert_place(&mut self, signature: &Signature, slot: u64, index: u32) {
        let prefix = self.prefix(signature);
        self.index
            .insert_unique(prefix, Place { prefix, slot, index }, |place| place.prefix);
    }

    /// Forgets blocks that are too old, or older than blockhashes live while the table is too large.
    fn forget_old(&mut self, height: u64) {
        let kept = KEPT_BLOCKS.max(self.blockhash_age.saturating_add(1));
        while let Some((oldest, _)) = self.blocks.front() {
            let age = height.saturating_sub(*oldest);
            let crowded = self.recent.len() > RECENT_MAX && age > self.blockhash_age;
            if age < kept && !crowded {
                return;
            }
            let Some((_, signatures)) = self.blocks.pop_front() else {
                return;
            };
            for signature in signatures {
                self.recent.remove(&signature);
            }
        }
    }
}

/// The statuses of the visible transactions of a block.
pub(crate) fn list_statuses(header: &Header, visible: &[VisibleTx<'_>]) -> Vec<(Signature, TxStatus)> {
    let list = |tx: &VisibleTx<'_>| {
        let status = TxStatus {
            slot: header.slot,
            height: header.height,
            index: tx.index,
            error: tx.execution.outcome.error,
        };
        (tx.view.signature(0), status)
    };
    visible.iter().map(list).collect()
}

#[cfg(test)]
mod tests;
