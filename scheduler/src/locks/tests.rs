//! The schedule beside the obvious one: a list of all locks of each account, in block order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::planted::PlantedBug;

/// Locks by account in block order, held and waiting alike.
#[derive(Default)]
struct Oracle {
    accounts: BTreeMap<u32, VecDeque<(u32, Access)>>,
    transactions: BTreeMap<u32, Vec<Lock>>,
    runnable: BTreeSet<u32>,
}

impl Oracle {
    /// A lock is granted if no earlier one of its account conflicts with it.
    fn is_granted(&self, position: u32, lock: Lock) -> bool {
        let earlier = self.accounts[&lock.id]
            .iter()
            .take_while(|(other, _)| *other != position);
        let mut earlier = earlier.map(|(_, access)| *access);
        match lock.access {
            Access::Write => earlier.next().is_none(),
            Access::Read => earlier.all(|access| access == Access::Read),
        }
    }

    /// Positions that have become runnable.
    fn newly_runnable(&mut self) -> BTreeSet<u32> {
        let can_run = |(position, locks): (&u32, &Vec<Lock>)| {
            let granted = locks.iter().all(|lock| self.is_granted(*position, *lock));
            granted.then_some(*position)
        };
        let all: BTreeSet<u32> = self.transactions.iter().filter_map(can_run).collect();
        let new = all.difference(&self.runnable).copied().collect();
        self.runnable = all;
        new
    }

    fn register(&mut self, position: u32, locks: &[Lock]) -> BTreeSet<u32> {
        for lock in locks {
            let account = self.accounts.entry(lock.id).or_default();
            account.push_back((position, lock.access));
        }
        self.transactions.insert(position, locks.to_vec());
        self.newly_runnable()
    }

    fn complete(&mut self, position: u32) -> BTreeSet<u32> {
        for lock in self.transactions.remove(&position).unwrap() {
            self.accounts
                .get_mut(&lock.id)
                .unwrap()
                .retain(|(other, _)| *other != position);
        }
        self.runnable.remove(&position);
        self.newly_runnable()
    }
}

const LIMITS: ScheduleLimits = ScheduleLimits {
    window: 16,
    transaction_locks: 9,
};

fn schedule() -> Schedule {
    Schedule::new(LIMITS)
}

const fn read(id: u32) -> Lock {
    Lock {
        id,
        access: Access::Read,
    }
}

const fn write(id: u32) -> Lock {
    Lock {
        id,
        access: Access::Write,
    }
}

fn complete(schedule: &Schedule, position: u32) -> Vec<u32> {
    let mut woken = Vec::new();
    schedule.complete(position, &mut |position| woken.push(position));
    woken
}

/// Transactions of up to nine accounts of ten, half of them written.
fn block() -> impl Strategy<Value = Vec<Vec<Lock>>> {
    let access = prop_oneof![Just(Access::Read), Just(Access::Write)];
    // The second segment of the table, too.
    let id = prop_oneof![4 => 0..4_u32, 2 => 65_534..65_540_u32];
    let transaction = prop::collection::btree_map(id, access, 0..=9);
    let locks = transaction.prop_map(|locks| {
        let locks = locks.into_iter();
        locks.map(|(id, access)| Lock { id, access }).collect()
    });
    prop::collection::vec(locks, 1..60)
}

/// Registers and completes in an order that `choices` gives, and compares what becomes runnable.
fn run_beside_oracle(
    schedule: &Schedule,
    block: &[Vec<Lock>],
    choices: &[usize],
) -> Result<(), TestCaseError> {
    let mut oracle = Oracle::default();
    let mut next = 0_u32;
    let mut choices = choices.iter().cycle();
    loop {
        let has_room = (next as usize) < block.len() && schedule.has_room(next);
        let choice = *choices.next().unwrap();
        if has_room && (choice.is_multiple_of(2) || oracle.runnable.is_empty()) {
            let locks = &block[next as usize];
            let is_runnable = schedule.register(next, 0, locks.iter().copied());
            let expected = oracle.register(next, locks);
            prop_assert_eq!(is_runnable.then_some(next), expected.first().copied());
            next = next.wrapping_add(1);
        } else if oracle.runnable.is_empty() {
            prop_assert_eq!(next as usize, block.len(), "nothing can run");
            break;
        } else {
            let index = choice.checked_rem(oracle.runnable.len()).unwrap();
            let position = *oracle.runnable.iter().nth(index).unwrap();
            let mut woken = complete(schedule, position);
            woken.sort_unstable();
            let expected: Vec<u32> = oracle.complete(position).into_iter().collect();
            prop_assert_eq!(woken, expected);
        }
    }
    prop_assert!(schedule.is_free());
    Ok(())
}

fn choices() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..1_000_usize, 1..100)
}

proptest! {
    #[test]
    fn grants_what_the_obvious_schedule_grants(block in block(), choices in choices()) {
        run_beside_oracle(&schedule(), &block, &choices)?;
    }
}

/// Whether random blocks show the defect.
fn finds(bug: PlantedBug) -> bool {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let result = runner.run(&(block(), choices()), |(block, choices)| {
        let schedule = Schedule {
            planted: Some(bug),
            ..schedule()
        };
        run_beside_oracle(&schedule, &block, &choices)
    });
    result.is_err()
}

#[test]
fn a_lock_that_is_not_taken_is_found() {
    assert!(finds(PlantedBug::MissedLock));
}

