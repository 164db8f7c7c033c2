//! The *pending* pool: transactions admitted but not ordered, best first, and what blocks have taken of them that
//! readers do not see yet.
//!
//! Order: that of a policy ([`PendingOrder`]), by default higher priority first; among equals the earlier arrival.
//! Transactions overtake each other here and nowhere later. The wait is bounded, since an entry leaves no later than its
//! blockhash expires, and it is recorded: an entry carries the height at which it arrived.
//!
//! Invariant: the indexes hold the same entries; identities are unique; a nonce account has at most one entry; count and
//! bytes, of all and of each payer, are within the limits after every call. No result depends on the order of a hash
//! table, so results depend only on the calls made and are the same on every machine.
//!
//! ```text
//!  slots        slot -> entry; chains by last height        next to expire
//!  order        key of the policy -> chain by arrival       next to take, next to evict
//!  identities   identity -> slot, or taken                  duplicates, look-up
//!  payers       payer -> its ranks, bytes and fees, and what it owes for each block
//!  nonces       nonce account -> slot, or taken
//! ```
//!
//! The tables hold numbers of slots and payers beside the hash of their key. An entry carries both, so that each table is
//! searched once when it comes, and by number when it leaves.
//!
//! An entry that does not fit the rest of a block is *set aside* until the next block, so it is examined once for each
//! block and hides nothing behind it.
//!
//! What was taken is remembered, with its block, until [`Pending::forget_taken`], which is called once readers see that
//! block. At most two blocks are remembered at once: one is open and takes transactions while the one before has ended and
//! is not published yet. Until then a repeated transaction is recognized, a nonce that was used is refused, and the fees
//! count against their payer for whoever judges it by a view before their block. An entry that was judged by a view before
//! the newest block that is forgotten is refused as outdated, so there is no moment in which a payer has its old balance
//! and no debts.
//!
//! Cost, for n entries: insert O(log n), plus O(log n) per eviction, and O(1) where few priorities and few entries of a
//! payer are pending; `take` likewise per entry examined, at most
//! [`EXAMINED_COUNT_MAX`] per call and each entry once per block; `drop_expired`, `drop_unpayable` and `forget_taken`
//! O(log n) for each of at most [`DROPPED_COUNT_MAX`]; `begin_block` O(1) for each entry that arrived after the block
//! before had passed its rank, and was not taken.
//!
//! Deliberately absent: the pool knows no balances, signatures or accounts. It does not check that an entry could ever
//! fit a block; the caller asks [`crate::BudgetLimits::admits`] before inserting. It reads no clock, so entries expire
//! only when the caller drops them.

mod answers;
mod generations;
mod identities;
mod levels;
mod nonces;
mod order;
mod payers;
mod policy;
mod rank;
mod slots;
mod taken;

use isobath_sdk::{Hash, Pubkey};

pub use self::answers::{InsertError, Inserted, PendingLimits, Taken};
use self::generations::Heights;
use self::identities::{Identities, Known};
use self::nonces::{Nonces, Use};
use self::order::Order;
use self::payers::{OfPayer, Payers};
use self::policy::Candidate;
pub use self::policy::PendingOrder;
use self::rank::Rank;
use self::slots::{Handles, Slots};
use crate::entry::Entry;

/// Maximum number of entries that one [`Pending::take`] examines, so that whoever holds a lock on the pool holds it
/// for less than a millisecond; it is not tuned.
pub const EXAMINED_COUNT_MAX: usize = 256;

/// Maximum number of entries that one call drops or forgets, for the same reason. Not tuned either.
pub const DROPPED_COUNT_MAX: usize = 256;

/// By which part of its priority an entry that replaces another one of the same nonce must exceed that, so that few
/// replacements lead from the lowest priority to the highest.
const REPLACEMENT_MARGIN_DIVISOR: u64 = 8;

/// The pending pool.
#[derive(Clone, Debug)]
pub struct Pending<T> {
    limits: PendingLimits,
    policy: PendingOrder,
    /// The greatest key that was taken.
    taken_key: u64,
    slots: Slots<T>,
    order: Order,
    /// What is pending and what was taken.
    identities: Identities<T>,
    payers: Payers,
    nonces: Nonces,
    /// Sum of the sizes of all entries.
    bytes: u64,
    /// Number of entries ever accepted: the arrival number of the next.
    arrivals: u64,
    heights: Heights,
}

