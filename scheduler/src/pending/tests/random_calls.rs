//! Random calls on the pool and on a slow, obvious one: every answer has to be the same.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the sums are of few and small numbers"
)]

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::super::*;
use super::oracle::Listed;
use super::{AMPLE, fees_at, forget_taken};
use crate::{Budget, BudgetLimits, Nonce, Spent};

#[derive(Clone, Debug)]
enum Call {
    /// An entry, and what its payer has.
    Insert(Entry<u32>, u64),
    Take,
    /// What was taken last costs this, or has no effect.
    Charge(Option<Spent>),
    /// One of those that were taken has no effect.
    Release(usize),
    /// A payer has lost so much in the block so many before the open one.
    Lose(u8, u64, u64),
    NewBlock(BudgetLimits),
    /// Readers see the block so many before the open one.
    ForgetTaken(u64),
    DropExpired(u64),
    DropUnpayable(u8, u64),
    Remove(u8),
}

/// What a call knows of an entry's view is by how many blocks it is before the open one. Small ranges, so that ties, duplicates, full pools, payers with several entries and misfits are common.
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

fn blocks() -> impl Strategy<Value = Call> {
    (0..6_u64, 0..40_u64, 0..40_u64, 0..40_u64, 0..40_u64).prop_map(
        |(transactions, cost_units, account_cost_units, bytes, record_bytes)| {
            Call::NewBlock(BudgetLimits {
                transactions,
                cost_units,
                account_cost_units,
                bytes,
                record_bytes,
            })
        },
    )
}

/// What happens while a block is open.
fn calls_of_block() -> impl Strategy<Value = Call> {
    let spent = (0..30_u64, 0..9_u64).prop_map(|(cost_units, record_bytes)| Spent {
        cost_units,
        record_bytes,
    });
    prop_oneof![
        12 => (entries(), 0..60_u64).prop_map(|(entry, balance)| Call::Insert(entry, balance)),
        6 => Just(Call::Take),
        4 => proptest::option::of(spent).prop_map(Call::Charge),
        1 => (0..200_usize).prop_map(Call::Release),
        1 => (0..4_u8, 0..30_u64, 0..3_u64).prop_map(|(payer, lamports, before)| Call::Lose(payer, lamports, before)),
        1 => (0..32_u64).prop_map(Call::DropExpired),
        1 => (0..4_u8, 0..20_u64).prop_map(|(payer, balance)| Call::DropUnpayable(payer, balance)),
        1 => any::<u8>().prop_map(Call::Remove),
    ]
}

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        26 => calls_of_block(),
        2 => blocks(),
        1 => (0..2_u64).prop_map(Call::ForgetTaken),
    ]
}

/// Blocks each of which is published while the next one is open.
fn overlapping_blocks() -> impl Strategy<Value = Vec<Call>> {
    let some = || vec(calls_of_block(), 0..24);
    let block = (some(), some()).prop_map(|(before, after)| {
        let begin = std::iter::once(Call::NewBlock(AMPLE));
        let publish = std::iter::once(Call::ForgetTaken(1));
        begin
            .chain(before)
            .chain(publish)
            .chain(after)
            .collect::<Vec<_>>()
    });
    vec(block, 0..8).prop_map(|blocks| blocks.concat())
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
                    arrived_at_height: listed.open_height.saturating_sub(entry.arrived_at_height),
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
                    listed.release(&last);
                }
            }
            Call::Release(index) => {
                let count = listed.taken.len().max(1);
                if let Some((_, taken)) = listed.taken.get(index % count).cloned() {
                    pending.release(&taken);
                    listed.release(&taken);
                }
            }
            Call::Lose(payer, lamports, before) => {
                let (height, payer) = (listed.open_height.saturating_sub(before), Pubkey([payer; 32]));
                pending.note_lost(height, &payer, lamports);
                listed.note_lost(height, payer, lamports);
            }
            Call::NewBlock(limits) => {
                self.budgets = (Budget::new(limits), Budget::new(limits));
                self.last = None;
                // The one before the open block is published before a third begins.
                let open = listed.open_height;
                if let Some(before) = open.checked_sub(1) {
                    forget_taken(pending, before);
                    listed.forget_taken(before);
                }
                pending.begin_block(open + 1);
                listed.begin_block(open + 1);
            }
            Call::ForgetTaken(before) => {
                let height = listed.open_height.saturating_sub(before);
                forget_taken(pending, height);
                listed.forget_taken(height);
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
        for (_, taken) in &listed.taken {
            prop_assert_eq!(pending.get(&taken.identity), Some(&taken.payload));
        }
        for payer in 0..4 {
            let payer = Pubkey([payer; 32]);
            for before in 0..4 {
                let height = listed.open_height.saturating_sub(before);
                let fees = fees_at(pending, &payer, height);
                prop_assert_eq!(fees, listed.fees_of(payer, height));
            }
            prop_assert!(listed.of_payer(payer).len() <= listed.limits.payer_transactions);
        }
        Ok(())
    }
}

fn all_limits() -> impl Strategy<Value = PendingLimits> {
    let taken = prop_oneof![Just(1_000_usize), 0..8_usize];
    let numbers = (0..90_usize, 0..4_000_u64, 0..40_usize, 0..2_000_u64, taken);
    numbers.prop_map(
        |(transactions, bytes, payer_transactions, payer_bytes, taken)| PendingLimits {
            transactions,
            bytes,
            payer_transactions,
            payer_bytes,
            taken,
        },
    )
}

fn orders() -> impl Strategy<Value = PendingOrder> {
    prop_oneof![
        Just(PendingOrder::Priority),
        Just(PendingOrder::Arrival),
        Just(PendingOrder::Fair)
    ]
}

fn compare_answers(
    calls: Vec<Call>,
    limits: PendingLimits,
    order: PendingOrder,
) -> Result<(), TestCaseError> {
    let budget = Budget::new(BudgetLimits {
        transactions: 3,
        cost_units: 30,
        account_cost_units: 20,
        ..AMPLE
    });
    let mut both = Both {
        pending: Pending::in_order(limits, order),
        listed: Listed::new(limits, order),
        budgets: (budget.clone(), budget),
        last: None,
    };
    for (serial, call) in (0..).zip(calls) {
        both.call(call, serial)?;
        both.compare()?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]
    #[test]
    fn every_answer_is_that_of_a_sorted_list(
        calls in vec(calls(), 0..200),
        limits in all_limits(),
        order in orders(),
    ) {
        compare_answers(calls, limits, order)?;
    }

    #[test]
    fn blocks_that_overlap_are_told_apart(
        calls in overlapping_blocks(),
        limits in all_limits(),
        order in orders(),
    ) {
        compare_answers(calls, limits, order)?;
    }
}
