//! Tests of block budgets: their rules one at a time, then random calls against sums that are added up anew.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the oracle's sums are of few and small numbers, in u128"
)]

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

const LIMITS: BudgetLimits = BudgetLimits {
    transactions: 2,
    cost_units: 1_000,
    account_cost_units: 1_000,
    bytes: 500,
    record_bytes: 100,
};

const fn cost(cost_units: u64, size_bytes: u64) -> Cost<'static> {
    Cost {
        cost_units,
        size_bytes,
        record_bytes: 0,
        writable: &[],
    }
}

#[test]
fn a_budget_can_be_used_up_exactly() {
    let mut budget = Budget::new(LIMITS);
    assert_eq!(budget.try_reserve(cost(999, 200)), Ok(()));
    assert_eq!(
        budget.try_reserve(cost(2, 0)),
        Err(Misfit::Block),
        "a unit too many"
    );
    assert_eq!(
        budget.try_reserve(cost(0, 301)),
        Err(Misfit::Block),
        "a byte too many"
    );
    assert!(!budget.is_exhausted());
    assert_eq!(budget.try_reserve(cost(0, 300)), Ok(()));
    assert!(budget.is_exhausted());
    assert_eq!(
        budget.try_reserve(cost(0, 0)),
        Err(Misfit::Block),
        "no transactions left"
    );
    assert_eq!((budget.cost_units(), budget.record_bytes()), (999, 0));
}

#[test]
fn limits_admit_what_fits_an_empty_block() {
    let limits = BudgetLimits {
        account_cost_units: 900,
        ..LIMITS
    };
    assert_eq!(limits.admits(cost(900, 500)), Ok(()));
    assert_eq!(limits.admits(cost(901, 500)), Err(Misfit::Account));
    assert_eq!(limits.admits(cost(1_001, 500)), Err(Misfit::Block));
    assert_eq!(limits.admits(cost(900, 501)), Err(Misfit::Block));
    let empty = BudgetLimits {
        transactions: 0,
        ..limits
    };
    assert_eq!(empty.admits(cost(0, 0)), Err(Misfit::Block));
    assert_eq!(limits.admits(cost(u64::MAX, u64::MAX)), Err(Misfit::Block));
}

#[test]
fn an_account_has_a_budget_of_its_own() {
    let limits = BudgetLimits {
        transactions: 10,
        account_cost_units: 500,
        ..LIMITS
    };
    let (hot, cold) = ([Pubkey([1; 32])], [Pubkey([2; 32])]);
    let on = |writable| Cost {
        writable,
        ..cost(300, 1)
    };
    let mut budget = Budget::new(limits);
    assert_eq!(budget.try_reserve(on(&hot)), Ok(()));
    assert_eq!(budget.try_reserve(on(&hot)), Err(Misfit::Account));
    assert_eq!(budget.try_reserve(on(&cold)), Ok(()));
    assert_eq!(budget.account_cost_units(&hot[0]), 300);
    budget.charge(
        on(&hot),
        Spent {
            cost_units: 200,
            record_bytes: 0,
        },
    );
    assert_eq!(budget.try_reserve(on(&hot)), Ok(()), "the rest came back");
}

#[test]
fn what_has_no_effect_costs_nothing() {
    let writable = [Pubkey([1; 32])];
    let whole = Cost {
        writable: &writable,
        ..cost(1_000, 500)
    };
    let mut budget = Budget::new(LIMITS);
    for _ in 0..10 {
        assert_eq!(budget.try_reserve(whole), Ok(()));
        budget.refund(whole);
    }
    assert_eq!(budget.cost_units(), 0);
}

#[test]
fn a_block_whose_record_is_long_enough_takes_no_more() {
    let mut budget = Budget::new(LIMITS);
    assert_eq!(budget.try_reserve(cost(10, 10)), Ok(()));
    let spent = Spent {
        cost_units: 10,
        record_bytes: 100,
    };
    budget.charge(cost(10, 10), spent);
    assert!(budget.is_exhausted());
    assert_eq!(budget.try_reserve(cost(0, 0)), Err(Misfit::Block));
}

#[test]
fn what_runs_counts_for_the_record_as_it_is_expected_to() {
    let mut budget = Budget::new(LIMITS);
    let expected = Cost {
        record_bytes: 120,
        ..cost(10, 10)
    };
    assert_eq!(budget.try_reserve(expected), Ok(()));
    assert_eq!(budget.try_reserve(cost(0, 0)), Err(Misfit::Block));
    let spent = Spent {
        cost_units: 10,
        record_bytes: 60,
    };
    budget.charge(expected, spent);
    assert_eq!(budget.record_bytes(), 60);
    assert_eq!(
        budget.try_reserve(expected),
        Ok(()),
        "it is shorter than expected"
    );
}

