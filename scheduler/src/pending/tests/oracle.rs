//! A slow, obvious pool: one list, sorted anew for every query, and one of what was taken, with the height of its block.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the sums of the oracle are of few and small numbers"
)]

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::*;
use crate::Budget;

/// The oracle: entries in the order of arrival, what was set aside, and what was taken.
pub(super) struct Listed {
    pub(super) limits: PendingLimits,
    order: PendingOrder,
    /// For each payload, of which each entry has its own, the round that it was given.
    rounds: BTreeMap<u32, u64>,
    /// The last round of which an entry was taken.
    round: u64,
    pub(super) entries: Vec<Entry<u32>>,
    aside: Vec<Hash>,
    /// With the height of the block that took it.
    pub(super) taken: Vec<(u64, Entry<u32>)>,
    /// The nonce accounts of all that was taken, with or without effect, and the height of the block.
    used: Vec<(u64, Pubkey)>,
    /// What payers owe for the block of a height.
    debts: BTreeMap<(u64, Pubkey), u64>,
    pub(super) open_height: u64,
    forgotten_height: u64,
}

impl Listed {
    pub(super) fn new(limits: PendingLimits, order: PendingOrder) -> Self {
        Self {
            limits,
            order,
            rounds: BTreeMap::new(),
            round: 0,
            entries: Vec::new(),
            aside: Vec::new(),
            taken: Vec::new(),
            used: Vec::new(),
            debts: BTreeMap::new(),
            open_height: 0,
            forgotten_height: 0,
        }
    }

    /// Best first. The sort is stable, so arrival breaks ties.
    pub(super) fn sorted(&self) -> Vec<Entry<u32>> {
        let mut sorted = self.entries.clone();
        sorted.sort_by_key(|entry| self.key(entry));
        sorted
    }

    fn key(&self, entry: &Entry<u32>) -> (u64, Reverse<u64>) {
        match self.order {
            PendingOrder::Priority => (0, Reverse(entry.priority)),
            PendingOrder::Arrival => (0, Reverse(0)),
            PendingOrder::Fair => (self.rounds[&entry.payload], Reverse(0)),
        }
    }

    /// The first round without an entry of the payer after those with one, but not one that is over.
    fn give_round(&mut self, entry: &Entry<u32>) {
        let own = self.of_payer(entry.payer);
        let next = own.iter().map(|entry| self.rounds[&entry.payload] + 1).max();
        let round = next.unwrap_or(0).max(self.round);
        self.rounds.insert(entry.payload, round);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries.iter().map(held_bytes).sum()
    }

    pub(super) fn of_payer(&self, payer: Pubkey) -> Vec<&Entry<u32>> {
        let own = self.entries.iter().filter(|entry| entry.payer == payer);
        own.collect()
    }

    pub(super) fn fees_of(&self, payer: Pubkey, height: u64) -> u64 {
        let pending: u64 = self.of_payer(payer).iter().map(|entry| entry.fee_lamports).sum();
        let debts = self.debts.iter();
        let unseen = debts.filter(|((of, debtor), _)| *of > height && *debtor == payer);
        pending + unseen.map(|(_, lamports)| lamports).sum::<u64>()
    }

    /// Whether the payer may owe something for the block of a height.
    fn may_owe(&self, height: u64, payer: Pubkey) -> bool {
        let debtors = self.debts.keys().filter(|(of, _)| *of == height);
        self.debts.contains_key(&(height, payer)) || debtors.count() < self.limits.taken
    }

    fn may_remember(&self, entry: &Entry<u32>) -> bool {
        let used = self.used.iter().filter(|(of, _)| *of == self.open_height);
        self.may_owe(self.open_height, entry.payer)
            && (entry.nonce.is_none() || used.count() < self.limits.taken)
    }

    pub(super) fn begin_block(&mut self, height: u64) {
        self.open_height = height;
        self.aside.clear();
    }

