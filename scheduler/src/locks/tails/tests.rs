//! Tails against those of the obvious pass over a list of transactions.

use proptest::prelude::*;

use super::*;
use crate::locks::{Lock, ScheduleLimits};

const WINDOW: u32 = 32;

fn schedule() -> Schedule {
    Schedule::new(ScheduleLimits {
        window: WINDOW,
        transaction_locks: 8,
    })
}

const fn lock(id: u32, access: Access) -> Lock {
    Lock { id, access }
}

const fn write(id: u32) -> Lock {
    lock(id, Access::Write)
}

const fn read(id: u32) -> Lock {
    lock(id, Access::Read)
}

fn tails(schedule: &Schedule, count: u32) -> Vec<u32> {
    (0..count).map(|position| schedule.tail(position)).collect()
}

#[test]
fn a_tail_is_the_longest_chain_behind() {
    let schedule = schedule();
    schedule.register(0, 5, [write(1), write(2)]);
    schedule.register(1, 10, [write(1)]);
    schedule.register(2, 20, [write(2)]);
    schedule.register(3, 40, [write(2), write(3)]);
    schedule.register(4, 7, [write(9)]);
    assert_eq!(tails(&schedule, 5), [5, 10, 20, 40, 7], "before anybody looks");
    assert!(schedule.find_tails(5, true));
    assert_eq!(tails(&schedule, 5), [65, 10, 60, 40, 7]);
    schedule.complete(0, &mut |_| {});
    schedule.register(5, 100, [write(1)]);
    assert!(schedule.find_tails(6, true));
    assert_eq!((schedule.tail(1), schedule.tail(2)), (110, 60));
}

#[test]
fn readers_have_the_writer_behind_them_and_are_all_behind_the_one_before() {
    let schedule = schedule();
    schedule.register(0, 1, [write(1)]);
    schedule.register(1, 10, [read(1)]);
    schedule.register(2, 30, [read(1)]);
    schedule.register(3, 20, [read(1)]);
    schedule.register(4, 100, [write(1)]);
    assert!(schedule.find_tails(5, true));
    assert_eq!(tails(&schedule, 5), [131, 110, 130, 120, 100]);
}

#[test]
fn a_walk_is_due_when_enough_was_queued() {
    let schedule = schedule();
    let enough = u32::try_from(UNITS_PER_SLOT).unwrap();
    schedule.register(0, u32::MAX, [write(1)]);
    assert!(!schedule.find_tails(1, true), "nothing is queued");
    schedule.register(1, 2 * enough - 1, [write(1)]);
    assert!(!schedule.find_tails(2, false));
    schedule.register(2, enough + 1, [write(1)]);
    assert!(schedule.find_tails(3, false));
    assert!(!schedule.find_tails(3, false), "nothing was queued since");
    assert_eq!(schedule.tail(0), u32::MAX, "sums end there");
}

fn transactions() -> impl Strategy<Value = Vec<(u32, Vec<Lock>)>> {
    let locks = prop::collection::btree_set(0..6_u32, 0..4);
    let locks = locks.prop_map(|ids| ids.into_iter().map(write).collect());
    prop::collection::vec((0..1_000_u32, locks), 0..40)
}

/// From the last to the first: the next transaction with the same account is what waits.
fn expected(transactions: &[(u32, Vec<Lock>)]) -> Vec<u32> {
    let mut tails = vec![0; transactions.len()];
    for (index, (units, locks)) in transactions.iter().enumerate().rev() {
        let next = |lock: &Lock| {
            let mut later = (index.saturating_add(1)..transactions.len())
                .filter(|later| transactions[*later].1.contains(lock));
            later.next().map_or(0, |later| tails[later])
        };
        tails[index] = units.saturating_add(locks.iter().map(next).max().unwrap_or(0));
    }
    tails
}

proptest! {
    #[test]
    fn tails_of_writers_are_those_of_the_obvious_pass(transactions in transactions(), completes in 0..20_u32) {
        let schedule = schedule();
        let window = &transactions[..transactions.len().min(WINDOW as usize)];
        let mut runnable = std::collections::BTreeSet::new();
        for (position, (units, locks)) in (0..).zip(window) {
            if schedule.register(position, *units, locks.iter().copied()) {
                runnable.insert(position);
            }
        }
        for _ in 0..completes {
            if let Some(position) = runnable.pop_first() {
                schedule.complete(position, &mut |woken| { runnable.insert(woken); });
            }
        }
        let end = u32::try_from(window.len()).unwrap();
        schedule.count_queued(1);
        prop_assert_eq!(schedule.find_tails(end, true), end > 0);
        for (position, tail) in (0..).zip(expected(window)) {
            if schedule.slots.slot(position).occupied.load(Ordering::Relaxed) != 0 {
                prop_assert_eq!(schedule.tail(position), tail, "{}", position);
            }
        }
    }
}
