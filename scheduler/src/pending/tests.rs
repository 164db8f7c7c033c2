//! Tests of the pending pool: its rules one at a time, then random calls against a sorted list.

mod oracle;

use super::*;
use crate::BudgetLimits;

const ROOMY: PendingLimits = PendingLimits {
    transactions: 1_000,
    bytes: 1_000_000,
};
const AMPLE: BudgetLimits = BudgetLimits {
    transactions: 1_000,
    compute_units: 1_000_000,
    bytes: 1_000_000,
};

/// An entry of 100 compute units and 10 bytes that lives for blocks 1 to 150; its identity is its payload.
fn entry(priority: u64, payload: u8) -> Entry<u8> {
    Entry {
        priority,
        compute_units: 100,
        size_bytes: 10,
        arrived_at_height: 0,
        expires_at_height: 150,
        identity: Hash([payload; 32]),
        payload,
    }
}

fn pool(limits: PendingLimits, entries: impl IntoIterator<Item = Entry<u8>>) -> Pending<u8> {
    let mut pending = Pending::new(limits);
    for entry in entries {
        assert_eq!(
            pending.insert(entry).unwrap().evicted,
            [],
            "set up within the limits"
        );
    }
    pending
}

fn payloads<'a>(entries: impl IntoIterator<Item = &'a Entry<u8>>) -> Vec<u8> {
    entries.into_iter().map(|entry| entry.payload).collect()
}

fn take_all(pending: &mut Pending<u8>, limits: BudgetLimits) -> Vec<u8> {
    let mut budget = Budget::new(limits);
    std::iter::from_fn(|| pending.take(&mut budget))
        .map(|entry| entry.payload)
        .collect()
}

#[test]
fn takes_by_priority_then_arrival() {
    let mut pending = pool(
        ROOMY,
        [
            entry(5, 1),
            entry(9, 2),
            entry(5, 3),
            entry(0, 4),
            entry(u64::MAX, 5),
        ],
    );
    assert_eq!(payloads(pending.iter()), [5, 2, 1, 3, 4]);
    assert_eq!(take_all(&mut pending, AMPLE), [5, 2, 1, 3, 4]);
    assert!(pending.is_empty());
    assert_eq!(pending.bytes(), 0);
}

#[test]
fn refuses_a_duplicate_identity_and_changes_nothing() {
    let mut pending = pool(ROOMY, [entry(5, 1)]);
    let again = Entry {
        priority: 99,
        ..entry(5, 1)
    };
    assert_eq!(pending.insert(again), Err(InsertError::Duplicate));
    assert_eq!(payloads(pending.iter()), [1]);
    assert_eq!(pending.bytes(), 10);
    // Once it has left, the same identity may come again.
    assert_eq!(take_all(&mut pending, AMPLE), [1]);
    assert!(pending.insert(entry(5, 1)).is_ok());
}

#[test]
fn a_full_pool_evicts_the_latest_of_the_lowest_priority() {
    let limits = PendingLimits {
        transactions: 3,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(2, 1), entry(7, 2), entry(2, 3)]);
    let inserted = pending.insert(entry(3, 4)).unwrap();
    assert_eq!(payloads(&inserted.evicted), [3]);
    assert_eq!(payloads(pending.iter()), [2, 4, 1]);
    assert!(!pending.contains(&Hash([3; 32])));
    assert!(pending.get(&Hash([3; 32])).is_none());
    assert_eq!(pending.get(&Hash([4; 32])).unwrap().payload, 4);
}

#[test]
fn a_newcomer_of_equal_priority_does_not_evict() {
    let limits = PendingLimits {
        transactions: 2,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(2, 1), entry(7, 2)]);
    for priority in [0, 1, 2] {
        assert_eq!(
            pending.insert(entry(priority, 3)),
            Err(InsertError::Full { lowest_priority: 2 })
        );
    }
    assert_eq!(payloads(pending.iter()), [2, 1]);
}

#[test]
fn bytes_are_bounded_and_may_cost_several_evictions() {
    let limits = PendingLimits { bytes: 40, ..ROOMY };
    let mut pending = pool(limits, [entry(1, 1), entry(4, 2), entry(2, 3), entry(3, 4)]);
    let long = Entry {
        size_bytes: 25,
        ..entry(9, 5)
    };
    assert_eq!(payloads(&pending.insert(long).unwrap().evicted), [1, 3, 4]);
    assert_eq!(payloads(pending.iter()), [5, 2]);
    assert_eq!(pending.bytes(), 35);
}

#[test]
fn a_newcomer_that_outbids_too_few_evicts_none() {
    let limits = PendingLimits { bytes: 40, ..ROOMY };
    let mut pending = pool(limits, [entry(1, 1), entry(4, 2), entry(2, 3), entry(3, 4)]);
    let long = Entry {
        size_bytes: 25,
        ..entry(3, 5)
    };
    assert_eq!(
        pending.insert(long),
        Err(InsertError::Full { lowest_priority: 3 })
    );
    assert_eq!(
        payloads(pending.iter()),
        [2, 4, 3, 1],
        "nothing was evicted on the way"
    );
    assert_eq!(pending.bytes(), 40);
}