    pub(super) fn note_lost(&mut self, height: u64, payer: Pubkey, lamports: u64) {
        let is_remembered = self.forgotten_height < height && self.open_height <= height + 1;
        if lamports > 0 && is_remembered && self.may_owe(height, payer) {
            let owed = self.debts.entry((height, payer)).or_default();
            *owed = (*owed).max(lamports);
        }
    }

    pub(super) fn release(&mut self, entry: &Entry<u32>) {
        let mut taken = self.taken.iter();
        let Some(index) = taken.position(|(_, taken)| taken.identity == entry.identity) else {
            return;
        };
        let (height, _) = self.taken.remove(index);
        let Some(owed) = self.debts.get_mut(&(height, entry.payer)) else {
            return;
        };
        *owed = owed.saturating_sub(entry.fee_lamports);
        if *owed == 0 {
            self.debts.remove(&(height, entry.payer));
        }
    }

    pub(super) fn forget_taken(&mut self, height: u64) {
        self.taken.retain(|(of, _)| *of > height);
        self.used.retain(|(of, _)| *of > height);
        self.debts.retain(|(of, _), _| *of > height);
        self.forgotten_height = self.forgotten_height.max(height);
    }

    /// The pending entry of a nonce account.
    fn of_nonce(&self, account: Pubkey) -> Option<&Entry<u32>> {
        let mut entries = self.entries.iter();
        entries.find(|entry| {
            entry
                .nonce
                .as_deref()
                .is_some_and(|nonce| nonce.account == account)
        })
    }

    /// Removes the entry whose nonce `entry` uses, if it may.
    fn replace(&mut self, entry: &Entry<u32>) -> Result<Option<Entry<u32>>, InsertError> {
        let Some(nonce) = entry.nonce.as_deref() else {
            return Ok(None);
        };
        if self.used.iter().any(|(_, used)| *used == nonce.account) {
            return Err(InsertError::NonceTaken);
        }
        let Some(other) = self.of_nonce(nonce.account).cloned() else {
            return Ok(None);
        };
        let is_same = other.nonce == entry.nonce;
        if !is_same && other.arrived_at_height > entry.arrived_at_height {
            return Err(InsertError::Outdated);
        }
        let outbid_priority = other.priority + other.priority / 8;
        if is_same && entry.priority <= outbid_priority {
            return Err(InsertError::NoncePending { outbid_priority });
        }
        Ok(self.remove(other.identity))
    }

    fn is_over_limits(&self) -> bool {
        self.entries.len() > self.limits.transactions || self.bytes() > self.limits.bytes
    }

    pub(super) fn remove(&mut self, identity: Hash) -> Option<Entry<u32>> {
        let index = self.entries.iter().position(|entry| entry.identity == identity)?;
        self.aside.retain(|aside| *aside != identity);
        Some(self.entries.remove(index))
    }

    fn require_share(&self, entry: &Entry<u32>) -> Result<(), InsertError> {
        let limits = self.limits;
        let own = self.of_payer(entry.payer);
        let bytes: u64 = own.iter().map(|entry| held_bytes(entry)).sum();
        if own.len() < limits.payer_transactions && bytes + held_bytes(entry) <= limits.payer_bytes {
            return Ok(());
        }
        Err(InsertError::PayerShare {
            transactions: own.len(),
            bytes,
            transactions_max: limits.payer_transactions,
            bytes_max: limits.payer_bytes,
        })
    }

    /// Makes the changes one after the other, and undoes them all if one is not allowed.
    pub(super) fn insert(&mut self, entry: Entry<u32>, balance: u64) -> Result<Inserted<u32>, InsertError> {
        let before = (self.entries.clone(), self.aside.clone());
        let inserted = self.try_insert(entry, balance);
        if inserted.is_err() {
            (self.entries, self.aside) = before;
        }
        inserted
    }

