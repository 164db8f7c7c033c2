//! Random calls against a slow, obvious pool: one list, sorted anew for every query.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use crate::BudgetLimits;

/// The oracle: entries in the order of arrival, and nothing else.
struct Listed {
    limits: PendingLimits,
    entries: Vec<Entry<u32>>,
}

impl Listed {
    /// Best first. The sort is stable, so arrival breaks ties.
    fn sorted(&self) -> Vec<Entry<u32>> {
        let mut sorted = self.entries.clone();
        sorted.sort_by_key(|entry| Reverse(entry.priority));
        sorted
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size_bytes).sum()
    }

    fn is_over_limits(&self) -> bool {
        self.entries.len() > self.limits.transactions || self.bytes() > self.limits.bytes
    }

    fn remove(&mut self, identity: Hash) -> Option<Entry<u32>> {
        let index = self.entries.iter().position(|entry| entry.identity == identity)?;
        Some(self.entries.remove(index))
    }

    /// Adds first, then removes the worst others until the limits hold, and undoes it all if that is not
    /// allowed.
    fn insert(&mut self, entry: Entry<u32>) -> Result<Vec<Entry<u32>>, InsertError> {
        if self.entries.iter().any(|other| other.identity == entry.identity) {
            return Err(InsertError::Duplicate);
        }
        let before = self.entries.clone();
        let others_worst_first: Vec<Entry<u32>> = self.sorted().into_iter().rev().collect();
        self.entries.push(entry.clone());
        let mut evicted = Vec::new();
        for worst in others_worst_first {
            if !self.is_over_limits() {
                break;
            }
            evicted.push(self.remove(worst.identity).unwrap());
        }
        let blocking = evicted.iter().find(|worst| worst.priority >= entry.priority);
        // Alone in the pool and still too much comes first: no bid could help.
        if self.is_over_limits() {
            self.entries = before;
            return Err(InsertError::TooLarge);
        }
        if let Some(worst) = blocking {
            self.entries = before;
            return Err(InsertError::Full {
                lowest_priority: worst.priority,
            });
        }
        Ok(evicted)
    }

    fn take(&mut self, budget: &mut Budget) -> Option<Entry<u32>> {
        let fitting = self
            .sorted()
            .into_iter()
            .take(SKIPPED_COUNT_MAX + 1)
            .find(|entry| budget.fits(entry.cost()))?;
        assert!(budget.try_charge(fitting.cost()));
        self.remove(fitting.identity)
    }

    fn drop_expired(&mut self, height: u64) -> Vec<Entry<u32>> {
        let mut expired = self.sorted();
        expired.retain(|entry| entry.expires_at_height < height);
        expired.sort_by_key(|entry| entry.expires_at_height);
        self.entries.retain(|entry| entry.expires_at_height >= height);
        expired
    }
}

#[derive(Clone, Debug)]
enum Call {
    /// Priority, compute units, size, last height, identity.
    Insert(u64, u64, u64, u64, u8),
    Take,
    NewBlock(BudgetLimits),
    DropExpired(u64),
    Remove(u8),
}

/// Small ranges, so that ties, duplicates, full pools and misfits are common.
fn calls() -> impl Strategy<Value = Call> {
    let limits = (0..6_u64, 0..40_u64, 0..40_u64).prop_map(|(transactions, compute_units, bytes)| {
        Call::NewBlock(BudgetLimits {
            transactions,
            compute_units,
            bytes,
        })
    });
    prop_oneof![
        12 => (0..6_u64, 0..20_u64, 0..20_u64, 0..30_u64, any::<u8>())
            .prop_map(|(priority, units, size, last, id)| Call::Insert(priority, units, size, last, id)),
        6 => Just(Call::Take),
        2 => limits,
        1 => (0..32_u64).prop_map(Call::DropExpired),
        1 => any::<u8>().prop_map(Call::Remove),
    ]
}

/// Makes the same call on both pools; the answers have to be the same.
fn call_both(
    call: Call,
    serial: u32,
    budgets: &mut (Budget, Budget),
    pending: &mut Pending<u32>,
    listed: &mut Listed,
) -> Result<(), TestCaseError> {
    match call {
        Call::Insert(priority, compute_units, size_bytes, expires_at_height, id) => {
            let entry = Entry {
                priority,
                compute_units,
                size_bytes,
                arrived_at_height: u64::from(serial),
                expires_at_height,
                identity: Hash([id; 32]),
                payload: serial,
            };
            let answer = pending.insert(entry.clone()).map(|inserted| inserted.evicted);
            prop_assert_eq!(answer, listed.insert(entry));
        }
        Call::Take => prop_assert_eq!(pending.take(&mut budgets.0), listed.take(&mut budgets.1)),
        Call::NewBlock(limits) => *budgets = (Budget::new(limits), Budget::new(limits)),
        Call::DropExpired(height) => {
            prop_assert_eq!(pending.drop_expired(height), listed.drop_expired(height))
        }
        Call::Remove(id) => {
            let identity = Hash([id; 32]);
            prop_assert_eq!(pending.remove(&identity), listed.remove(identity));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn every_answer_is_that_of_a_sorted_list(
        calls in vec(calls(), 0..200),
        transactions in 0..90_usize,
        bytes in 0..400_u64,
    ) {
        let limits = PendingLimits { transactions, bytes };
        let mut pending = Pending::new(limits);
        let mut listed = Listed { limits, entries: Vec::new() };
        let empty = Budget::new(BudgetLimits { transactions: 3, compute_units: 30, bytes: 30 });
        let mut budgets = (empty.clone(), empty);
        for (serial, call) in (0..).zip(calls) {
            call_both(call, serial, &mut budgets, &mut pending, &mut listed)?;
            prop_assert_eq!(&budgets.0, &budgets.1);
            prop_assert_eq!(pending.len(), listed.entries.len());
            prop_assert_eq!(pending.bytes(), listed.bytes());
            prop_assert!(pending.iter().eq(listed.sorted().iter()));
            for entry in &listed.entries {
                prop_assert!(pending.contains(&entry.identity));
            }
        }
    }
}