#[test]
fn an_entry_larger_than_the_pool_is_refused_for_good() {
    let mut pending: Pending<u8> = Pending::new(PendingLimits { bytes: 9, ..ROOMY });
    assert_eq!(pending.insert(entry(u64::MAX, 1)), Err(InsertError::TooLarge));
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        transactions: 0,
        ..ROOMY
    });
    assert_eq!(pending.insert(entry(u64::MAX, 1)), Err(InsertError::TooLarge));
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        bytes: u64::MAX,
        ..ROOMY
    });
    let huge = Entry {
        size_bytes: u64::MAX,
        ..entry(1, 1)
    };
    assert!(pending.insert(huge).is_ok());
    assert_eq!(
        pending.insert(entry(1, 2)),
        Err(InsertError::Full { lowest_priority: 1 })
    );
    assert_eq!(payloads(&pending.insert(entry(2, 3)).unwrap().evicted), [1]);
}

#[test]
fn take_passes_over_what_does_not_fit_and_keeps_it() {
    let big = Entry {
        compute_units: 500,
        ..entry(9, 1)
    };
    let mut pending = pool(ROOMY, [big, entry(5, 2), entry(4, 3)]);
    let small_block = BudgetLimits {
        compute_units: 250,
        ..AMPLE
    };
    assert_eq!(take_all(&mut pending, small_block), [2, 3]);
    assert_eq!(payloads(pending.iter()), [1]);
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
            compute_units: 299,
            ..AMPLE
        },
        BudgetLimits { bytes: 29, ..AMPLE },
    ] {
        let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2), entry(1, 3)]);
        assert_eq!(take_all(&mut pending, limits), [1, 2]);
        assert_eq!(payloads(pending.iter()), [3]);
    }
}

#[test]
fn the_work_of_a_take_is_bounded() {
    let count_max = u8::try_from(SKIPPED_COUNT_MAX).expect("fits the payloads of this test");
    let small_block = BudgetLimits {
        compute_units: 100,
        ..AMPLE
    };
    for (big_count, expected) in [(count_max, vec![0]), (count_max + 1, vec![])] {
        let bigs = (1..=big_count).map(|payload| Entry {
            compute_units: 101,
            ..entry(9, payload)
        });
        let mut pending = pool(ROOMY, bigs.chain([entry(1, 0)]));
        assert_eq!(
            take_all(&mut pending, small_block),
            expected,
            "behind {big_count} that do not fit"
        );
    }
}

#[test]
fn entries_expire_after_their_last_height() {
    let lives_until = |expires_at_height, payload| Entry {
        expires_at_height,
        ..entry(u64::from(payload), payload)
    };
    let mut pending = pool(
        ROOMY,
        [
            lives_until(7, 1),
            lives_until(5, 2),
            lives_until(6, 3),
            lives_until(5, 4),
        ],
    );
    assert!(
        pending.drop_expired(5).is_empty(),
        "the block of height 5 can still hold them"
    );
    assert_eq!(payloads(&pending.drop_expired(6)), [4, 2]);
    assert_eq!(pending.bytes(), 20);
    assert_eq!(payloads(&pending.drop_expired(u64::MAX)), [3, 1]);
    assert!(pending.is_empty());
}

#[test]
fn remove_takes_out_by_identity() {
    let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2)]);
    assert_eq!(pending.remove(&Hash([1; 32])), Some(entry(3, 1)));
    assert_eq!(pending.remove(&Hash([1; 32])), None);
    assert_eq!(payloads(pending.iter()), [2]);
}

#[test]
fn the_wait_is_counted_in_blocks() {
    let waiting = Entry {
        arrived_at_height: 40,
        ..entry(1, 1)
    };
    assert_eq!(waiting.waited_blocks(40), 0);
    assert_eq!(waiting.waited_blocks(47), 7);
    assert_eq!(waiting.waited_blocks(39), 0, "an older view counts as no wait");
}

#[test]
fn no_wait_outlasts_the_expiry_under_constant_overtaking() {
    let one_per_block = BudgetLimits {
        transactions: 1,
        ..AMPLE
    };
    let mut pending: Pending<u8> = pool(
        ROOMY,
        [Entry {
            expires_at_height: 20,
            ..entry(0, 0)
        }],
    );
    for height in 1..=21 {
        let overtaking = Entry {
            arrived_at_height: height,
            ..entry(1, u8::try_from(height).unwrap())
        };
        assert!(pending.insert(overtaking).is_ok());
        let expired = pending.drop_expired(height);
        assert_eq!(payloads(&expired), if height == 21 { vec![0] } else { vec![] });
        let mut budget = Budget::new(one_per_block);
        let taken = pending.take(&mut budget).expect("one arrives per block");
        assert_eq!(taken.waited_blocks(height), 0);
    }
}