/// A transaction.
#[derive(Clone, Debug)]
struct Sample {
    cost_units: u64,
    size_bytes: u64,
    record_bytes: u64,
    /// What it costs in the end; `None`: it has no effect.
    spent: Option<Spent>,
    writable: Vec<Pubkey>,
}

impl Sample {
    fn cost(&self) -> Cost<'_> {
        Cost {
            cost_units: self.cost_units,
            size_bytes: self.size_bytes,
            record_bytes: self.record_bytes,
            writable: &self.writable,
        }
    }
}

/// The most that a sample costs, and adds to the record.
const SPENT_MAX: Spent = Spent {
    cost_units: 400,
    record_bytes: 40,
};

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let spent =
        (0..=SPENT_MAX.cost_units, 0..=SPENT_MAX.record_bytes).prop_map(|(cost_units, record_bytes)| Spent {
            cost_units,
            record_bytes,
        });
    let spent = proptest::option::weighted(0.8, spent);
    let writable = btree_set(0..4_u8, 0..3);
    let record_bytes = 0..=SPENT_MAX.record_bytes;
    let sample = (0..300_u64, 0..300_u64, record_bytes, spent, writable);
    let sample = sample.prop_map(|(cost_units, size_bytes, record_bytes, spent, writable)| Sample {
        cost_units,
        size_bytes,
        record_bytes,
        spent,
        writable: writable.into_iter().map(|key| Pubkey([key; 32])).collect(),
    });
    vec(sample, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// One transaction after the other, at most `workers` of them at once.
    #[test]
    fn sums_are_exact_and_exceed_a_limit_by_no_more_than_what_runs_at_once(
        limits in (0..20_u64, 0..2_000_u64, 0..1_000_u64, 0..3_000_u64, 0..200_u64),
        samples in samples(),
        workers in 1..4_usize,
    ) {
        let (transactions, cost_units, account_cost_units, bytes, record_bytes) = limits;
        let limits = BudgetLimits { transactions, cost_units, account_cost_units, bytes, record_bytes };
        let mut budget = Budget::new(limits);
        let (mut running, mut ended): (Vec<Sample>, Vec<Sample>) = (Vec::new(), Vec::new());
        let over = |limit: u64, most: u64| limit + most * workers as u64;
        for sample in samples {
            if running.len() == workers {
                finish(&mut budget, running.remove(0), &mut ended);
            }
            let expected = expected_fit(limits, &running, &ended, &sample);
            prop_assert_eq!(budget.fits(sample.cost()).is_ok(), expected);
            prop_assert_eq!(budget.try_reserve(sample.cost()).is_ok(), expected);
            if expected {
                running.push(sample);
            }
            prop_assert!(budget.cost_units() <= over(cost_units, SPENT_MAX.cost_units));
            prop_assert!(budget.record_bytes() <= over(record_bytes, SPENT_MAX.record_bytes));
            for key in 0..4 {
                let charged = budget.account_cost_units(&Pubkey([key; 32]));
                prop_assert!(charged <= over(account_cost_units, SPENT_MAX.cost_units));
            }
        }
    }
}

fn finish(budget: &mut Budget, sample: Sample, ended: &mut Vec<Sample>) {
    match sample.spent {
        None => budget.refund(sample.cost()),
        Some(spent) => {
            budget.charge(sample.cost(), spent);
            ended.push(Sample {
                cost_units: spent.cost_units,
                record_bytes: spent.record_bytes,
                ..sample
            });
        }
    }
}

/// Whether the sums of everything that runs or has ended leave room.
fn expected_fit(limits: BudgetLimits, running: &[Sample], ended: &[Sample], next: &Sample) -> bool {
    let all = || running.iter().chain(ended);
    let of_account = |key: &Pubkey| {
        let writers = all().filter(|sample| sample.writable.contains(key));
        writers.map(|sample| sample.cost_units).sum::<u64>()
    };
    let mut written = next.writable.iter().map(of_account);
    (all().count() as u64) < limits.transactions
        && all().chain([next]).map(|sample| sample.cost_units).sum::<u64>() <= limits.cost_units
        && all().chain([next]).map(|sample| sample.size_bytes).sum::<u64>() <= limits.bytes
        && all().map(|sample| sample.record_bytes).sum::<u64>() < limits.record_bytes
        && next.cost_units <= limits.account_cost_units
        && written.all(|charged| charged + next.cost_units <= limits.account_cost_units)
}
