//! Taking entries that fit the budget of a block.

use super::super::*;
use super::{AMPLE, ROOMY, entry, insert, payloads, pool, take_all};
use crate::{Budget, BudgetLimits};

#[test]
fn take_passes_over_what_does_not_fit_and_keeps_it() {
    let big = Entry {
        cost_units: 500,
        ..entry(9, 1)
    };
    let mut pending = pool(ROOMY, [big, entry(5, 2), entry(4, 3)]);
    let small_block = BudgetLimits {
        cost_units: 250,
        ..AMPLE
    };
    assert_eq!(take_all(&mut pending, small_block), [2, 3]);
    assert_eq!(payloads(pending.iter()), [1]);
    let rest = take_all(&mut pending, AMPLE);
    assert!(rest.is_empty(), "it is set aside for this block");
    pending.begin_block(1);
    assert_eq!(
        take_all(&mut pending, AMPLE),
        [1],
        "it is first when there is room"
    );
}

#[test]
fn take_charges_each_dimension_of_the_budget() {
    for limits in [
        BudgetLimits {
            transactions: 2,
            ..AMPLE
        },
        BudgetLimits {
            cost_units: 299,
            ..AMPLE
        },
        BudgetLimits { bytes: 29, ..AMPLE },
    ] {
        let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2), entry(1, 3)]);
        assert_eq!(take_all(&mut pending, limits), [1, 2]);
        assert_eq!(payloads(pending.iter()), [3]);
    }
}

/// However many large entries are better: the pool gave up after 64.
#[test]
fn large_entries_hide_no_small_one() {
    let small_block = BudgetLimits {
        cost_units: 100,
        ..AMPLE
    };
    for big_count in [64, 65, 254] {
        let bigs = (1..=big_count).map(|payload| Entry {
            cost_units: 101,
            ..entry(9, payload)
        });
        let mut pending = pool(ROOMY, bigs.chain([entry(1, 0)]));
        assert_eq!(
            take_all(&mut pending, small_block),
            [0],
            "behind {big_count} that do not fit"
        );
    }
}

#[test]
fn an_account_without_room_hides_only_its_own_writers() {
    let on = |priority, payload, key: u8| Entry {
        writable: Box::new([Pubkey([key; 32])]),
        ..entry(priority, payload)
    };
    let limits = BudgetLimits {
        account_cost_units: 200,
        ..AMPLE
    };
    let hot = [on(9, 1, 7), on(8, 2, 7), on(7, 3, 7)];
    let mut pending = pool(ROOMY, hot.into_iter().chain([on(6, 4, 8), entry(5, 5)]));
    assert_eq!(take_all(&mut pending, limits), [1, 2, 4, 5]);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, limits), [3]);
}

#[test]
fn a_take_examines_few_entries_and_each_once_per_block() {
    let count = u16::try_from(EXAMINED_COUNT_MAX + 10).unwrap();
    let mut pending: Pending<u8> = Pending::new(ROOMY);
    for number in 0..count {
        let mut identity = [0; 32];
        identity[..2].copy_from_slice(&number.to_le_bytes());
        let big = Entry {
            cost_units: 2_000_000,
            identity: Hash(identity),
            ..entry(9, 1)
        };
        assert!(insert(&mut pending, big).is_ok());
    }
    let mut budget = Budget::new(AMPLE);
    assert_eq!(pending.take(&mut budget), Taken::More);
    assert_eq!(pending.take(&mut budget), Taken::Nothing);
    assert_eq!(pending.len(), usize::from(count), "they stay");
    pending.begin_block(1);
    assert_eq!(
        pending.take(&mut budget),
        Taken::More,
        "the next block examines them again"
    );
}
