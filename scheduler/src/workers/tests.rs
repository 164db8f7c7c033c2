//! Random blocks on several threads that yield between any two steps.

#![expect(clippy::disallowed_methods, reason = "tests own threads")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::intake::{IntakeLimits, Resolved};
use crate::locks::{Access, Lock};
use crate::locks::{LockWait, ScheduleLimits};
use crate::planted::PlantedBug;
use crate::steps::seed_yields;
use crate::sync::{AtomicBool, AtomicU32, Ordering};

const THREADS: [usize; 4] = [1, 2, 3, 8];
const PATIENCE: Duration = Duration::from_secs(20);

const fn limits(threads: usize) -> WorkersLimits {
    WorkersLimits {
        threads,
        schedule: ScheduleLimits {
            window: 16,
            transaction_locks: 8,
        },
        intake: IntakeLimits {
            batch_transactions: 3,
            batches: 4,
        },
    }
}

/// A block, and which of its transactions have been executed.
struct Block {
    locks: Vec<Vec<Lock>>,
    /// Earlier transactions with which each conflicts.
    conflicts: Vec<Vec<usize>>,
    executed: Vec<AtomicBool>,
    /// Waits that were reported.
    waits: AtomicU32,
}

impl Block {
    fn new(locks: &[Vec<Lock>]) -> Self {
        let conflicts = |(index, own): (usize, &Vec<Lock>)| {
            let earlier = locks[..index].iter().enumerate();
            let conflicting = earlier.filter(|(_, other)| own.iter().any(|own| conflicts(*own, other)));
            conflicting.map(|(index, _)| index).collect()
        };
        Self {
            conflicts: locks.iter().enumerate().map(conflicts).collect(),
            executed: locks.iter().map(|_| AtomicBool::new(false)).collect(),
            waits: AtomicU32::new(0),
            locks: locks.to_vec(),
        }
    }
}

fn conflicts(own: Lock, others: &[Lock]) -> bool {
    let mut same = others.iter().filter(|other| other.id == own.id);
    same.any(|other| own.access == Access::Write || other.access == Access::Write)
}

struct TestLane<'b>(&'b Block);

impl Lane for TestLane<'_> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        for position in positions {
            for lock in &self.0.locks[position as usize] {
                resolved.push_lock(*lock);
            }
            // Short ones, and such as are listed, on several levels.
            resolved.end_transaction((position % 5).saturating_mul(4_000));
        }
    }

    fn execute(&mut self, position: u32) {
        let position = position as usize;
        for earlier in &self.0.conflicts[position] {
            let is_executed = self.0.executed[*earlier].load(Ordering::Relaxed);
            assert!(is_executed, "{position} runs before {earlier}");
        }
        crate::steps::step();
        let was_executed = self.0.executed[position].swap(true, Ordering::Relaxed);
        assert!(!was_executed, "{position} runs twice");
    }

    fn waited(&mut self, wait: LockWait) {
        let (position, behind) = (wait.position as usize, wait.behind as usize);
        assert!(self.0.conflicts[position].contains(&behind), "{wait:?}");
        assert!(self.0.executed[behind].load(Ordering::Relaxed), "{wait:?}");
        assert!(!self.0.executed[position].load(Ordering::Relaxed), "{wait:?}");
        self.0.waits.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs a block, of which half is announced while it runs; returns what the threads did.
fn run(workers: &Workers, locks: &[Vec<Lock>], threads: usize, seed: u64) -> Vec<Work> {
    let block = Block::new(locks);
    let first = u32::try_from(locks.len() / 2).unwrap();
    let conflicts = workers.schedule().conflicts();
    workers.announce(first);
    let work: Vec<Work> = std::thread::scope(|scope| {
        let spawn = |index: usize| {
            let block = &block;
            scope.spawn(move || {
                seed_yields(seed.wrapping_mul(31).wrapping_add(index as u64));
                workers.run(index, &mut TestLane(block))
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        for _ in first as usize..locks.len() {
            workers.announce(1);
            std::thread::yield_now();
        }
        workers.close();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("no thread panics"))
            .collect()
    });
    assert!(
        block
            .executed
            .iter()
            .all(|executed| executed.load(Ordering::Relaxed))
    );
    assert_eq!(
        work.iter().map(|work| work.executed).sum::<u64>(),
        locks.len() as u64
    );
    assert_eq!(work.iter().filter(|work| work.is_last).count(), 1);
    assert!(workers.schedule().is_free());
    let conflicts = workers.schedule().conflicts().wrapping_sub(conflicts);
    assert_eq!(u64::from(block.waits.load(Ordering::Relaxed)), conflicts);
    workers.restart();
    work
}

fn blocks() -> impl Strategy<Value = Vec<Vec<Vec<Lock>>>> {
    let access = prop_oneof![Just(Access::Read), Just(Access::Write)];
    let id = prop_oneof![2 => 0..2_u32, 4 => 2..20_u32];
    let transaction = prop::collection::btree_map(id, access, 0..=5);
    let locks = transaction.prop_map(|locks: BTreeMap<u32, Access>| {
        let locks = locks.into_iter();
        locks.map(|(id, access)| Lock { id, access }).collect()
    });
    prop::collection::vec(prop::collection::vec(locks, 0..100), 1..4)
}

proptest! {
    #[test]
    fn conflicting_transactions_run_in_block_order_and_all_run(blocks in blocks(), seed in 1..u64::MAX) {
        for threads in THREADS {
            let workers = Workers::new(limits(threads));
            for block in &blocks {
                run(&workers, block, threads, seed);
            }
        }
    }
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

#[test]
fn transactions_are_stolen_and_conflicts_are_counted() {
    let locks: Vec<Vec<Lock>> = (0..2_000)
        .map(|index| vec![write(index % 7), read(100)])
        .collect();
    let workers = Workers::new(limits(3));
    let (mut steals, mut seed) = (0, 1);
    while steals == 0 && seed < 100 {
        steals += run(&workers, &locks, 3, seed)
            .iter()
            .map(|work| work.steals)
            .sum::<u64>();
        seed += 1;
    }
    assert!(steals > 0);
    assert!(workers.schedule().conflicts() > 0);
}

#[test]
fn a_lock_that_is_not_taken_is_found() {
    let locks: Vec<Vec<Lock>> = (0..200).map(|index| vec![write(index + 10), write(1)]).collect();
    let found = (1..100).any(|seed| {
        let mut workers = Workers::new(limits(3));
        workers.schedule.planted = Some(PlantedBug::MissedLock);
        let run = std::panic::AssertUnwindSafe(|| run(&workers, &locks, 3, seed));
        std::panic::catch_unwind(run).is_err()
    });
    assert!(found);
}

/// Two transactions that cannot end unless they run at the same time.
struct Meeting<'b>(&'b Barrier);

impl Lane for Meeting<'_> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        for position in positions {
            resolved.push_lock(read(7));
            resolved.push_lock(write(position.wrapping_add(10)));
            resolved.end_transaction(0);
        }
    }

    fn execute(&mut self, _position: u32) {
        self.0.wait();
    }
}

