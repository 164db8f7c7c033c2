//! Room: how much the pool and a payer may hold, and who makes room for whom.

use super::super::*;
use super::{ROOMY, entry, insert, payloads, pool};

#[test]
fn a_full_pool_evicts_the_latest_of_the_lowest_priority() {
    let limits = PendingLimits {
        transactions: 3,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(2, 1), entry(7, 2), entry(2, 3)]);
    let inserted = insert(&mut pending, entry(3, 4)).unwrap();
    assert_eq!(payloads(&inserted.evicted), [3]);
    assert_eq!(payloads(pending.iter()), [2, 4, 1]);
    assert_eq!(pending.get(&Hash([3; 32])), None);
    assert_eq!(pending.get(&Hash([4; 32])), Some(&4));
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
            insert(&mut pending, entry(priority, 3)),
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
    assert_eq!(payloads(&insert(&mut pending, long).unwrap().evicted), [1, 3, 4]);
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
        insert(&mut pending, long),
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
    assert_eq!(
        insert(&mut pending, entry(u64::MAX, 1)),
        Err(InsertError::TooLarge)
    );
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        transactions: 0,
        ..ROOMY
    });
    assert_eq!(
        insert(&mut pending, entry(u64::MAX, 1)),
        Err(InsertError::TooLarge)
    );
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        bytes: u64::MAX,
        payer_bytes: u64::MAX,
        ..ROOMY
    });
    let huge = Entry {
        size_bytes: u64::MAX,
        ..entry(1, 1)
    };
    assert!(insert(&mut pending, huge).is_ok());
    let other = |priority, payload| Entry {
        payer: Pubkey([1; 32]),
        ..entry(priority, payload)
    };
    assert_eq!(
        insert(&mut pending, other(1, 2)),
        Err(InsertError::Full { lowest_priority: 1 })
    );
    assert_eq!(payloads(&insert(&mut pending, other(2, 3)).unwrap().evicted), [1]);
}

#[test]
fn one_payer_gets_its_share_and_no_more() {
    let limits = PendingLimits {
        payer_transactions: 2,
        payer_bytes: 25,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(1, 1), entry(2, 2)]);
    let full = |bytes| InsertError::PayerShare {
        transactions: 2,
        bytes,
        transactions_max: 2,
        bytes_max: 25,
    };
    assert_eq!(insert(&mut pending, entry(u64::MAX, 3)), Err(full(20)));
    let other = Entry {
        payer: Pubkey([9; 32]),
        ..entry(0, 4)
    };
    assert!(insert(&mut pending, other).is_ok(), "others have their own");
    assert!(pending.remove(&Hash([1; 32])).is_some());
    let long = Entry {
        size_bytes: 16,
        ..entry(3, 5)
    };
    assert!(matches!(
        insert(&mut pending, long),
        Err(InsertError::PayerShare {
            transactions: 1,
            bytes: 10,
            ..
        })
    ));
    assert!(insert(&mut pending, entry(3, 6)).is_ok());
}

#[test]
fn keys_that_an_entry_writes_count_as_bytes_of_the_pool() {
    let limits = PendingLimits {
        payer_bytes: 73,
        ..ROOMY
    };
    let with_keys = Entry {
        writable: Box::new([Pubkey([1; 32]), Pubkey([2; 32])]),
        ..entry(1, 1)
    };
    assert_eq!(
        insert(&mut Pending::new(limits), with_keys.clone()),
        Err(InsertError::TooLarge)
    );
    let pending = pool(ROOMY, [with_keys]);
    assert_eq!(pending.bytes(), 10 + 64);
}
