//! Which transactions use an address: a bounded index of the newest history, for getSignaturesForAddress.
//!
//! ```text
//! transactions:  ring, oldest first    signature, position, time, error
//! postings:      ring, oldest first    one for each key of each transaction; links to the previous one of that key
//! heads:         address -> newest posting
//! ```
//!
//! Postings and transactions are numbered from the start of the process and never renumbered, so a reader may release
//! the lock of the index in the middle of a chain and continue later. When there are more postings than the limit, the
//! oldest transactions are forgotten; a chain ends where it leads out of the ring.
//!
//! Invariants: a head exists exactly for the addresses with a posting in the ring; chains lead from newer to older.
//!
//! Cost: O(1) for each key of a transaction; about 120 bytes for each posting when full. It is rebuilt from the ledger
//! on open; readers skip entries newer than their view.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

use hashbrown::HashTable;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::header::Header;
use isobath_sdk::{Signature, TransactionError};

use crate::view::effective::EffectiveTx;

/// No posting.
const NONE: u64 = u64::MAX;

/// A transaction that uses an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressEntry {
    /// Its first signature.
    pub signature: Signature,
    /// Slot of its block.
    pub slot: u64,
    /// Index in its block, counting every transaction of the block.
    pub index: u32,
    /// Time of its block in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// `None` when it succeeded.
    pub error: Option<TransactionError>,
}

impl AddressEntry {
    /// Its position in the chain: slot and index.
    #[must_use]
    pub const fn position(&self) -> (u64, u32) {
        (self.slot, self.index)
    }
}

/// Which transactions of an address to return. A position is the slot and the index in the block.
#[derive(Clone, Copy, Debug)]
pub struct AddressQuery {
    /// Only blocks from this slot on.
    pub slot_min: u64,
    /// Only blocks up to this slot.
    pub slot_max: u64,
    /// Only transactions before this position.
    pub before: Option<(u64, u32)>,
    /// Only transactions after this position.
    pub after: Option<(u64, u32)>,
    /// Maximum number of transactions.
    pub count_max: usize,
}

struct Posting {
    hash: u64,
    /// The previous posting of the same address.
    previous: u64,
    transaction: u64,
}

struct Head {
    address: Pubkey,
    posting: u64,
}

/// The index.
pub(crate) struct AddressIndex {
    seed: RandomState,
    postings_max: usize,
    heads: HashTable<Head>,
    postings: VecDeque<Posting>,
    first_posting: u64,
    transactions: VecDeque<AddressEntry>,
    first_transaction: u64,
}

impl AddressIndex {
    /// An empty index of at most `postings_max` postings.
    pub(crate) fn new(postings_max: usize) -> Self {
        Self {
            seed: RandomState::new(),
            postings_max,
            heads: HashTable::new(),
            postings: VecDeque::new(),
            first_posting: 0,
            transactions: VecDeque::new(),
            first_transaction: 0,
        }
    }

    /// Adds the effective transactions of a block; blocks come in order.
    pub(crate) fn push<T>(&mut self, header: &Header, effective: &[EffectiveTx<'_, T>]) {
        for tx in effective {
            let transaction = self
                .first_transaction
                .saturating_add(self.transactions.len() as u64);
            self.transactions.push_back(AddressEntry {
                signature: tx.view.signature(0),
                slot: header.slot,
                index: tx.index,
                timestamp_ms: header.timestamp_ms,
                error: tx.execution.outcome.error,
            });
            for key in tx.keys() {
                self.push_posting(key, transaction);
            }
            while self.postings.len() > self.postings_max {
                self.forget_oldest();
            }
        }
    }

    fn push_posting(&mut self, address: Pubkey, transaction: u64) {
        let posting = self.first_posting.saturating_add(self.postings.len() as u64);
        let hash = self.seed.hash_one(address);
        let seed = &self.seed;
        let rehash = |head: &Head| seed.hash_one(head.address);
        let previous = match self.heads.find_mut(hash, |head| head.address == address) {
            Some(head) => std::mem::replace(&mut head.posting, posting),
            None => {
                self.heads.insert_unique(hash, Head { address, posting }, rehash);
                NONE
            }
        };
        self.postings.push_back(Posting {
            hash,
            previous,
            transaction,
        });
    }

    fn forget_oldest(&mut self) {
        if self.transactions.pop_front().is_none() {
            return;
        }
        let gone = self.first_transaction;
        self.first_transaction = gone.saturating_add(1);
        while self
            .postings
            .front()
            .is_some_and(|posting| posting.transaction == gone)
        {
            let Some(posting) = self.postings.pop_front() else {
                return;
            };
            let number = self.first_posting;
            self.first_posting = number.saturating_add(1);
            if let Ok(head) = self.heads.find_entry(posting.hash, |head| head.posting == number) {
                head.remove();
            }
        }
    }

    /// The newest posting of an address.
    pub(crate) fn newest(&self, address: &Pubkey) -> Option<u64> {
        let hash = self.seed.hash_one(address);
        let head = self.heads.find(hash, |head| head.address == *address);
        head.map(|head| head.posting)
    }

    /// Visits at most `count_max` transactions from a posting on, newest first, until the visitor breaks. Returns the
    /// posting to continue from; `None` if the chain ended or the visitor broke.
    pub(crate) fn walk(
        &self,
        from: u64,
        count_max: usize,
        visit: &mut dyn FnMut(&AddressEntry) -> ControlFlow<()>,
    ) -> Option<u64> {
        let mut at = from;
        for _ in 0..count_max {
            let posting = get(&self.postings, self.first_posting, at)?;
            let entry = get(&self.transactions, self.first_transaction, posting.transaction)?;
            if visit(entry).is_break() {
                return None;
            }
            at = posting.previous;
        }
        Some(at)
    }
}

/// The element with a number, unless it was forgotten.
fn get<T>(ring: &VecDeque<T>, first: u64, number: u64) -> Option<&T> {
    let offset = usize::try_from(number.checked_sub(first)?).ok()?;
    ring.get(offset)
}

#[cfg(test)]
mod tests;
