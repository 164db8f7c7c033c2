//! The intake, one call after the other.

use super::*;
use crate::locks::{Access, ScheduleLimits};

fn intake() -> Intake {
    Intake::new(IntakeLimits {
        batch_transactions: 3,
        batches: 2,
    })
}

fn schedule() -> Schedule {
    Schedule::new(ScheduleLimits {
        window: 4,
        transaction_locks: 2,
    })
}

/// Resolves transactions that share no account.
fn resolve(positions: Range<u32>, resolved: &mut Resolved) {
    for id in positions {
        resolved.push_lock(Lock {
            id,
            access: Access::Write,
        });
        resolved.end_transaction(0);
    }
}

fn register(intake: &Intake, schedule: &Schedule) -> Vec<u32> {
    let mut runnable = Vec::new();
    assert!(intake.register(schedule, &mut |position| runnable.push(position)));
    runnable
}

#[test]
fn batches_are_claimed_in_order_and_at_most_as_many_as_the_limit() {
    let intake = intake();
    assert!(intake.claim().is_none());
    intake.announce(4);
    let first = intake.claim().unwrap();
    let second = intake.claim().unwrap();
    assert_eq!((first.positions, second.positions), (0..3, 3..4));
    intake.announce(10);
    assert!(intake.claim().is_none(), "two batches wait to be registered");
}

#[test]
fn a_batch_that_is_resolved_early_waits_for_the_one_before() {
    let (intake, schedule) = (intake(), schedule());
    intake.announce(4);
    let (first, second) = (intake.claim().unwrap(), intake.claim().unwrap());
    intake.resolve(second, resolve);
    assert!(!intake.can_register(&schedule));
    assert!(register(&intake, &schedule).is_empty());
    intake.resolve(first, resolve);
    assert!(intake.can_register(&schedule));
    assert_eq!(register(&intake, &schedule), [0, 1, 2, 3]);
}

#[test]
fn registration_goes_on_in_a_batch_when_the_window_has_room() {
    let (intake, schedule) = (intake(), schedule());
    intake.announce(6);
    while let Some(claim) = intake.claim() {
        intake.resolve(claim, resolve);
    }
    assert_eq!(register(&intake, &schedule), [0, 1, 2, 3]);
    schedule.complete(1, &mut |_| {});
    assert!(!intake.can_register(&schedule));
    assert!(register(&intake, &schedule).is_empty());
    schedule.complete(0, &mut |_| {});
    assert!(intake.can_register(&schedule));
    assert_eq!(register(&intake, &schedule), [4, 5]);
}

#[test]
fn the_next_block_starts_at_its_first_position() {
    let (intake, schedule) = (intake(), schedule());
    for _ in 0..5 {
        intake.announce(4);
        assert_eq!(intake.closed_len(), None);
        intake.close();
        assert_eq!(intake.closed_len(), Some(4));
        while let Some(claim) = intake.claim() {
            intake.resolve(claim, resolve);
        }
        for position in register(&intake, &schedule) {
            schedule.complete(position, &mut |_| {});
        }
        intake.restart();
    }
}

#[test]
#[should_panic(expected = "the last block is registered")]
fn a_block_that_is_not_registered_does_not_end() {
    let intake = intake();
    intake.announce(1);
    intake.restart();
}

#[test]
#[should_panic(expected = "every transaction of a batch is resolved")]
fn a_batch_is_resolved_whole() {
    let intake = intake();
    intake.announce(2);
    let claim = intake.claim().unwrap();
    intake.resolve(claim, |_, resolved| resolved.end_transaction(0));
}
