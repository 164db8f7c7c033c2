//! The *pending* pool: transactions admitted but not ordered, best first.
//!
//! Order: higher priority first; among equals the earlier arrival. Transactions overtake each other here and nowhere
//! later. The wait is bounded, since an entry leaves no later than its blockhash expires, and it is recorded: an entry
//! carries the height at which it arrived.
//!
//! Invariant: the indexes hold the same entries; identities are unique; count and bytes, of all and of each payer, are
//! within the limits after every call. The pool consists of ordered collections only, so its results depend only on the
//! calls made and are the same on every machine.
//!
//! ```text
//!  entries      (priority descending, arrival) -> entry      next to evict
//!  ready        the ranks not set aside in this block        next to take
//!  by_identity  identity -> rank                             duplicates, look-up
//!  by_expiry    (last height, rank)                          next to expire
//!  payers       payer -> its ranks, their bytes and fees     its share, what it must cover
//!  taken        payer -> what it lost in the open block, as far as known
//! ```
//!
//! An entry that does not fit the rest of a block is *set aside* until the next block, so it is examined once for each
//! block and hides nothing behind it. The fees of what was taken count against its payer until the block is published,
//! since until then the balance that others see is the one from before.
//!
//! Cost, for n entries: insert O(log n), plus O(log n) per eviction; `take` O(log n) per entry examined, at most
//! [`EXAMINED_COUNT_MAX`] per call and each entry once per block; `drop_expired` and `drop_unpayable` O(log n) per entry
//! dropped; `begin_block` O(n) after a block that set something aside.
//!
//! Deliberately absent: the pool knows no balances, signatures or accounts. It does not check that a payer covers its
//! fees, nor that an entry could ever fit a block; the caller asks [`Pending::fees_of`] and
//! [`crate::BudgetLimits::admits`] before inserting. It reads no clock, so entries expire only when the caller drops
//! them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use isobath_sdk::{Hash, Pubkey};
use thiserror::Error;

use crate::budget::{Budget, Cost};

/// Maximum number of entries that one [`Pending::take`] examines, so that whoever holds a lock on the pool holds it
/// for less than a millisecond; it is not tuned.
pub const EXAMINED_COUNT_MAX: usize = 256;

/// Bytes that the pool counts for each account that an entry may write.
const KEY_BYTES: u64 = 32;

/// One pending transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// Priority in micro-lamports per unit of cost, over the whole fee; more is better.
    pub priority: u64,
    /// What it may cost, reserved in the block's budget.
    pub cost_units: u64,
    /// Wire size, charged to the block's budget and, with the keys of `writable`, to the pool's limits.
    pub size_bytes: u64,
    /// The accounts that it may write, each once.
    pub writable: Box<[Pubkey]>,
    /// The account that pays.
    pub payer: Pubkey,
    /// What it pays.
    pub fee_lamports: u64,
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
    /// What it reserves in a block's budget.
    #[must_use]
    pub const fn cost(&self) -> Cost<'_> {
        Cost {
            cost_units: self.cost_units,
            size_bytes: self.size_bytes,
            writable: &self.writable,
        }
    }

    /// What it charges to the limits of the pool.
    #[must_use]
    pub const fn held_bytes(&self) -> u64 {
        let keys = (self.writable.len() as u64).saturating_mul(KEY_BYTES);
        self.size_bytes.saturating_add(keys)
    }

    /// Number of blocks since it arrived, when the newest block has height `height`.
    #[must_use]
    pub const fn waited_blocks(&self, height: u64) -> u64 {
        // An entry may arrive while its builder still works on an older view; that counts as no wait.
        height.saturating_sub(self.arrived_at_height)
    }
}

/// The limits of a pool. With a 0 in any field the pool accepts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// Number of entries.
    pub transactions: usize,
    /// Sum of their sizes, see [`Entry::held_bytes`].
    pub bytes: u64,
    /// Number of entries of one payer.
    pub payer_transactions: usize,
    /// Sum of the sizes of the entries of one payer.
    pub payer_bytes: u64,
}

/// What an accepted entry displaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "account for the evicted entries"]
pub struct Inserted<T> {
    /// Evicted entries of lower priority, the worst first. Usually none or one; a long transaction may displace several
    /// short ones if bytes are the limit.
    pub evicted: Vec<Entry<T>>,
}

/// What [`Pending::take`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a taken entry is in the pool no more"]
pub enum Taken<T> {
    /// The best entry that fits; its cost is reserved.
    Entry(Entry<T>),
    /// As many entries as one call examines do not fit. There are more.
    More,
    /// No entry that is now in the pool goes into this block; one inserted later may.
    Nothing,
}

