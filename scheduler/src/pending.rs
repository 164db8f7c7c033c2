//! The *pending* pool: transactions admitted but not ordered, best first.
//!
//! Order: the higher priority first; among equals the earlier arrival. Transactions overtake each other here
//! and nowhere later. The wait is bounded, since an entry leaves at the latest when its blockhash expires,
//! and it is recorded: an entry carries the height at which it arrived.
//!
//! Invariant: the three indexes hold the same entries; identities are unique; count and bytes are within the
//! limits after every call. The pool is ordered collections only, so what it answers is a function of the
//! calls made, the same on every machine.
//!
//! ```text
//!  entries      (priority descending, arrival) -> entry      who is next, who is evicted
//!  by_identity  identity -> rank                             duplicates, look-up
//!  by_expiry    (last height, rank)                          who has expired
//! ```
//!
//! Cost, for n entries: insert O(log n), plus O(log n) per eviction; `take` O(log n) plus at most
//! [`SKIPPED_COUNT_MAX`] entries looked at and passed over; `drop_expired` O(log n) per entry dropped.
//!
//! What it does not do: it knows no fees, signatures or accounts; it does not check that an entry could ever
//! fit a block ([`crate::BudgetLimits::admits`] does, and the caller asks before inserting); it reads no
//! clock, so expiry happens when the caller says so.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use isobath_sdk::Hash;
use thiserror::Error;

use crate::{Budget, Cost};

/// How many better entries [`Pending::take`] passes over before it gives up for this block.
///
/// It bounds the work of a call when the head of the pool does not fit the rest of a block; it is not tuned.
/// Whoever is passed over stays at the head and meets an empty budget in the next block.
pub const SKIPPED_COUNT_MAX: usize = 64;

/// One pending transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// What it pays, in micro-lamports per compute unit over its whole fee; more is better.
    pub priority: u64,
    /// The compute units it may use, charged to the block's budget.
    pub compute_units: u64,
    /// Its wire size, charged to the pool's limit and to the block's budget.
    pub size_bytes: u64,
    /// The height of the newest block when it arrived.
    pub arrived_at_height: u64,
    /// The height of the last block that can hold it.
    pub expires_at_height: u64,
    /// What makes it the same transaction: the message hash.
    pub identity: Hash,
    /// What the caller wants back.
    pub payload: T,
}

impl<T> Entry<T> {
    /// What it takes out of a block's budget.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        Cost {
            compute_units: self.compute_units,
            size_bytes: self.size_bytes,
        }
    }

    /// How many blocks were made since it arrived, when the newest block is that of `height`.
    #[must_use]
    pub const fn waited_blocks(&self, height: u64) -> u64 {
        // An entry may arrive while its builder still works on an older view: that is no wait.
        height.saturating_sub(self.arrived_at_height)
    }
}

/// The most that a pool holds. With a 0 in either field nothing enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// Number of entries.
    pub transactions: usize,
    /// Sum of their wire sizes.
    pub bytes: u64,
}

/// What an accepted entry displaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "evicted entries have to be accounted for"]
pub struct Inserted<T> {
    /// Entries of lower priority that made room, the worst first. Mostly none or one; a long transaction may
    /// displace several short ones when bytes are what is scarce.
    pub evicted: Vec<Entry<T>>,
}

/// Why an entry was not accepted; the pool is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertError {
    /// An entry of this identity is already pending.
    #[error("the transaction is already pending")]
    Duplicate,
    /// The pool is full and to make room an entry would have to go that the newcomer does not outbid.
    #[error(
        "the pending pool is full: more than {lowest_priority} micro-lamports per compute unit are needed"
    )]
    Full {
        /// The priority to outbid; equal is not enough, since the earlier arrival keeps its place.
        lowest_priority: u64,
    },
    /// The entry alone is over the limits of the pool.
    #[error("the transaction is larger than the whole pending pool")]
    TooLarge,
}

/// Position in the pool: ascending order is best first.
type Rank = (Reverse<u64>, u64);

/// The pending pool.
#[derive(Clone, Debug)]
pub struct Pending<T> {
    limits: PendingLimits,
    entries: BTreeMap<Rank, Entry<T>>,
    by_identity: BTreeMap<Hash, Rank>,
    by_expiry: BTreeSet<(u64, Rank)>,
    /// Sum of the sizes of all entries.
    bytes: u64,
    /// How many entries were ever accepted: the arrival number of the next.
    arrivals: u64,
}

impl<T> Pending<T> {
    /// An empty pool.
    #[must_use]
    pub const fn new(limits: PendingLimits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            bytes: 0,
            arrivals: 0,
        }
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sum of the sizes of all entries.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether an entry of this identity is pending. O(log n).
    #[must_use]
    pub fn contains(&self, identity: &Hash) -> bool {
        self.by_identity.contains_key(identity)
    }

    /// The pending entry of this identity. O(log n).
    #[must_use]
    pub fn get(&self, identity: &Hash) -> Option<&Entry<T>> {
        self.entries.get(self.by_identity.get(identity)?)
    }

