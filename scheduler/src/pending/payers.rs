//! What each payer has in the pool and owes in the open block.
//!
//! Invariant: a payer is known while it has an entry or owes something. Those that owe are listed, so there are at most
//! as many payers as the pool has entries and the list has room.

use std::collections::{BTreeSet, HashMap};

use isobath_sdk::Pubkey;

use super::order::Rank;

/// How far back an entry is found among what was taken when it is released: a caller takes at most so many at a time.
pub(super) const RELEASE_DEPTH: usize = 64;

/// All payers.
#[derive(Clone, Debug, Default)]
pub(super) struct Payers {
    payers: HashMap<Pubkey, OfPayer>,
    /// Those that have owed something since the open block began..
    debtors: Vec<Pubkey>,
}

/// The entries of one payer.
#[derive(Clone, Debug, Default)]
pub(super) struct OfPayer {
    ranks: BTreeSet<Rank>,
    pub(super) bytes: u64,
    /// Wider than a balance, so that the sum of any fees fits.
    fees: u128,
    /// What it lost in the open block, as far as known.
    taken: u64,
    is_listed: bool,
}

impl OfPayer {
    pub(super) fn count(&self) -> usize {
        self.ranks.len()
    }

    /// The fees of its entries, saturated.
    pub(super) fn fees(&self) -> u64 {
        u64::try_from(self.fees).unwrap_or(u64::MAX)
    }

    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// The worst of its entries without this one.
    pub(super) fn worst_but(&self, slot: Option<u32>) -> Option<Rank> {
        let others = self.ranks.iter().rev();
        others.copied().find(|rank| Some(rank.slot) != slot)
    }

    /// The worst of its entries.
    pub(super) fn worst(&self) -> Option<Rank> {
        self.ranks.last().copied()
    }
}

impl Payers {
    pub(super) fn get(&self, payer: &Pubkey) -> Option<&OfPayer> {
        self.payers.get(payer)
    }

    pub(super) fn len(&self) -> usize {
        self.payers.len()
    }

    /// Adds an entry of `bytes`, within the limits of the pool.
    pub(super) fn add(&mut self, payer: Pubkey, rank: Rank, bytes: u64, fee_lamports: u64) {
        let of_payer = self.payers.entry(payer).or_default();
        of_payer.ranks.insert(rank);
        let sum = of_payer.bytes.checked_add(bytes);
        of_payer.bytes = sum.expect("the sum is within the limit of the pool");
        of_payer.fees = of_payer.fees.saturating_add(u128::from(fee_lamports));
    }

    /// Removes an entry that was added with the same numbers.
    pub(super) fn remove(&mut self, payer: &Pubkey, rank: Rank, bytes: u64, fee_lamports: u64) {
        let of_payer = self.payers.get_mut(payer);
        let of_payer = of_payer.expect("the payer of an entry is known");
        of_payer.ranks.remove(&rank);
        let rest = of_payer.bytes.checked_sub(bytes);
        of_payer.bytes = rest.expect("the sums of a payer count each of its entries");
        of_payer.fees = of_payer.fees.saturating_sub(u128::from(fee_lamports));
        if of_payer.ranks.is_empty() && !of_payer.is_listed {
            self.payers.remove(payer);
        }
    }

    /// Whether a payer owes something, or may be listed among at most `debtors_max` that do.
    pub(super) fn may_owe(&self, payer: &Pubkey, debtors_max: usize) -> bool {
        self.debtors.len() < debtors_max || self.payers.get(payer).is_some_and(|payer| payer.is_listed)
    }

    /// Changes what a payer owes.
    pub(super) fn owe(&mut self, payer: &Pubkey, change: impl FnOnce(u64) -> u64) {
        let of_payer = self.payers.entry(*payer).or_default();
        of_payer.taken = change(of_payer.taken);
        if !of_payer.is_listed {
            of_payer.is_listed = true;
            self.debtors.push(*payer);
        }
    }

    /// Gives back what a payer owed for one transaction.
    pub(super) fn repay(&mut self, payer: &Pubkey, lamports: u64) {
        if let Some(of_payer) = self.payers.get_mut(payer) {
            of_payer.taken = of_payer.taken.saturating_sub(lamports);
            if of_payer.taken > 0 {
                return;
            }
            let mut newest = self.debtors.iter().rev().take(RELEASE_DEPTH);
            if let Some(from_end) = newest.position(|debtor| debtor == payer) {
                let last = self.debtors.len().saturating_sub(1);
                self.debtors.swap(last.saturating_sub(from_end), last);
                self.forget_one();
            }
        }
    }

    /// Forgets what one of the listed payers owes, the latest first; false if none is left.
    pub(super) fn forget_one(&mut self) -> bool {
        let Some(payer) = self.debtors.pop() else {
            return false;
        };
        let of_payer = self.payers.get_mut(&payer);
        let of_payer = of_payer.expect("a payer that is listed is known");
        of_payer.taken = 0;
        of_payer.is_listed = false;
        if of_payer.ranks.is_empty() {
            self.payers.remove(&payer);
        }
        true
    }
}