/// Why an entry was not accepted; the pool is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertError {
    /// An entry of this identity is already pending.
    #[error("the transaction is already pending")]
    Duplicate,
    /// The payer has its share of the pool.
    #[error(
        "the payer has {transactions} pending transactions of {bytes} bytes, \
         and its share is {transactions_max} of {bytes_max} bytes; wait until some of them are in a block"
    )]
    PayerShare {
        /// Pending entries of the payer.
        transactions: usize,
        /// Their size.
        bytes: u64,
        /// The most entries of one payer.
        transactions_max: usize,
        /// Their largest size.
        bytes_max: u64,
    },
    /// The pool is full, and the entry does not outbid an entry that would have to be evicted.
    #[error(
        "the pending pool is full; a priority above {lowest_priority} micro-lamports per unit of cost is required"
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

/// The entries of one payer.
#[derive(Clone, Debug, Default)]
struct OfPayer {
    ranks: BTreeSet<Rank>,
    bytes: u64,
    /// Wider than a balance, so that the sum of any fees fits.
    fees: u128,
}

impl OfPayer {
    fn fees(&self) -> u64 {
        u64::try_from(self.fees).unwrap_or(u64::MAX)
    }
}

/// The pending pool.
#[derive(Clone, Debug)]
pub struct Pending<T> {
    limits: PendingLimits,
    entries: BTreeMap<Rank, Entry<T>>,
    ready: BTreeSet<Rank>,
    by_identity: BTreeMap<Hash, Rank>,
    by_expiry: BTreeSet<(u64, Rank)>,
    payers: BTreeMap<Pubkey, OfPayer>,
    taken: BTreeMap<Pubkey, u64>,
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
            ready: BTreeSet::new(),
            by_identity: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            payers: BTreeMap::new(),
            taken: BTreeMap::new(),
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

