//! The *pending* pool: transactions admitted but not ordered, best first.
//!
//! Order: higher priority first; among equals the earlier arrival. Transactions overtake each other here and nowhere
//! later. The wait is bounded, since an entry leaves no later than its blockhash expires, and it is recorded: an entry
//! carries the height at which it arrived.
//!
//! Invariant: the three indexes hold the same entries; identities are unique; count and bytes are within the limits
//! after every call. The pool consists of ordered collections only, so its results depend only on the calls made and
//! are the same on every machine.
//!
//! ```text
//!  entries      (priority descending, arrival) -> entry      next to take, next to evict
//!  by_identity  identity -> rank                             duplicates, look-up
//!  by_expiry    (last height, rank)                          next to expire
//! ```
//!
//! Cost, for n entries: insert O(log n), plus O(log n) per eviction; `take` O(log n) plus at most [`SKIPPED_COUNT_MAX`]
//! entries skipped; `drop_expired` O(log n) per entry dropped.
//!
//! Deliberately absent: the pool knows no fees, signatures or accounts. It does not check that an entry could ever fit
//! a block; the caller calls [`crate::BudgetLimits::admits`] before inserting. It reads no clock, so entries expire
//! only when the caller drops them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use isobath_sdk::Hash;
use thiserror::Error;

use crate::{Budget, Cost};

/// Maximum number of better entries that [`Pending::take`] skips before it gives up for this block.
///
/// It bounds the work of a call if the head of the pool does not fit the rest of a block; it is not tuned. Skipped
/// entries stay at the head of the pool for the empty budget of the next block.
pub const SKIPPED_COUNT_MAX: usize = 64;

/// One pending transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// Priority in micro-lamports per compute unit, over the whole fee; more is better.
    pub priority: u64,
    /// Compute units that it may use, charged to the block's budget.
    pub compute_units: u64,
    /// Wire size, charged to the pool's limit and to the block's budget.
    pub size_bytes: u64,
    /// Height of the newest block when it arrived.
    pub arrived_at_height: u64,
    /// Height of the last block that can hold it.
    pub expires_at_height: u64,
    /// The message hash, by which duplicates are recognized.
    pub identity: Hash,
    /// Data for the caller.
    pub payload: T,
}

impl<T> Entry<T> {
    /// What it charges to a block's budget.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        Cost {
            compute_units: self.compute_units,
            size_bytes: self.size_bytes,
        }
    }

    /// Number of blocks since it arrived, when the newest block has height `height`.
    #[must_use]
    pub const fn waited_blocks(&self, height: u64) -> u64 {
        // An entry may arrive while its builder still works on an older view; that counts as no wait.
        height.saturating_sub(self.arrived_at_height)
    }
}

/// The limits of a pool. With a 0 in either field the pool accepts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// Number of entries.
    pub transactions: usize,
    /// Sum of their wire sizes.
    pub bytes: u64,
}

/// What an accepted entry displaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "account for the evicted entries"]
pub struct Inserted<T> {
    /// Evicted entries of lower priority, the worst first. Usually none or one; a long transaction may displace several
    /// short ones if bytes are the limit.
    pub evicted: Vec<Entry<T>>,
}

/// Why an entry was not accepted; the pool is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertError {
    /// An entry of this identity is already pending.
    #[error("the transaction is already pending")]
    Duplicate,
    /// The pool is full, and the entry does not outbid an entry that would have to be evicted.
    #[error(
        "the pending pool is full; a priority above {lowest_priority} micro-lamports per compute unit is required"
    )]
    Full {
        /// The priority to outbid; an equal one is not enough, since the earlier arrival comes first.
        lowest_priority: u64,
    },
    /// The entry alone exceeds the limits of the pool.
    #[error("the transaction exceeds the capacity of the pending pool")]
    TooLarge,
}

/// Order in the pool: ascending order is best first.
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
    /// Number of entries ever accepted: the arrival number of the next.
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

    /// Adds an entry after all others of its priority, and evicts the worst entries if the pool would exceed its
    /// limits.
    ///
    /// Only entries of strictly lower priority are evicted, the lowest first and the latest arrival first among equals;
    /// if that does not make enough room, nothing is evicted and the new entry is rejected.
    ///
    /// # Errors
    ///
    /// - [`InsertError::Duplicate`]: an entry of this identity is pending, whatever its other fields.
    /// - [`InsertError::TooLarge`]: it does not fit an empty pool.
    /// - [`InsertError::Full`]: it does not outbid an entry that would have to be evicted.
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

    /// Removes the best entry that fits the budget, and charges the budget.
    ///
    /// Entries that do not fit stay in the pool; after [`SKIPPED_COUNT_MAX`] of them the result is `None`. `None` means
    /// that no entry now in the pool goes into this block; one inserted later may fit.
    pub fn take(&mut self, budget: &mut Budget) -> Option<Entry<T>> {
        if budget.is_exhausted() {
            return None;
        }
        // Charge the first entry that fits: a failed charge changes nothing.
        let candidates = self.entries.iter().take(SKIPPED_COUNT_MAX.saturating_add(1));
        let (&rank, _) = candidates
            .into_iter()
            .find(|(_, entry)| budget.try_charge(entry.cost()))?;
        Some(self.remove_rank(rank))
    }

    /// Removes the entries that the block of `height`, the next to be built, cannot hold any more.
    ///
    /// They are returned in the order of their last heights, and best first among those of one height.
    pub fn drop_expired(&mut self, height: u64) -> Vec<Entry<T>> {
        let mut expired = Vec::new();
        while let Some(&(last_height, rank)) = self.by_expiry.first()
            && last_height < height
        {
            expired.push(self.remove_rank(rank));
        }
        expired
    }

    /// Removes the entry of this identity, if it is pending. O(log n).
    pub fn remove(&mut self, identity: &Hash) -> Option<Entry<T>> {
        let rank = *self.by_identity.get(identity)?;
        Some(self.remove_rank(rank))
    }

    /// Number of the worst entries to evict for `newcomer` to fit. Changes nothing.
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
            let worst = worst_first
                .next()
                .expect("the new entry alone fits an empty pool");
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

    /// Adds an entry to every index. The caller has checked that there is room and that its identity is new.
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

    /// Removes an entry from every index.
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

    /// The part of the invariant that is cheap to check.
    fn assert_consistent(&self) {
        assert_eq!(
            self.entries.len(),
            self.by_identity.len(),
            "each entry has an identity"
        );
        assert_eq!(
            self.entries.len(),
            self.by_expiry.len(),
            "each entry has an expiry"
        );
        assert!(
            self.entries.len() <= self.limits.transactions,
            "the count is within the limit"
        );
        assert!(self.bytes <= self.limits.bytes, "the bytes are within the limit");
    }
}

#[cfg(test)]
mod tests;
