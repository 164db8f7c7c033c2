//! Random calls against a slow, obvious pool: one list, sorted anew for every query.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the sums of the oracle are of few and small numbers"
)]

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::*;
use super::{AMPLE, fees_at, forget_taken};
use crate::{BudgetLimits, Nonce, Spent};

/// The oracle: entries in the order of arrival, what was set aside, and what was taken.
struct Listed {
    limits: PendingLimits,
    order: PendingOrder,
    /// For each payload, of which each entry has its own, the round that it was given.
    rounds: BTreeMap<u32, u64>,
    /// The last round of which an entry was taken.
    round: u64,
    entries: Vec<Entry<u32>>,
    aside: Vec<Hash>,
    taken: Vec<Entry<u32>>,
    /// The nonce accounts of all that was taken, with or without effect.
    used: Vec<Pubkey>,
    heights: Heights,
}

#[derive(Default)]
struct Heights {
    open: u64,
    forgotten: u64,
}

impl Listed {
    /// Best first. The sort is stable, so arrival breaks ties.
    fn sorted(&self) -> Vec<Entry<u32>> {
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

    fn bytes(&self) -> u64 {
        self.entries.iter().map(held_bytes).sum()
    }

    fn of_payer(&self, payer: Pubkey) -> Vec<&Entry<u32>> {
        let own = self.entries.iter().filter(|entry| entry.payer == payer);
        own.collect()
    }

    fn fees_of(&self, payer: Pubkey, height: u64) -> u64 {
        let pending: u64 = self.of_payer(payer).iter().map(|entry| entry.fee_lamports).sum();
        let taken = self.taken.iter().filter(|entry| entry.payer == payer);
        match height < self.heights.open {
            true => pending + taken.map(|entry| entry.fee_lamports).sum::<u64>(),
            false => pending,
        }
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
        if self.used.contains(&nonce.account) {
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

    fn remove(&mut self, identity: Hash) -> Option<Entry<u32>> {
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
    fn insert(&mut self, entry: Entry<u32>, balance: u64) -> Result<Inserted<u32>, InsertError> {
        let before = (self.entries.clone(), self.aside.clone());
        let inserted = self.try_insert(entry, balance);
        if inserted.is_err() {
            (self.entries, self.aside) = before;
        }
        inserted
    }

    fn try_insert(&mut self, entry: Entry<u32>, balance: u64) -> Result<Inserted<u32>, InsertError> {
        let known = self.entries.iter().chain(&self.taken);
        if known.into_iter().any(|other| other.identity == entry.identity) {
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
        if entry.arrived_at_height < self.heights.forgotten {
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

    fn take(&mut self, budget: &mut Budget) -> Taken<u32> {
        if budget.is_exhausted() {
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
            if budget.try_reserve(entry.cost()).is_ok() {
                let entry = self.remove(entry.identity).unwrap();
                self.round = self.round.max(self.rounds[&entry.payload]);
                self.taken.push(entry.clone());
                self.used
                    .extend(entry.nonce.as_deref().map(|nonce| nonce.account));
                return Taken::Entry(entry);
            }
            self.aside.push(entry.identity);
        }
        match examined == EXAMINED_COUNT_MAX {
            true => Taken::More,
            false => Taken::Nothing,
        }
    }

    fn drop_unpayable(&mut self, payer: Pubkey, balance: u64) -> Vec<Entry<u32>> {
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

    fn drop_expired(&mut self, height: u64) -> Vec<Entry<u32>> {
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

#[derive(Clone, Debug)]
enum Call {
    /// An entry, and what its payer has.
    Insert(Entry<u32>, u64),
    Take,
    /// What was taken last costs this, or has no effect.
    Charge(Option<Spent>),
    NewBlock(BudgetLimits),
    ForgetTaken,
    DropExpired(u64),
    DropUnpayable(u8, u64),
    Remove(u8),
}

/// Small ranges, so that ties, duplicates, full pools, payers with several entries and misfits are common.
fn entries() -> impl Strategy<Value = Entry<u32>> {
    let numbers = (0..6_u64, 0..20_u64, 0..20_u64, 0..30_u64, 0..9_u64);
    let writable = btree_set(0..4_u8, 0..3);
    let nonce = proptest::option::weighted(0.3, (0..4_u8, 0..2_u8));
    let others = (any::<u8>(), 0..4_u8, 0..4_u64);
    (numbers, others, writable, nonce).prop_map(|(numbers, others, writable, nonce)| {
        let (id, payer, arrived_at_height) = others;
        let nonce = nonce.map(|(account, value)| Nonce {
            account: Pubkey([account; 32]),
            value: Hash([value; 32]),
        });
        let (priority, cost_units, size_bytes, expires_at_height, fee_lamports) = numbers;
        Entry {
            priority,
            cost_units,
            size_bytes,
            record_bytes: size_bytes / 3,
            writable: writable.into_iter().map(|key| Pubkey([key; 32])).collect(),
            payer: Pubkey([payer; 32]),
            fee_lamports,
            arrived_at_height,
            expires_at_height,
            nonce: nonce.map(Box::new),
            identity: Hash([id; 32]),
            payload: 0,
        }
    })
}

fn calls() -> impl Strategy<Value = Call> {
    let limits = (0..6_u64, 0..40_u64, 0..40_u64, 0..40_u64, 0..40_u64).prop_map(
        |(transactions, cost_units, account_cost_units, bytes, record_bytes)| {
            Call::NewBlock(BudgetLimits {
                transactions,
                cost_units,
                account_cost_units,
                bytes,
                record_bytes,
            })
        },
    );
    let spent = (0..30_u64, 0..9_u64).prop_map(|(cost_units, record_bytes)| Spent {
        cost_units,
        record_bytes,
    });
    prop_oneof![
        12 => (entries(), 0..60_u64).prop_map(|(entry, balance)| Call::Insert(entry, balance)),
        6 => Just(Call::Take),
        4 => proptest::option::of(spent).prop_map(Call::Charge),
        2 => limits,
        1 => Just(Call::ForgetTaken),
        1 => (0..32_u64).prop_map(Call::DropExpired),
        1 => (0..4_u8, 0..20_u64).prop_map(|(payer, balance)| Call::DropUnpayable(payer, balance)),
        1 => any::<u8>().prop_map(Call::Remove),
    ]
}

/// Two pools, their budgets, and what was taken last and is not charged.
struct Both {
    pending: Pending<u32>,
    listed: Listed,
    budgets: (Budget, Budget),
    last: Option<Entry<u32>>,
}

impl Both {
    /// Makes the same call on both pools; the answers have to be the same.
    fn call(&mut self, call: Call, serial: u32) -> Result<(), TestCaseError> {
        let (pending, listed) = (&mut self.pending, &mut self.listed);
        match call {
            Call::Insert(entry, balance) => {
                let entry = Entry {
                    payload: serial,
                    ..entry
                };
                let answer = pending.insert(entry.clone(), |fees| fees <= balance);
                prop_assert_eq!(answer, listed.insert(entry, balance));
            }
            Call::Take => {
                let taken = pending.take(&mut self.budgets.0);
                prop_assert_eq!(&taken, &listed.take(&mut self.budgets.1));
                if let Taken::Entry(entry) = taken {
                    self.last = Some(entry);
                }
            }
            Call::Charge(spent) => {
                let Some(last) = self.last.take() else {
                    return Ok(());
                };
                for budget in [&mut self.budgets.0, &mut self.budgets.1] {
                    match spent {
                        Some(spent) => budget.charge(last.cost(), spent),
                        None => budget.refund(last.cost()),
                    }
                }
                if spent.is_none() {
                    pending.release(&last);
                    listed.taken.retain(|taken| taken.identity != last.identity);
                }
            }
            Call::NewBlock(limits) => {
                self.budgets = (Budget::new(limits), Budget::new(limits));
                self.last = None;
                listed.heights.open += 1;
                pending.begin_block(listed.heights.open);
                listed.aside.clear();
            }
            Call::ForgetTaken => {
                forget_taken(pending);
                listed.taken.clear();
                listed.used.clear();
                listed.heights.forgotten = listed.heights.open;
            }
            Call::DropExpired(height) => {
                prop_assert_eq!(pending.drop_expired(height), listed.drop_expired(height))
            }
            Call::DropUnpayable(payer, balance) => {
                let payer = Pubkey([payer; 32]);
                let dropped = pending.drop_unpayable(&payer, |fees| fees <= balance);
                prop_assert_eq!(dropped, listed.drop_unpayable(payer, balance));
            }
            Call::Remove(id) => {
                let identity = Hash([id; 32]);
                prop_assert_eq!(pending.remove(&identity), listed.remove(identity));
            }
        }
        Ok(())
    }

    /// Whatever can be asked has the same answer.
    fn compare(&self) -> Result<(), TestCaseError> {
        let (pending, listed) = (&self.pending, &self.listed);
        prop_assert_eq!(&self.budgets.0, &self.budgets.1);
        prop_assert_eq!(pending.len(), listed.entries.len());
        prop_assert_eq!(pending.bytes(), listed.bytes());
        prop_assert!(pending.iter().eq(listed.sorted().iter()));
        for entry in &listed.entries {
            prop_assert_eq!(pending.get(&entry.identity), Some(&entry.payload));
        }
        for payer in 0..4 {
            let payer = Pubkey([payer; 32]);
            for height in 0..4 {
                let fees = fees_at(pending, &payer, height);
                prop_assert_eq!(fees, listed.fees_of(payer, height));
            }
            prop_assert!(listed.of_payer(payer).len() <= listed.limits.payer_transactions);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]
    #[test]
    fn every_answer_is_that_of_a_sorted_list(
        calls in vec(calls(), 0..200),
        transactions in 0..90_usize,
        bytes in 0..4_000_u64,
        payer_transactions in 0..40_usize,
        payer_bytes in 0..2_000_u64,
        order in prop_oneof![Just(PendingOrder::Priority), Just(PendingOrder::Arrival), Just(PendingOrder::Fair)],
    ) {
        let limits = PendingLimits { transactions, bytes, payer_transactions, payer_bytes, taken: 1_000 };
        let budget = Budget::new(BudgetLimits { transactions: 3, cost_units: 30, account_cost_units: 20, ..AMPLE });
        let mut both = Both {
            pending: Pending::in_order(limits, order),
            listed: Listed {
                limits,
                order,
                rounds: BTreeMap::new(),
                round: 0,
                entries: Vec::new(),
                aside: Vec::new(),
                taken: Vec::new(),
                used: Vec::new(),
                heights: Heights::default(),
            },
            budgets: (budget.clone(), budget),
            last: None,
        };
        for (serial, call) in (0..).zip(calls) {
            both.call(call, serial)?;
            both.compare()?;
        }
    }
}
