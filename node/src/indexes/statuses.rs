//! Statuses of recent transactions, and the positions of the transactions of the served history.
//!
//! Two structures, both rebuilt from the ledger when it is opened:
//! - *recent*: signature to status, for [`KEPT_BLOCKS`] blocks. When the total exceeds [`RECENT_MAX`] the oldest
//!   blocks are forgotten first, but never a block younger than the age of a blockhash: a client that polls until its
//!   blockhash has expired always gets the correct status.
//! - *signatures*: a 64-bit seeded hash of the signature to (slot, index), for the served history; see
//!   [`SignatureIndex`].
//!
//! Transactions without effect are in neither. Untrusted clients choose the keys of both tables, so both hash with a
//! seed drawn when the process starts.
//!
//! Both are shared by all views and by the producer, which enters a block before it is published: readers pass the
//! height of their view and do not see statuses of later blocks. Old entries are forgotten only once no view is left
//! that could look them up. No lock is held for longer than one look-up, or one block's share of a part.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError, RwLock};

use hashbrown::HashTable;
use isobath_sdk::chain::header::Header;
use isobath_sdk::{Signature, TransactionError};

use crate::config::HistoryLimits;
use crate::indexes::signatures::SignatureIndex;
use crate::view::effective::EffectiveTx;

/// Blocks whose statuses stay in memory: twice the default age of a blockhash.
pub const KEPT_BLOCKS: u64 = 300;

/// Number of statuses above which blocks older than the age of blockhashes are forgotten early.
const RECENT_MAX: usize = 1 << 20;

/// The status of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxStatus {
    /// Slot of its block.
    pub slot: u64,
    /// Height of its block.
    pub height: u64,
    /// Index in its block, counting every transaction of the block.
    pub index: u32,
    /// `None` when it succeeded.
    pub error: Option<TransactionError>,
}

/// Parts of the table of recent statuses, each under its own lock.
const PARTS: usize = 256;

type Part = HashTable<Recent>;

/// A status in the table. It keeps the hash of its signature, so that none is hashed again when the table grows.
struct Recent {
    hash: u64,
    signature: Signature,
    status: TxStatus,
}

/// Where a status of a block is: the hash of its signature, and its index in the block.
type Place = (u64, u32);

/// Recent statuses and the index of served history.
pub(crate) struct Statuses {
    seed: RandomState,
    recent: Box<[RwLock<Part>]>,
    blocks: Mutex<Blocks>,
    signatures: RwLock<SignatureIndex>,
    blockhash_age: u64,
}

/// Contents of the table, by block.
#[derive(Default)]
struct Blocks {
    /// Height and statuses, those of one part together; oldest first.
    entered: VecDeque<(u64, Vec<Place>)>,
    count: usize,
}

impl Statuses {
    /// Empty tables. `blockhash_age` is the number of blocks for which a blockhash is valid.
    pub(crate) fn new(blockhash_age: u64, limits: HistoryLimits) -> Self {
        Self {
            seed: RandomState::new(),
            recent: (0..PARTS).map(|_| RwLock::default()).collect(),
            blocks: Mutex::default(),
            signatures: RwLock::new(SignatureIndex::new(limits)),
            blockhash_age,
        }
    }

    /// Adds the statuses of a block, from [`list_statuses`]; blocks come in order. Views of earlier blocks do not see
    /// them.
    pub(crate) fn push(&self, header: &Header, listed: &[(Signature, TxStatus)]) {
        let hashes = listed.iter().map(|(signature, _)| self.seed.hash_one(signature));
        let mut entries: Vec<_> = hashes.zip(listed).collect();
        let positions = entries.iter().map(|(hash, (_, status))| (*hash, status.index));
        let mut index = self.signatures.write().unwrap_or_else(PoisonError::into_inner);
        index.push(header.slot, positions);
        drop(index);
        // Part by part: one lock for each, while its memory is at hand.
        entries.sort_unstable_by_key(|(hash, _)| part_of(*hash));
        for some in entries.chunk_by(|(one, _), (other, _)| part_of(*one) == part_of(*other)) {
            let mut part = self
                .part(some[0].0)
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            part.reserve(some.len(), |recent| recent.hash);
            for (hash, (signature, status)) in some.iter().copied() {
                let recent = Recent {
                    hash,
                    signature: *signature,
                    status: *status,
                };
                part.insert_unique(hash, recent, |recent| recent.hash);
            }
        }
        let places = entries.iter().map(|(hash, (_, status))| (*hash, status.index));
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.count = blocks.count.saturating_add(entries.len());
        blocks.entered.push_back((header.height, places.collect()));
    }

