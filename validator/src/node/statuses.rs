//! Statuses of recent transactions, and where the transactions of served history are found.
//!
//! Two structures, both rebuilt from the ledger when it is opened:
//! - *recent*: signature to status, for [`KEPT_BLOCKS`] blocks. When the total exceeds [`RECENT_MAX`] the oldest
//!   blocks go first, but never one that is younger than the age of a blockhash: a client that polls until its
//!   blockhash has expired always gets the truth from here.
//! - *places*: a 64-bit seeded hash of the signature to (slot, index), for as much history as is served; see
//!   [`Places`].
//!
//! Transactions without effect are in neither. Keys of both tables are chosen by strangers, so both hash with a seed
//! drawn when the process starts.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashMap;
use isobath_sdk::chain::header::Header;
use isobath_sdk::{Signature, TransactionError};

use super::config::HistoryLimits;
use super::places::Places;
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

/// Recent statuses and the index of served history.
pub(crate) struct Statuses {
    seed: RandomState,
    recent: HashMap<Signature, TxStatus, RandomState>,
    blocks: VecDeque<(u64, Vec<Signature>)>,
    places: Places,
    blockhash_age: u64,
    transaction_count: u64,
}

impl Statuses {
    /// Empty tables. `blockhash_age` is the number of blocks for which a blockhash is valid.
    pub(crate) fn new(blockhash_age: u64, limits: HistoryLimits) -> Self {
        let seed = RandomState::new();
        Self {
            recent: HashMap::with_hasher(seed.clone()),
            seed,
            blocks: VecDeque::new(),
            places: Places::new(limits),
            blockhash_age,
            transaction_count: 0,
        }
    }

    /// Takes in what [`list_statuses`] found in a block; blocks come in order.
    pub(crate) fn push(&mut self, header: &Header, listed: &[(Signature, TxStatus)]) {
        let height = header.height;
        let seed = &self.seed;
        let places = listed
            .iter()
            .map(|(signature, status)| (seed.hash_one(signature), status.index));
        self.places.push(header.slot, places);
        self.recent.extend(listed.iter().copied());
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
        self.places.find(self.seed.hash_one(signature))
    }

    /// The oldest block whose transactions can be found.
    pub(crate) const fn first_slot(&self) -> u64 {
        self.places.first_slot()
    }

    /// Transactions that paid a fee, in all blocks.
    pub(crate) const fn transaction_count(&self) -> u64 {
        self.transaction_count
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