#[test]
fn readers_of_one_account_run_at_the_same_time() {
    let barrier = Barrier::new(2);
    let workers = Workers::new(limits(2));
    std::thread::scope(|scope| {
        for index in 0..2 {
            let (workers, barrier) = (&workers, &barrier);
            scope.spawn(move || workers.run(index, &mut Meeting(barrier)));
        }
        for _ in 0..100 {
            workers.announce(2);
        }
        workers.close();
    });
}

/// Panics in the first transaction.
struct Failing;

impl Lane for Failing {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        for _ in positions {
            resolved.push_lock(write(1));
            resolved.end_transaction(0);
        }
    }

    fn execute(&mut self, _position: u32) {
        panic!("a bug");
    }
}

#[test]
fn nobody_waits_for_a_thread_that_panicked() {
    let workers = Workers::new(limits(3));
    workers.announce(5);
    workers.close();
    let results: Vec<_> = std::thread::scope(|scope| {
        let spawn = |index| {
            scope.spawn({
                let workers = &workers;
                move || workers.run(index, &mut Failing)
            })
        };
        let handles: Vec<_> = (0..3).map(spawn).collect();
        handles
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    assert!(results.iter().all(Result::is_err));
}

#[test]
fn a_block_without_transactions_is_finished_once_it_is_closed() {
    for threads in THREADS {
        run(&Workers::new(limits(threads)), &[], threads, 1);
    }
}

/// One transaction, whose completion makes room for the end of the block. It completes while the other thread looks for more a
/// last time before it waits, and has not seen that yet.
struct Room<'b> {
    workers: &'b Workers,
    is_looked_for: &'b AtomicBool,
    has_completed: &'b AtomicBool,
}

impl Lane for Room<'_> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        positions.for_each(|_| resolved.end_transaction(0));
    }

    fn pull(&mut self) -> bool {
        if self.has_completed.load(Ordering::Acquire) {
            self.workers.close();
        } else if self.workers.idle.is_waited() {
            self.is_looked_for.store(true, Ordering::Release);
            while !self.has_completed.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            // Meanwhile the other thread finds nothing to do and waits.
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    fn execute(&mut self, _position: u32) {
        while !self.is_looked_for.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        self.has_completed.store(true, Ordering::Release);
    }
}

#[test]
fn room_that_comes_up_while_another_thread_pulls_is_seen() {
    let workers = Workers::new(limits(2));
    let (is_looked_for, has_completed) = (AtomicBool::new(false), AtomicBool::new(false));
    workers.announce(1);
    let is_finished = std::thread::scope(|scope| {
        let threads = [0, 1].map(|index| {
            let mut lane = Room {
                workers: &workers,
                is_looked_for: &is_looked_for,
                has_completed: &has_completed,
            };
            let workers = &workers;
            scope.spawn(move || workers.run(index, &mut lane))
        });
        let begun = Instant::now();
        while threads.iter().any(|thread| !thread.is_finished()) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        let is_finished = threads.iter().all(std::thread::ScopedJoinHandle::is_finished);
        workers.close();
        is_finished
    });
    assert!(is_finished, "both threads wait");
}