    /// The entries, best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry<T>> + ExactSizeIterator + '_ {
        self.entries.values()
    }

    /// Adds an entry behind all of its priority, and evicts the worst entries if the pool would be over its
    /// limits.
    ///
    /// Only entries of strictly lower priority are evicted, the lowest first and the latest arrival first
    /// among equals; if they do not make enough room, nothing is evicted and the newcomer is refused.
    ///
    /// # Errors
    ///
    /// - [`InsertError::Duplicate`]: an entry of this identity is pending, whatever its other fields.
    /// - [`InsertError::TooLarge`]: an empty pool would not hold it.
    /// - [`InsertError::Full`]: it does not outbid an entry that would have to go.
    pub fn insert(&mut self, entry: Entry<T>) -> Result<Inserted<T>, InsertError> {
        if self.contains(&entry.identity) {
            return Err(InsertError::Duplicate);
        }
        let evicted_count = self.evictions_for(&entry)?;
        let evicted = (0..evicted_count)
            .map(|_| {
                let (&worst, _) = self
                    .entries
                    .last_key_value()
                    .expect("evictions were counted on these entries");
                self.remove_rank(worst)
            })
            .collect();
        self.append(entry);
        Ok(Inserted { evicted })
    }

    /// Takes out the best entry that fits the budget, and charges the budget.
    ///
    /// Entries that do not fit stay where they are; after [`SKIPPED_COUNT_MAX`] of them the answer is `None`.
    /// `None` means that this block takes nothing more from the pool as it stands; a later insertion may fit.
    pub fn take(&mut self, budget: &mut Budget) -> Option<Entry<T>> {
        if budget.is_exhausted() {
            return None;
        }
        // The first that can be charged is the one: a failed charge changes nothing.
        let candidates = self.entries.iter().take(SKIPPED_COUNT_MAX.saturating_add(1));
        let (&rank, _) = candidates
            .into_iter()
            .find(|(_, entry)| budget.try_charge(entry.cost()))?;
        Some(self.remove_rank(rank))
    }

    /// Takes out the entries that the block of `height`, the next to be built, cannot hold any more.
    ///
    /// They come in the order of their last heights, and best first among those of one height.
    pub fn drop_expired(&mut self, height: u64) -> Vec<Entry<T>> {
        let mut expired = Vec::new();
        while let Some(&(last_height, rank)) = self.by_expiry.first()
            && last_height < height
        {
            expired.push(self.remove_rank(rank));
        }
        expired
    }

    /// Takes out the entry of this identity, if it is pending. O(log n).
    pub fn remove(&mut self, identity: &Hash) -> Option<Entry<T>> {
        let rank = *self.by_identity.get(identity)?;
        Some(self.remove_rank(rank))
    }

    /// How many of the worst entries have to go for `newcomer` to fit. Changes nothing.
    fn evictions_for(&self, newcomer: &Entry<T>) -> Result<usize, InsertError> {
        if self.limits.transactions == 0 || newcomer.size_bytes > self.limits.bytes {
            return Err(InsertError::TooLarge);
        }
        let mut count = self.len();
        let mut bytes = self.bytes;
        let mut worst_first = self.entries.values().rev();
        while count >= self.limits.transactions
            || bytes > self.limits.bytes.saturating_sub(newcomer.size_bytes)
        {
            let worst = worst_first.next().expect("the newcomer alone fits an empty pool");
            if worst.priority >= newcomer.priority {
                return Err(InsertError::Full {
                    lowest_priority: worst.priority,
                });
            }
            count = count.saturating_sub(1);
            bytes = bytes.saturating_sub(worst.size_bytes);
        }
        Ok(self.len().saturating_sub(count))
    }

    /// Adds an entry to every index; there is room for it, and its identity is new.
    fn append(&mut self, entry: Entry<T>) {
        let rank = (Reverse(entry.priority), self.arrivals);
        self.arrivals = self
            .arrivals
            .checked_add(1)
            .expect("2^64 transactions never arrive");
        self.bytes = self
            .bytes
            .checked_add(entry.size_bytes)
            .expect("the sum is within the limit of the pool");
        self.by_expiry.insert((entry.expires_at_height, rank));
        self.by_identity.insert(entry.identity, rank);
        self.entries.insert(rank, entry);
        self.assert_consistent();
    }

    /// Takes an entry out of every index.
    fn remove_rank(&mut self, rank: Rank) -> Entry<T> {
        let entry = self
            .entries
            .remove(&rank)
            .expect("ranks come from the indexes, which hold the same entries");
        self.by_identity.remove(&entry.identity);
        self.by_expiry.remove(&(entry.expires_at_height, rank));
        self.bytes = self
            .bytes
            .checked_sub(entry.size_bytes)
            .expect("the sum counts every entry");
        self.assert_consistent();
        entry
    }

    /// The part of the invariant that costs nothing to look at.
    fn assert_consistent(&self) {
        assert_eq!(
            self.entries.len(),
            self.by_identity.len(),
            "an identity for each entry"
        );
        assert_eq!(
            self.entries.len(),
            self.by_expiry.len(),
            "an expiry for each entry"
        );
        assert!(
            self.entries.len() <= self.limits.transactions,
            "count within the limit"
        );
        assert!(self.bytes <= self.limits.bytes, "bytes within the limit");
    }
}

#[cfg(test)]
mod tests;