impl<T: Clone> Pending<T> {
    /// An empty pool in the order of priority.
    #[must_use]
    pub fn new(limits: PendingLimits) -> Self {
        Self::in_order(limits, PendingOrder::Priority)
    }

    /// An empty pool.
    #[must_use]
    pub fn in_order(limits: PendingLimits, order: PendingOrder) -> Self {
        Self {
            limits,
            policy: order,
            taken_key: 0,
            slots: Slots::new(),
            order: Order::new(),
            identities: Identities::new(),
            payers: Payers::default(),
            nonces: Nonces::default(),
            bytes: 0,
            arrivals: 0,
            heights: Heights::default(),
        }
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether nothing is pending.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sum of the sizes of all entries.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The payload of the transaction of this identity that is pending, or was taken for a block that is not
    /// forgotten. O(1).
    #[must_use]
    pub fn get(&self, identity: &Hash) -> Option<&T> {
        let hash = self.identities.hash(identity);
        Some(match self.known(hash, identity)? {
            Known::Pending(slot) => &self.slots.entry(slot).payload,
            Known::Taken(generation, position) => self.identities.payload(generation, position),
        })
    }

    fn known(&self, hash: u64, identity: &Hash) -> Option<Known> {
        let identity_in = |slot| &self.slots.entry(slot).identity;
        self.identities.get(hash, identity, identity_in)
    }

    /// The entries, best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry<T>> + ExactSizeIterator + '_ {
        self.order.iter().map(|rank| self.slots.entry(rank.slot))
    }

    /// Adds an entry after all others of its priority, if its payer `covers` the given sum of its fee and of what it
    /// owes. Replaces the entry of the same nonce, and evicts the worst entries if the pool would exceed its limits.
    ///
    /// Only entries of strictly lower priority, or of a strictly later key in another order, are evicted, the last first;
    /// if that does not make enough room, nothing is evicted and the new entry is rejected. An entry of the same nonce is
    /// replaced by one whose priority is an eighth higher and more, or if it uses another value of the nonce, which the
    /// newer view does not have any more.
    ///
    /// # Errors
    ///
    /// - [`InsertError::Duplicate`]: an entry of this identity is pending or was taken, whatever its other fields.
    /// - [`InsertError::TooLarge`]: it does not fit an empty pool.
    /// - [`InsertError::Outdated`]: it was judged by a view before the newest block that is forgotten.
    /// - [`InsertError::NoncePending`], [`InsertError::NonceTaken`]: its nonce is in use.
    /// - [`InsertError::PayerShare`]: its payer has no room left.
    /// - [`InsertError::Unpayable`]: its payer does not cover the sum.
    /// - [`InsertError::Full`]: it does not outbid an entry that would have to be evicted; [`InsertError::NoRoom`] in an
    ///   order that is not by priority.
    pub fn insert(
        &mut self,
        entry: Entry<T>,
        covers: impl FnOnce(u64) -> bool,
    ) -> Result<Inserted<T>, InsertError> {
        let identity_hash = self.identities.hash(&entry.identity);
        if self.known(identity_hash, &entry.identity).is_some() {
            return Err(InsertError::Duplicate);
        }
        self.require_possible(&entry)?;
        if entry.arrived_at_height < self.heights.forgotten {
            return Err(InsertError::Outdated);
        }
        let replaced = self.replaced_by(&entry)?;
        let payer_hash = self.payers.hash(&entry.payer);
        let payer = self.payers.find(payer_hash, &entry.payer);
        let of_payer = payer.map(|payer| self.payers.of(payer));
        self.require_payer(&entry, of_payer, replaced, covers)?;
        let key = self.key_for(&entry, of_payer, replaced);
        let worst = self.evictions_for(&entry, key, replaced)?;
        let inserted = Inserted {
            replaced: replaced.map(|slot| self.remove_slot(slot)),
            evicted: worst.into_iter().map(|slot| self.remove_slot(slot)).collect(),
        };
        // Not earlier: what is displaced may be all that its payer had.
        let payer = self.payers.find_or_create(payer_hash, entry.payer);
        self.append(entry, key, Handles { identity_hash, payer });
        Ok(inserted)
    }