#[test]
fn a_reader_that_passes_a_waiting_writer_is_found() {
    assert!(finds(PlantedBug::ReaderPassesWriter));
}

#[test]
fn a_granted_reader_that_goes_on_waiting_is_found() {
    assert!(finds(PlantedBug::UncountedReader));
}

#[test]
fn transactions_without_a_common_account_run_at_once() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, [write(1), read(2)]));
    assert!(schedule.register(1, 0, [write(3), read(2)]));
    assert!(schedule.register(2, 0, []));
    assert_eq!(schedule.conflicts(), 0);
    assert!(!schedule.is_free());
}

#[test]
fn a_chain_is_woken_one_by_one() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, [write(1)]));
    for position in 1..16 {
        assert!(!schedule.register(position, 0, [write(1)]));
    }
    for position in 0..15 {
        assert_eq!(complete(&schedule, position), [position + 1]);
    }
    assert!(complete(&schedule, 15).is_empty());
    assert_eq!(schedule.conflicts(), 15);
    assert!(schedule.is_free());
}

#[test]
fn readers_that_are_next_to_each_other_are_granted_together_and_a_reader_behind_a_writer_waits() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, [write(1)]));
    for (position, lock) in [(1, read(1)), (2, read(1)), (3, write(1)), (4, read(1))] {
        assert!(!schedule.register(position, 0, [lock]));
    }
    assert_eq!(complete(&schedule, 0), [1, 2]);
    assert!(complete(&schedule, 2).is_empty());
    assert_eq!(complete(&schedule, 1), [3]);
    assert_eq!(complete(&schedule, 3), [4]);
}

#[test]
fn a_transaction_runs_when_the_last_of_its_locks_is_granted() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, [write(1)]));
    assert!(schedule.register(1, 0, [write(2)]));
    assert!(!schedule.register(2, 0, [write(1), write(2), write(3)]));
    assert!(!schedule.register(3, 0, [write(3)]));
    assert!(complete(&schedule, 1).is_empty());
    assert_eq!(complete(&schedule, 0), [2]);
    assert_eq!(complete(&schedule, 2), [3]);
}

#[test]
fn the_window_moves_on_when_its_oldest_transaction_has_completed() {
    let schedule = schedule();
    for position in 0..16 {
        assert!(schedule.register(position, 0, [write(position)]));
    }
    complete(&schedule, 1);
    assert!(!schedule.has_room(16));
    complete(&schedule, 0);
    assert!(schedule.has_room(16));
    assert!(schedule.register(16, 0, [write(0)]));
}

#[test]
fn a_transaction_may_have_as_many_locks_as_the_limit() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, (0..9).map(write)));
    assert!(!schedule.register(1, 0, (0..9).rev().map(write)));
    assert_eq!(complete(&schedule, 0), [1]);
    assert!(complete(&schedule, 1).is_empty());
    assert!(schedule.is_free());
}

#[test]
#[should_panic(expected = "more locks than its limit")]
fn one_lock_more_is_a_bug_of_the_caller() {
    schedule().register(0, 0, (0..10).map(write));
}

#[test]
#[should_panic(expected = "what completes is in the window")]
fn completing_what_is_not_there_is_a_bug_of_the_caller() {
    schedule().complete(3, &mut |_| {});
}

#[test]
fn the_largest_window_can_queue_all_of_its_transactions_on_one_account() {
    let schedule = Schedule::new(ScheduleLimits {
        window: WINDOW_MAX,
        transaction_locks: 128,
    });
    assert!(schedule.register(0, 0, [write(7)]));
    for position in 1..WINDOW_MAX {
        assert!(!schedule.register(position, 0, [read(7)]));
    }
    assert_eq!(complete(&schedule, 0).len(), WINDOW_MAX as usize - 1);
    assert!(schedule.register(WINDOW_MAX, 0, [read(7)]));
}

#[test]
fn a_slot_is_one_cache_line() {
    assert_eq!(size_of::<Slot>(), 64);
}

/// Notes what completions report.
#[derive(Default)]
struct Reported {
    woken: Vec<u32>,
    waits: Vec<(u32, u32, u32)>,
}

impl OnComplete for Reported {
    fn woken(&mut self, position: u32) {
        self.woken.push(position);
    }

    fn granted(&mut self, wait: LockWait) {
        assert!(!self.woken.contains(&wait.position), "reported before it can run");
        self.waits.push((wait.position, wait.id, wait.behind));
    }
}

#[test]
fn a_wait_names_the_account_and_who_handed_it_over() {
    let schedule = schedule();
    assert!(schedule.register(0, 0, [write(1), write(2)]));
    assert!(schedule.register(1, 0, [write(3)]));
    assert!(!schedule.register(2, 0, [read(1), write(3), write(4)]));
    assert!(!schedule.register(3, 0, [read(1)]));
    assert!(!schedule.register(4, 0, [write(1)]));
    let mut reported = Reported::default();
    for position in [1, 0, 3, 2, 4] {
        schedule.complete(position, &mut reported);
    }
    let expected = [(2, 3, 1), (2, 1, 0), (3, 1, 0), (4, 1, 2)];
    assert_eq!(reported.waits, expected);
    assert_eq!(reported.waits.len() as u64, schedule.conflicts());
    assert_eq!(reported.woken, [2, 3, 4]);
}
