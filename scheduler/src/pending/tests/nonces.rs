//! Entries that use a durable nonce.

use super::super::*;
use super::{AMPLE, ROOMY, fees_of, forget_taken, insert, payloads, pool, take, with_nonce};
use crate::Budget;

/// Only one of them would pay.
#[test]
fn a_nonce_has_one_entry_which_a_clearly_better_one_replaces() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1), with_nonce(80, 2, 8, 1)]);
    let outbid = InsertError::NoncePending { outbid_priority: 90 };
    assert_eq!(insert(&mut pending, with_nonce(90, 3, 7, 1)), Err(outbid));
    let inserted = insert(&mut pending, with_nonce(91, 3, 7, 1)).unwrap();
    assert_eq!(inserted.replaced.map(|replaced| replaced.payload), Some(1));
    assert_eq!(payloads(pending.iter()), [3, 2]);
    assert_eq!(fees_of(&pending, &Pubkey([1; 32])), 0);
    assert!(pending.remove(&Hash([3; 32])).is_some());
    assert!(
        insert(&mut pending, with_nonce(0, 4, 7, 1)).is_ok(),
        "it is free again"
    );
}

#[test]
fn a_nonce_that_was_taken_is_refused_until_the_block_is_published() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1)]);
    pending.begin_block(1);
    let taken = take(&mut pending, &mut Budget::new(AMPLE)).unwrap();
    let used = Err(InsertError::NonceTaken);
    assert_eq!(insert(&mut pending, with_nonce(u64::MAX, 2, 7, 1)), used);
    pending.release(&taken);
    assert_eq!(
        insert(&mut pending, with_nonce(u64::MAX, 2, 7, 1)),
        used,
        "also without effect"
    );
    forget_taken(&mut pending, 1);
    let next = Entry {
        arrived_at_height: 1,
        ..with_nonce(1, 3, 7, 2)
    };
    assert!(insert(&mut pending, next).is_ok());
}

/// The nonce has advanced, so one of the two views is older.
#[test]
fn an_entry_of_a_newer_value_replaces_one_of_an_older_value() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1)]);
    let newer = Entry {
        arrived_at_height: 4,
        ..with_nonce(1, 2, 7, 2)
    };
    let inserted = insert(&mut pending, newer).unwrap();
    assert_eq!(inserted.replaced.map(|replaced| replaced.payload), Some(1));
    let older = with_nonce(u64::MAX, 3, 7, 1);
    assert_eq!(insert(&mut pending, older), Err(InsertError::Outdated));
}

/// The entry that is replaced makes room, in the share of the payer as in the pool.
#[test]
fn a_replacement_needs_no_other_room() {
    let limits = PendingLimits {
        transactions: 1,
        payer_transactions: 1,
        ..ROOMY
    };
    let mut pending = pool(limits, [with_nonce(80, 1, 7, 1)]);
    let better = Entry {
        payer: Pubkey([1; 32]),
        ..with_nonce(100, 2, 7, 1)
    };
    let inserted = pending.insert(better, |fees| fees <= 5).unwrap();
    assert_eq!(payloads(&inserted.replaced), [1]);
    assert_eq!(inserted.evicted, []);
}