    /// Removes entries that the block of `height`, the next to be built, cannot hold any more, at most
    /// [`DROPPED_COUNT_MAX`]. Call it until it returns none.
    ///
    /// They are returned in the order of their last heights, and the latest arrival first among those of one height.
    pub fn drop_expired(&mut self, height: u64) -> Vec<Entry<T>> {
        let mut expired = Vec::new();
        while expired.len() < DROPPED_COUNT_MAX
            && let Some(slot) = self.slots.next_expired(height)
        {
            expired.push(self.remove_slot(slot));
        }
        expired
    }

    /// Removes the worst entries of a payer until it covers the fees of the others, the worst first, at most
    /// [`DROPPED_COUNT_MAX`]. Call it until it returns none.
    pub fn drop_unpayable(&mut self, payer: &Pubkey, covers: impl Fn(u64) -> bool) -> Vec<Entry<T>> {
        let mut unpayable = Vec::new();
        while unpayable.len() < DROPPED_COUNT_MAX
            && let Some(of_payer) = self.payers.get(payer)
            && let Some(worst) = of_payer.worst()
            && !covers(of_payer.fees())
        {
            unpayable.push(self.remove_slot(worst.slot));
        }
        unpayable
    }

    /// Removes the entry of this identity, if it is pending. O(log n).
    pub fn remove(&mut self, identity: &Hash) -> Option<Entry<T>> {
        let hash = self.identities.hash(identity);
        match self.known(hash, identity)? {
            Known::Pending(slot) => Some(self.remove_slot(slot)),
            Known::Taken(..) => None,
        }
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

    /// The slot of the entry whose nonce the newcomer uses and that it may replace.
    fn replaced_by(&self, newcomer: &Entry<T>) -> Result<Option<u32>, InsertError> {
        let Some(nonce) = newcomer.nonce.as_deref() else {
            return Ok(None);
        };
        let slot = match self.nonces.get(&nonce.account) {
            None => return Ok(None),
            Some(Use::Taken) => return Err(InsertError::NonceTaken),
            Some(Use::Pending(slot)) => slot,
        };
        let other = self.slots.entry(slot);
        let margin = other.priority / REPLACEMENT_MARGIN_DIVISOR;
        let outbid_priority = other.priority.saturating_add(margin);
        let has_other_value = other
            .nonce
            .as_deref()
            .is_some_and(|other| other.value != nonce.value);
        match has_other_value {
            true if other.arrived_at_height > newcomer.arrived_at_height => Err(InsertError::Outdated),
            true => Ok(Some(slot)),
            false if newcomer.priority > outbid_priority => Ok(Some(slot)),
            false => Err(InsertError::NoncePending { outbid_priority }),
        }
    }

    /// Whether the payer of the entry has room for it in its share, and covers its fee.
    fn require_payer(
        &self,
        newcomer: &Entry<T>,
        of_payer: Option<&OfPayer>,
        replaced: Option<u32>,
        covers: impl FnOnce(u64) -> bool,
    ) -> Result<(), InsertError> {
        let (mut transactions, mut bytes, mut owed_lamports) = (0, 0, 0);
        if let Some(of_payer) = of_payer {
            (transactions, bytes) = (of_payer.count(), of_payer.bytes);
            owed_lamports = self.owed(of_payer, newcomer.arrived_at_height);
        }
        let replaced = replaced.map(|slot| self.slots.entry(slot));
        if let Some(own) = replaced.filter(|replaced| replaced.payer == newcomer.payer) {
            transactions = transactions.saturating_sub(1);
            bytes = bytes.saturating_sub(own.held_bytes());
            owed_lamports = owed_lamports.saturating_sub(own.fee_lamports);
        }
        let (limits, sum) = (&self.limits, bytes.saturating_add(newcomer.held_bytes()));
        if transactions >= limits.payer_transactions || sum > limits.payer_bytes {
            return Err(InsertError::PayerShare {
                transactions,
                bytes,
                transactions_max: limits.payer_transactions,
                bytes_max: limits.payer_bytes,
            });
        }
        match covers(owed_lamports.saturating_add(newcomer.fee_lamports)) {
            true => Ok(()),
            false => Err(InsertError::Unpayable { owed_lamports }),
        }
    }

    /// The key of a newcomer.
    fn key_for(&self, newcomer: &Entry<T>, of_payer: Option<&OfPayer>, replaced: Option<u32>) -> u64 {
        let last = of_payer.and_then(|of_payer| of_payer.worst_but(replaced));
        self.policy.policy().key(Candidate {
            priority: newcomer.priority,
            payer_last: last.map(|rank| rank.key),
            taken: self.taken_key,
        })
    }

    /// The worst entries, without the `replaced` one, to evict for `newcomer`, which fits an empty pool, to fit.
    fn evictions_for(
        &self,
        newcomer: &Entry<T>,
        key: u64,
        replaced: Option<u32>,
    ) -> Result<Vec<u32>, InsertError> {
        let mut evicted = Vec::new();
        let (mut count, mut bytes) = (self.len(), self.bytes);
        if let Some(slot) = replaced {
            count = count.saturating_sub(1);
            bytes = bytes.saturating_sub(self.slots.entry(slot).held_bytes());
        }
        let mut worst_first = self.order.iter().rev().filter(|rank| Some(rank.slot) != replaced);
        while count >= self.limits.transactions
            || bytes > self.limits.bytes.saturating_sub(newcomer.held_bytes())
        {
            let worst = worst_first.next();
            let worst = worst.expect("the new entry alone fits an empty pool");
            let entry = self.slots.entry(worst.slot);
            if worst.key <= key {
                return Err(match self.policy {
                    PendingOrder::Priority => InsertError::Full {
                        lowest_priority: entry.priority,
                    },
                    PendingOrder::Arrival | PendingOrder::Fair => InsertError::NoRoom,
                });
            }
            evicted.push(worst.slot);
            count = count.saturating_sub(1);
            bytes = bytes.saturating_sub(entry.held_bytes());
        }
        Ok(evicted)
    }

    /// Adds an entry to every index. The caller has checked that there is room and that its identity is new.
    fn append(&mut self, entry: Entry<T>, key: u64, handles: Handles) {
        let arrival = self.arrivals;
        let next = arrival.checked_add(1);
        self.arrivals = next.expect("2^64 transactions never arrive");
        let bytes = entry.held_bytes();
        let sum = self.bytes.checked_add(bytes);
        self.bytes = sum.expect("the sum is within the limit of the pool");
        let fee_lamports = entry.fee_lamports;
        let nonce = entry.nonce.as_deref().map(|nonce| nonce.account);
        let rank = self.slots.insert(entry, key, arrival, handles);
        self.order.insert(rank);
        self.payers.add(handles.payer, rank, bytes, fee_lamports);
        self.identities.add(handles.identity_hash, rank.slot);
        if let Some(account) = nonce {
            self.nonces.add(account, rank.slot);
        }
        self.assert_consistent();
    }

    /// Removes an entry from every index.
    fn remove_slot(&mut self, slot: u32) -> Entry<T> {
        self.identities
            .remove(self.slots.handles(slot).identity_hash, slot);
        let entry = self.leave(slot);
        if let Some(nonce) = &entry.nonce {
            self.nonces.remove(&nonce.account);
        }
        self.assert_consistent();
        entry
    }

    /// Removes an entry from its slot, the order and its payer.
    fn leave(&mut self, slot: u32) -> Entry<T> {
        let (rank, handles): (Rank, Handles) = (self.slots.rank(slot), self.slots.handles(slot));
        let entry = self.slots.remove(slot);
        let bytes = entry.held_bytes();
        self.order.remove(rank);
        self.payers.remove(handles.payer, rank, bytes, entry.fee_lamports);
        let rest = self.bytes.checked_sub(bytes);
        self.bytes = rest.expect("the sum counts every entry");
        entry
    }

    /// The part of the invariant that is cheap to check.
    fn assert_consistent(&self) {
        let (len, limits) = (self.len(), &self.limits);
        let taken = self.identities.taken_lens();
        let all = taken.into_iter().fold(len, usize::saturating_add);
        assert!(
            self.identities.len() == all,
            "each identity is pending or taken once"
        );
        let debtors_max = limits.taken.saturating_mul(2);
        assert!(
            self.payers.len() <= len.saturating_add(debtors_max),
            "each payer has an entry or owes something"
        );
        assert!(len <= limits.transactions, "the count is within the limit");
        assert!(self.bytes <= limits.bytes, "the bytes are within the limit");
        assert!(
            taken.iter().all(|taken| *taken <= limits.taken),
            "what was taken for each block is within the limit"
        );
    }
}

#[cfg(test)]
mod tests;