    fn try_insert(&mut self, entry: Entry<u32>, balance: u64) -> Result<Inserted<u32>, InsertError> {
        let taken = self.taken.iter().map(|(_, taken)| taken);
        let mut known = self.entries.iter().chain(taken);
        if known.any(|other| other.identity == entry.identity) {
            return Err(InsertError::Duplicate);
        }
        let limits = self.limits;
        let bytes = held_bytes(&entry);
        if limits.transactions == 0
            || limits.payer_transactions == 0
            || bytes > limits.bytes
            || bytes > limits.payer_bytes
        {
            return Err(InsertError::TooLarge);
        }
        if entry.arrived_at_height < self.forgotten_height {
            return Err(InsertError::Outdated);
        }
        let replaced = self.replace(&entry)?;
        self.require_share(&entry)?;
        let owed_lamports = self.fees_of(entry.payer, entry.arrived_at_height);
        if owed_lamports + entry.fee_lamports > balance {
            return Err(InsertError::Unpayable { owed_lamports });
        }
        self.give_round(&entry);
        let evicted = self.evict_for(entry)?;
        Ok(Inserted { evicted, replaced })
    }

    /// Adds first, then removes the worst others until the limits hold.
    fn evict_for(&mut self, entry: Entry<u32>) -> Result<Vec<Entry<u32>>, InsertError> {
        let others_worst_first: Vec<Entry<u32>> = self.sorted().into_iter().rev().collect();
        self.entries.push(entry.clone());
        let mut evicted = Vec::new();
        for worst in others_worst_first {
            if !self.is_over_limits() {
                break;
            }
            evicted.push(self.remove(worst.identity).unwrap());
        }
        let blocking = evicted.iter().find(|worst| self.key(worst) <= self.key(&entry));
        match blocking {
            Some(_) if self.order != PendingOrder::Priority => Err(InsertError::NoRoom),
            Some(worst) => Err(InsertError::Full {
                lowest_priority: worst.priority,
            }),
            None => Ok(evicted),
        }
    }

    pub(super) fn take(&mut self, budget: &mut Budget) -> Taken<u32> {
        let of_open = self.taken.iter().filter(|(of, _)| *of == self.open_height);
        if budget.is_exhausted() || of_open.count() >= self.limits.taken {
            return Taken::Nothing;
        }
        let mut examined = 0;
        for entry in self.sorted() {
            if self.aside.contains(&entry.identity) {
                continue;
            }
            if examined == EXAMINED_COUNT_MAX {
                return Taken::More;
            }
            examined += 1;
            if self.may_remember(&entry) && budget.try_reserve(entry.cost()).is_ok() {
                let entry = self.remove(entry.identity).unwrap();
                self.round = self.round.max(self.rounds[&entry.payload]);
                let height = self.open_height;
                *self.debts.entry((height, entry.payer)).or_default() += entry.fee_lamports;
                let nonce = entry.nonce.as_deref();
                self.used.extend(nonce.map(|nonce| (height, nonce.account)));
                self.taken.push((height, entry.clone()));
                return Taken::Entry(entry);
            }
            self.aside.push(entry.identity);
        }
        match examined == EXAMINED_COUNT_MAX {
            true => Taken::More,
            false => Taken::Nothing,
        }
    }

    pub(super) fn drop_unpayable(&mut self, payer: Pubkey, balance: u64) -> Vec<Entry<u32>> {
        let mut dropped = Vec::new();
        while self
            .of_payer(payer)
            .iter()
            .map(|entry| entry.fee_lamports)
            .sum::<u64>()
            > balance
        {
            let mut own = self.sorted().into_iter().filter(|entry| entry.payer == payer);
            let worst = own.next_back().unwrap();
            dropped.push(self.remove(worst.identity).unwrap());
        }
        dropped
    }

    pub(super) fn drop_expired(&mut self, height: u64) -> Vec<Entry<u32>> {
        let mut expired = self.sorted();
        expired.retain(|entry| entry.expires_at_height < height);
        expired.sort_by_key(|entry| (entry.expires_at_height, Reverse(entry.payload)));
        for entry in &expired {
            self.remove(entry.identity).unwrap();
        }
        expired
    }
}

fn held_bytes(entry: &Entry<u32>) -> u64 {
    let nonce = if entry.nonce.is_some() { 64 } else { 0 };
    entry.size_bytes + 32 * entry.writable.len() as u64 + nonce
}
