//! The three orders of the pool.

#![allow(clippy::arithmetic_side_effects, reason = "counts of a few entries")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// An entry of a payer; its payload is its number.
fn of(payer: u8, priority: u64, payload: u8) -> Entry<u8> {
    Entry {
        payer: Pubkey([payer; 32]),
        ..entry(priority, payload)
    }
}

fn in_order(order: PendingOrder, transactions: usize, entries: &[Entry<u8>]) -> Pending<u8> {
    let limits = PendingLimits {
        transactions,
        ..ROOMY
    };
    let mut pending = Pending::in_order(limits, order);
    for entry in entries {
        let _ = insert(&mut pending, entry.clone()).unwrap();
    }
    pending
}

fn take_one(pending: &mut Pending<u8>) -> Option<Entry<u8>> {
    match pending.take(&mut Budget::new(AMPLE)) {
        Taken::Entry(entry) => Some(entry),
        Taken::More | Taken::Nothing => None,
    }
}

fn take_all(pending: &mut Pending<u8>) -> Vec<u8> {
    std::iter::from_fn(|| take_one(pending))
        .map(|entry| entry.payload)
        .collect()
}

#[test]
fn each_order_offers_the_same_entries_differently() {
    let entries = [
        of(1, 5, 0),
        of(1, 9, 1),
        of(1, 7, 2),
        of(2, 1, 3),
        of(2, 8, 4),
        of(3, 6, 5),
    ];
    for (order, expected) in [
        (PendingOrder::Priority, [1, 4, 2, 5, 0, 3]),
        (PendingOrder::Arrival, [0, 1, 2, 3, 4, 5]),
        (PendingOrder::Fair, [0, 3, 5, 1, 4, 2]),
    ] {
        assert_eq!(
            take_all(&mut in_order(order, 10, &entries)),
            expected,
            "{}",
            order.name()
        );
    }
}

#[test]
fn a_full_pool_by_arrival_refuses_what_comes() {
    let mut pending = in_order(PendingOrder::Arrival, 2, &[of(1, 1, 0), of(1, 1, 1)]);
    assert_eq!(insert(&mut pending, of(2, 9, 2)), Err(InsertError::NoRoom));
    assert_eq!(take_all(&mut pending), [0, 1]);
}

#[test]
fn a_full_fair_pool_makes_room_for_another_payer_only() {
    let entries = [of(1, 9, 0), of(1, 9, 1), of(1, 9, 2)];
    let mut pending = in_order(PendingOrder::Fair, 3, &entries);
    assert_eq!(insert(&mut pending, of(1, 9, 3)), Err(InsertError::NoRoom));
    let inserted = insert(&mut pending, of(2, 0, 4)).unwrap();
    assert_eq!(inserted.evicted, [of(1, 9, 2)]);
    assert_eq!(take_all(&mut pending), [0, 4, 1]);
}

#[test]
fn whoever_comes_later_enters_the_present_round() {
    let entries = [of(1, 0, 0), of(1, 0, 1), of(1, 0, 2), of(1, 0, 3)];
    let mut pending = in_order(PendingOrder::Fair, 10, &entries);
    for expected in 0..3 {
        assert_eq!(take_one(&mut pending).unwrap().payload, expected);
    }
    for payload in 4..7 {
        let _ = insert(&mut pending, of(2, 0, payload)).unwrap();
    }
    assert_eq!(take_all(&mut pending), [4, 3, 5, 6], "no rounds were saved up");
}

proptest! {
    /// While two payers have entries, neither is more than one ahead of the other.
    #[test]
    fn a_fair_round_serves_payers_evenly(payers in vec(0..5_u8, 0..40), priorities in vec(0..9_u64, 40)) {
        let numbered = payers.iter().zip(0_u8..).zip(priorities);
        let entries: Vec<_> = numbered.map(|((payer, payload), priority)| of(*payer, priority, payload)).collect();
        let mut pending = in_order(PendingOrder::Fair, 100, &entries);
        let mut served = [0_usize; 5];
        while let Some(entry) = take_one(&mut pending) {
            served[usize::from(entry.payer.0[0])] += 1;
            let waiting = (0..5_usize).filter(|payer| {
                pending.iter().any(|entry| usize::from(entry.payer.0[0]) == *payer)
            });
            let counts: Vec<usize> = waiting.map(|payer| served[payer]).collect();
            if let (Some(most), Some(least)) = (counts.iter().max(), counts.iter().min()) {
                prop_assert!(most - least <= 1, "{served:?}");
            }
        }
        prop_assert_eq!(served.iter().sum::<usize>(), payers.len());
    }
}
