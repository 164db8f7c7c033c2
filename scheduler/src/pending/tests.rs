//! Tests of the pending pool: its rules one at a time, by topic, and random calls against a sorted list (`random_calls`,
//! `oracle`).

mod budgets;
mod expiry;
mod nonces;
mod oracle;
mod order;
mod random_calls;
mod room;
mod taken;

use super::*;
use crate::{Budget, BudgetLimits, Nonce};

const ROOMY: PendingLimits = PendingLimits {
    transactions: 1_000,
    bytes: 1_000_000,
    payer_transactions: 1_000,
    payer_bytes: 1_000_000,
    taken: 1_000,
};
const AMPLE: BudgetLimits = BudgetLimits {
    transactions: 1_000,
    cost_units: 1_000_000,
    account_cost_units: 1_000_000,
    bytes: 1_000_000,
    record_bytes: 1_000_000,
};

/// An entry that costs 100 units, pays 5 lamports and has 10 bytes, for blocks 1 to 150; its identity is its payload.
fn entry(priority: u64, payload: u8) -> Entry<u8> {
    Entry {
        priority,
        cost_units: 100,
        size_bytes: 10,
        record_bytes: 0,
        writable: Box::default(),
        payer: Pubkey([0; 32]),
        fee_lamports: 5,
        arrived_at_height: 0,
        expires_at_height: 150,
        nonce: None,
        identity: Hash([payload; 32]),
        payload,
    }
}

fn pool(limits: PendingLimits, entries: impl IntoIterator<Item = Entry<u8>>) -> Pending<u8> {
    let mut pending = Pending::new(limits);
    for entry in entries {
        assert_eq!(
            insert(&mut pending, entry).unwrap().evicted,
            [],
            "set up within the limits"
        );
    }
    pending
}

fn insert<T: Clone>(pending: &mut Pending<T>, entry: Entry<T>) -> Result<Inserted<T>, InsertError> {
    pending.insert(entry, |_| true)
}

/// What a payer owes, judging by the view of height 0.
fn fees_of<T: Clone>(pending: &Pending<T>, payer: &Pubkey) -> u64 {
    fees_at(pending, payer, 0)
}

fn fees_at<T: Clone>(pending: &Pending<T>, payer: &Pubkey, height: u64) -> u64 {
    let of_payer = pending.payers.get(payer);
    of_payer.map_or(0, |of_payer| pending.owed(of_payer, height))
}

/// Forgets what was taken for blocks up to that of a height.
fn forget_taken<T: Clone>(pending: &mut Pending<T>, height: u64) {
    while pending.forget_taken(height) {}
}

fn payloads<'a>(entries: impl IntoIterator<Item = &'a Entry<u8>>) -> Vec<u8> {
    entries.into_iter().map(|entry| entry.payload).collect()
}

fn take_all(pending: &mut Pending<u8>, limits: BudgetLimits) -> Vec<u8> {
    let mut budget = Budget::new(limits);
    std::iter::from_fn(|| take(pending, &mut budget))
        .map(|entry| entry.payload)
        .collect()
}

/// The next entry that fits, however many calls it takes.
fn take(pending: &mut Pending<u8>, budget: &mut Budget) -> Option<Entry<u8>> {
    loop {
        match pending.take(budget) {
            Taken::Entry(entry) => return Some(entry),
            Taken::More => {}
            Taken::Nothing => return None,
        }
    }
}

fn with_nonce(priority: u64, payload: u8, account: u8, value: u8) -> Entry<u8> {
    let nonce = Nonce {
        account: Pubkey([account; 32]),
        value: Hash([value; 32]),
    };
    Entry {
        nonce: Some(Box::new(nonce)),
        payer: Pubkey([payload; 32]),
        ..entry(priority, payload)
    }
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
    assert_eq!(insert(&mut pending, again), Err(InsertError::Duplicate));
    assert_eq!(payloads(pending.iter()), [1]);
    assert_eq!(pending.bytes(), 10);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, AMPLE), [1]);
    assert_eq!(insert(&mut pending, entry(5, 1)), Err(InsertError::Duplicate));
    assert_eq!(pending.get(&Hash([1; 32])), Some(&1));
    // Once readers see the block, it is theirs to recognize.
    forget_taken(&mut pending, 1);
    assert_eq!(pending.get(&Hash([1; 32])), None);
    let again = Entry {
        arrived_at_height: 1,
        ..entry(5, 1)
    };
    assert!(insert(&mut pending, again).is_ok());
}

#[test]
fn remove_takes_out_by_identity() {
    let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2)]);
    assert_eq!(pending.remove(&Hash([1; 32])), Some(entry(3, 1)));
    assert_eq!(pending.remove(&Hash([1; 32])), None);
    assert_eq!(payloads(pending.iter()), [2]);
}
