//! Which transactions can be asked about, for how long, and how many.

use isobath_sdk::{Signature, TransactionError};

use super::{Accepted, AcceptedTx, DROPPED_MAX, DropReason, DroppedTx, KEPT_MS};

fn signature(number: usize) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Signature(bytes)
}

const fn at(slot: u64, reason: DropReason) -> DroppedTx {
    DroppedTx { reason, slot }
}

#[test]
fn a_transaction_is_pending_until_it_is_published_or_dropped() {
    let index = Accepted::default();
    assert_eq!(index.get(&signature(1), 0), None);
    for number in 1..=3 {
        index.accept(&signature(number));
    }
    index.publish([&signature(1)]);
    let dropped = at(7, DropReason::NoEffect(TransactionError::AccountNotFound));
    assert_eq!(index.drop_all([(signature(2), dropped)], 50), 0);
    assert_eq!(index.get(&signature(1), 50), None);
    assert_eq!(index.get(&signature(2), 50), Some(AcceptedTx::Dropped(dropped)));
    assert_eq!(index.get(&signature(3), 50), Some(AcceptedTx::Pending));
}

#[test]
fn a_dropped_transaction_is_forgotten_after_ten_minutes_of_the_chain() {
    let index = Accepted::default();
    let dropped = at(1, DropReason::Expired);
    index.accept(&signature(2));
    assert_eq!(index.drop_all([(signature(1), dropped)], 1_000), 0);
    let last = 1_000 + KEPT_MS;
    assert_eq!(index.get(&signature(1), last), Some(AcceptedTx::Dropped(dropped)));
    assert_eq!(index.get(&signature(1), last + 1), None);
    assert_eq!(
        index.get(&signature(2), last + 1),
        Some(AcceptedTx::Pending),
        "what waits is not forgotten"
    );
}

#[test]
fn a_transaction_that_is_accepted_again_outlives_its_first_drop() {
    let index = Accepted::default();
    let (first, second) = (at(1, DropReason::Evicted), at(9, DropReason::Expired));
    index.drop_all([(signature(1), first)], 0);
    index.accept(&signature(1));
    assert_eq!(index.get(&signature(1), KEPT_MS + 1), Some(AcceptedTx::Pending));
    index.drop_all([(signature(2), first)], KEPT_MS);
    index.accept(&signature(2));
    index.drop_all([(signature(2), second)], KEPT_MS + 5);
    let found = index.get(&signature(2), 2 * KEPT_MS + 1);
    assert_eq!(found, Some(AcceptedTx::Dropped(second)));
}

#[test]
fn above_the_bound_the_oldest_are_forgotten_and_counted() {
    let index = Accepted::default();
    let dropped = at(1, DropReason::Evicted);
    let all = (0..DROPPED_MAX + 3).map(|number| (signature(number), dropped));
    assert_eq!(index.drop_all(all, 0), 3);
    assert_eq!(index.get(&signature(2), 0), None);
    assert_eq!(index.get(&signature(3), 0), Some(AcceptedTx::Dropped(dropped)));
}
