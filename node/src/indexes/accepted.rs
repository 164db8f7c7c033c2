//! What became of accepted transactions that are in no block: pending, or dropped and why.
//!
//! ```text
//! accepted into the pool --> pending --> published: forgotten here, since statuses and ledger have it
//!                                    `-> evicted, replaced, expired, without effect: kept as dropped
//! ```
//!
//! Pending entries are bounded by the pool and one block. Dropped ones are kept for [`KEPT_MS`] of the chain's time, but
//! no more than fit into [`DROPPED_BYTES_MAX`]: above that the oldest are forgotten early. Nothing of this is on disk, so
//! a restarted node knows of no dropped transaction.
//!
//! A transaction is known by the first [`PREFIX_LEN`] bytes of its signature. They are part of the point that belongs to
//! the signature's nonce. Whoever uses such a nonce twice makes two of its own transactions agree and confuses only
//! itself; nobody makes one that agrees with another key's. The map hashes the bytes with a seed of the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use isobath_sdk::{Signature, TransactionError};

/// For how long a dropped transaction can be asked about, by the time of the chain: ten minutes.
const KEPT_MS: i64 = 10 * 60 * 1_000;
/// Memory of the dropped transactions.
const DROPPED_BYTES_MAX: usize = 16 << 20;
/// Memory of one of them: its entry in the map, which may be half empty, and in the order of dropping.
const DROPPED_BYTES: usize =
    2 * size_of::<(Prefix, Entry)>() + size_of::<(Prefix, u64, i64)>() + 2 * size_of::<u64>();
/// Number of dropped transactions that are kept.
const DROPPED_MAX: usize = DROPPED_BYTES_MAX / DROPPED_BYTES;

/// Length of the part of a signature that names a transaction here.
const PREFIX_LEN: usize = 16;
type Prefix = [u8; PREFIX_LEN];

/// Why an accepted transaction is in no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The pool was full, and transactions with a higher priority took its room.
    Evicted,
    /// A transaction of the same durable nonce replaced it in the pool, with a higher priority or a newer value of the
    /// nonce.
    Replaced,
    /// No block took it before its blockhash expired.
    Expired,
    /// When its turn came, it could have no effect any more, for this reason.
    NoEffect(TransactionError),
}

/// A transaction that was accepted and then dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DroppedTx {
    /// Why.
    pub reason: DropReason,
    /// Slot of the newest block at that time.
    pub slot: u64,
}

/// What became of an accepted transaction that is in no published block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptedTx {
    /// It waits for its block, or is in the one that is being produced.
    Pending,
    /// It was dropped.
    Dropped(DroppedTx),
}

/// An entry of the map. The number tells a dropped transaction from the same one accepted and dropped again.
#[derive(Clone, Copy)]
enum Entry {
    Pending,
    Dropped { number: u64, dropped: DroppedTx },
}

/// The index.
#[derive(Default)]
pub(crate) struct Accepted(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    entries: HashMap<Prefix, Entry>,
    /// Dropped transactions, oldest first: prefix, number and the time of the chain.
    order: VecDeque<(Prefix, u64, i64)>,
    numbers: u64,
}

impl Accepted {
    /// Enters a transaction that the pool has accepted.
    pub(crate) fn accept(&self, signature: &Signature) {
        self.lock().entries.insert(prefix(signature), Entry::Pending);
    }

    /// Enters transactions that were dropped at the time `now_ms` of the chain; returns how many older ones were
    /// forgotten early.
    pub(crate) fn drop_all(
        &self,
        dropped: impl IntoIterator<Item = (Signature, DroppedTx)>,
        now_ms: i64,
    ) -> u64 {
        let mut inner = self.lock();
        for (signature, dropped) in dropped {
            inner.push(prefix(&signature), dropped, now_ms);
        }
        inner.forget(now_ms)
    }

    /// Forgets transactions that a published block holds.
    pub(crate) fn publish<'a>(&self, signatures: impl IntoIterator<Item = &'a Signature>) {
        let mut inner = self.lock();
        for signature in signatures {
            inner.entries.remove(&prefix(signature));
        }
    }

    /// What became of a transaction, at the time `now_ms` of the chain; `None` if it is unknown or published.
    pub(crate) fn get(&self, signature: &Signature, now_ms: i64) -> Option<AcceptedTx> {
        let mut inner = self.lock();
        inner.forget(now_ms);
        let entry = inner.entries.get(&prefix(signature))?;
        Some(match *entry {
            Entry::Pending => AcceptedTx::Pending,
            Entry::Dropped { dropped, .. } => AcceptedTx::Dropped(dropped),
        })
    }

    // A panic under the lock can only lose an explanation, so a poisoned lock may be used.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, prefix: Prefix, dropped: DroppedTx, now_ms: i64) {
        let number = self.numbers;
        self.numbers = number.wrapping_add(1);
        self.entries.insert(prefix, Entry::Dropped { number, dropped });
        self.order.push_back((prefix, number, now_ms));
    }

    /// Forgets what is too old, and the oldest of what is too much; returns the number of the latter.
    fn forget(&mut self, now_ms: i64) -> u64 {
        let mut early = 0_u64;
        while let Some((prefix, number, dropped_ms)) = self.order.front().copied() {
            let is_old = now_ms.saturating_sub(dropped_ms) > KEPT_MS;
            if !is_old && self.order.len() <= DROPPED_MAX {
                break;
            }
            self.order.pop_front();
            if self.is_entered(&prefix, number) {
                self.entries.remove(&prefix);
                early = early.saturating_add(u64::from(!is_old));
            }
        }
        early
    }

    /// Whether the entry is still that of this drop, and not of a later one.
    fn is_entered(&self, prefix: &Prefix, number: u64) -> bool {
        matches!(self.entries.get(prefix), Some(Entry::Dropped { number: entered, .. }) if *entered == number)
    }
}

const fn prefix(signature: &Signature) -> Prefix {
    *signature
        .0
        .first_chunk()
        .expect("a signature is longer than its prefix")
}

#[cfg(test)]
mod tests;