    /// The status of a recent transaction, as a view of this height shows it.
    pub(crate) fn recent(&self, signature: &Signature, height: u64) -> Option<TxStatus> {
        let hash = self.seed.hash_one(signature);
        let part = self.part(hash).read().unwrap_or_else(PoisonError::into_inner);
        let found = part.find(hash, |recent| {
            recent.signature == *signature && recent.status.height <= height
        });
        found.map(|recent| recent.status)
    }

    /// Possible positions of a transaction, oldest slot first: usually none or one, more when hashes collide.
    pub(crate) fn positions(&self, signature: &Signature) -> Vec<(u64, u32)> {
        let index = self.signatures.read().unwrap_or_else(PoisonError::into_inner);
        index.find(self.seed.hash_one(signature))
    }

    /// The oldest block whose transactions can be found.
    pub(crate) fn first_slot(&self) -> u64 {
        let index = self.signatures.read().unwrap_or_else(PoisonError::into_inner);
        index.first_slot()
    }

    fn part(&self, hash: u64) -> &RwLock<Part> {
        let part = usize::from(part_of(hash));
        self.recent.get(part).expect("a byte is below 256")
    }

    /// Forgets blocks that are too old for every view from `height` on, and, while the table is too large, blocks older
    /// than the age of blockhashes.
    pub(crate) fn forget_old(&self, height: u64) {
        let kept = KEPT_BLOCKS.max(self.blockhash_age.saturating_add(1));
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((oldest, _)) = blocks.entered.front() {
            let age = height.saturating_sub(*oldest);
            let crowded = blocks.count > RECENT_MAX && age > self.blockhash_age;
            if age < kept && !crowded {
                return;
            }
            let Some((height, places)) = blocks.entered.pop_front() else {
                return;
            };
            blocks.count = blocks.count.saturating_sub(places.len());
            for some in places.chunk_by(|(one, _), (other, _)| part_of(*one) == part_of(*other)) {
                self.remove_all(some, height);
            }
        }
    }

    /// Removes statuses of the block of `height` that are in one part.
    fn remove_all(&self, places: &[Place], height: u64) {
        let Some((first, _)) = places.first() else {
            return;
        };
        let mut part = self.part(*first).write().unwrap_or_else(PoisonError::into_inner);
        for (hash, index) in places {
            let is_it = |recent: &Recent| recent.status.height == height && recent.status.index == *index;
            if let Ok(entry) = part.find_entry(*hash, is_it) {
                entry.remove();
            }
        }
    }
}

/// The part of a hash: the middle bits, since hashbrown uses the others within a part.
const fn part_of(hash: u64) -> u8 {
    hash.to_le_bytes()[5]
}

/// The statuses of the effective transactions of a block.
pub(crate) fn list_statuses<T>(
    header: &Header,
    effective: &[EffectiveTx<'_, T>],
) -> Vec<(Signature, TxStatus)> {
    let list = |tx: &EffectiveTx<'_, T>| {
        let status = TxStatus {
            slot: header.slot,
            height: header.height,
            index: tx.index,
            error: tx.execution.outcome.error,
        };
        (tx.view.signature(0), status)
    };
    effective.iter().map(list).collect()
}

#[cfg(test)]
mod tests;