    /// What a payer owes already: the fees of its pending entries and of those taken for blocks that are not published
    /// yet, or what it is known to have lost there, in lamports, saturated. O(log n).
    #[must_use]
    pub fn fees_of(&self, payer: &Pubkey) -> u64 {
        let pending = self.payers.get(payer).map_or(0, OfPayer::fees);
        let taken = self.taken.get(payer).copied().unwrap_or(0);
        pending.saturating_add(taken)
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
    /// - [`InsertError::PayerShare`]: its payer has no room left.
    /// - [`InsertError::Full`]: it does not outbid an entry that would have to be evicted.
    pub fn insert(&mut self, entry: Entry<T>) -> Result<Inserted<T>, InsertError> {
        if self.contains(&entry.identity) {
            return Err(InsertError::Duplicate);
        }
        self.require_possible(&entry)?;
        self.require_share(&entry)?;
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

    /// Removes the best entry that fits the budget, and reserves its cost.
    ///
    /// Entries that do not fit stay in the pool and are set aside until [`Pending::begin_block`].
    pub fn take(&mut self, budget: &mut Budget) -> Taken<T> {
        if budget.is_exhausted() {
            return Taken::Nothing;
        }
        for _ in 0..EXAMINED_COUNT_MAX {
            let Some(&rank) = self.ready.first() else {
                return Taken::Nothing;
            };
            let entry = self.entries.get(&rank).expect("ready ranks have entries");
            if budget.try_reserve(entry.cost()).is_ok() {
                let entry = self.remove_rank(rank);
                let taken = self.taken.entry(entry.payer).or_insert(0);
                *taken = taken.saturating_add(entry.fee_lamports);
                return Taken::Entry(entry);
            }
            self.ready.remove(&rank);
        }
        Taken::More
    }

    /// Offers all entries again, those that were set aside too. Call it when a block is opened.
    pub fn begin_block(&mut self) {
        if self.ready.len() != self.entries.len() {
            self.ready = self.entries.keys().copied().collect();
        }
    }

    /// Notes that a payer has lost so many lamports in the open block, the fees of what was taken among them. Others see
    /// its balance from before the block.
    pub fn note_lost(&mut self, payer: &Pubkey, lamports: u64) {
        let lost = self.taken.entry(*payer).or_insert(0);
        *lost = (*lost).max(lamports);
    }

    /// Forgets the fees of what was taken, and what was lost. Call it when the block that holds it is about to be published.
    pub fn forget_taken(&mut self) {
        self.taken.clear();
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

    /// Removes the worst entries of a payer until it covers the fees of the others, the worst first.
    pub fn drop_unpayable(&mut self, payer: &Pubkey, covers: impl Fn(u64) -> bool) -> Vec<Entry<T>> {
        let mut unpayable = Vec::new();
        while let Some(of_payer) = self.payers.get(payer)
            && !covers(of_payer.fees())
        {
            let worst = of_payer
                .ranks
                .last()
                .expect("a payer without entries is forgotten");
            unpayable.push(self.remove_rank(*worst));
        }
        unpayable
    }

    /// Removes the entry of this identity, if it is pending. O(log n).
    pub fn remove(&mut self, identity: &Hash) -> Option<Entry<T>> {
        let rank = *self.by_identity.get(identity)?;
        Some(self.remove_rank(rank))
    }

    /// Whether an empty pool holds the entry.
    const fn require_possible(&self, newcomer: &Entry<T>) -> Result<(), InsertError> {
        let limits = &self.limits;
        let bytes = newcomer.held_bytes();
        if limits.transactions == 0
            || limits.payer_transactions == 0
            || bytes > limits.bytes
            || bytes > limits.payer_bytes
        {
            return Err(InsertError::TooLarge);
        }
        Ok(())
    }

    /// Whether the payer of the entry has room for it in its share.
    fn require_share(&self, newcomer: &Entry<T>) -> Result<(), InsertError> {
        let Some(of_payer) = self.payers.get(&newcomer.payer) else {
            return Ok(());
        };
        let limits = &self.limits;
        let bytes = of_payer.bytes.saturating_add(newcomer.held_bytes());
        if of_payer.ranks.len() < limits.payer_transactions && bytes <= limits.payer_bytes {
            return Ok(());
        }
        Err(InsertError::PayerShare {
            transactions: of_payer.ranks.len(),
            bytes: of_payer.bytes,
            transactions_max: limits.payer_transactions,
            bytes_max: limits.payer_bytes,
        })
    }

    /// Number of the worst entries to evict for `newcomer`, which fits an empty pool, to fit. Changes nothing.
    fn evictions_for(&self, newcomer: &Entry<T>) -> Result<usize, InsertError> {
        let mut count = self.len();
        let mut bytes = self.bytes;
        let mut worst_first = self.entries.values().rev();
        while count >= self.limits.transactions
            || bytes > self.limits.bytes.saturating_sub(newcomer.held_bytes())
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
            bytes = bytes.saturating_sub(worst.held_bytes());
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
        let within = "the sum is within the limit of the pool";
        self.bytes = self.bytes.checked_add(entry.held_bytes()).expect(within);
        let of_payer = self.payers.entry(entry.payer).or_default();
        of_payer.ranks.insert(rank);
        of_payer.bytes = of_payer.bytes.checked_add(entry.held_bytes()).expect(within);
        of_payer.fees = of_payer.fees.saturating_add(u128::from(entry.fee_lamports));
        self.by_expiry.insert((entry.expires_at_height, rank));
        self.by_identity.insert(entry.identity, rank);
        self.ready.insert(rank);
        self.entries.insert(rank, entry);
        self.assert_consistent();
    }

    /// Removes an entry from every index.
    fn remove_rank(&mut self, rank: Rank) -> Entry<T> {
        let entry = self
            .entries
            .remove(&rank)
            .expect("ranks come from the indexes, which hold the same entries");
        self.ready.remove(&rank);
        self.by_identity.remove(&entry.identity);
        self.by_expiry.remove(&(entry.expires_at_height, rank));
        self.remove_from_payer(rank, &entry);
        let bytes = self.bytes.checked_sub(entry.held_bytes());
        self.bytes = bytes.expect("the sum counts every entry");
        self.assert_consistent();
        entry
    }

    fn remove_from_payer(&mut self, rank: Rank, entry: &Entry<T>) {
        let of_payer = self.payers.get_mut(&entry.payer);
        let of_payer = of_payer.expect("the payer of an entry is known");
        of_payer.ranks.remove(&rank);
        if of_payer.ranks.is_empty() {
            self.payers.remove(&entry.payer);
            return;
        }
        let counted = "the sums of a payer count each of its entries";
        of_payer.bytes = of_payer.bytes.checked_sub(entry.held_bytes()).expect(counted);
        of_payer.fees = of_payer.fees.saturating_sub(u128::from(entry.fee_lamports));
    }

    /// The part of the invariant that is cheap to check.
    fn assert_consistent(&self) {
        let len = self.entries.len();
        assert_eq!(len, self.by_identity.len(), "each entry has an identity");
        assert_eq!(len, self.by_expiry.len(), "each entry has an expiry");
        assert!(self.ready.len() <= len, "each ready rank has an entry");
        assert!(self.payers.len() <= len, "each payer has an entry");
        assert!(len <= self.limits.transactions, "the count is within the limit");
        assert!(self.bytes <= self.limits.bytes, "the bytes are within the limit");
    }
}

#[cfg(test)]
mod tests;
