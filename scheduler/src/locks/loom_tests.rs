//! Every interleaving of registration and completion, by the model checker: `cargo test -p isobath-scheduler --lib
//! --features loom`.
//!
//! A transaction that writes an account counts in it without any order of its own, so the checker lets it read an old count
//! unless the schedule orders it behind the transaction before. Planted defects must be found.

use std::sync::Arc;

use loom::thread;

use super::*;
use crate::planted::PlantedBug;
use crate::sync::AtomicU32;

const LIMITS: ScheduleLimits = ScheduleLimits {
    window: 4,
    transaction_locks: 2,
};

/// A block of up to four transactions over two accounts.
struct Block {
    schedule: Schedule,
    transactions: Vec<Vec<Lock>>,
    /// Transactions that have written each account.
    written: [AtomicU32; 2],
    /// How often each transaction ran. Not part of the model.
    runs: [std::sync::atomic::AtomicU32; 4],
}

impl Block {
    fn new(transactions: &[&[Lock]], planted: Option<PlantedBug>) -> Self {
        Self {
            schedule: Schedule {
                planted,
                ..Schedule::new(LIMITS)
            },
            transactions: transactions.iter().map(|locks| locks.to_vec()).collect(),
            written: std::array::from_fn(|_| AtomicU32::new(0)),
            runs: std::array::from_fn(|_| std::sync::atomic::AtomicU32::new(0)),
        }
    }

    fn register(&self, position: u32) -> bool {
        let locks = self.transactions[position as usize].iter().copied();
        self.schedule.register(position, 0, locks)
    }

    /// Runs a transaction, and then what it makes runnable.
    fn run(&self, position: u32) {
        self.runs[position as usize].fetch_add(1, Ordering::Relaxed);
        for lock in &self.transactions[position as usize] {
            self.access(position, *lock);
        }
        let mut woken = Vec::new();
        self.schedule
            .complete(position, &mut |position| woken.push(position));
        for position in woken {
            self.run(position);
        }
    }

    /// Every writer that is earlier in the block has written, and no other.
    fn access(&self, position: u32, lock: Lock) {
        let written = self.written[lock.id as usize].load(Ordering::Relaxed);
        let earlier = self.transactions[..position as usize].iter().flatten();
        let earlier = earlier.filter(|other| **other == write(lock.id)).count();
        assert_eq!(written as usize, earlier, "{position} runs in its turn");
        if lock.access == Access::Write {
            self.written[lock.id as usize].store(written.wrapping_add(1), Ordering::Relaxed);
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

/// The first `registered` transactions run on threads of their own while the others are registered.
fn check(transactions: &'static [&'static [Lock]], registered: u32, planted: Option<PlantedBug>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let block = Arc::new(Block::new(transactions, planted));
        let spawn = |position| {
            assert!(block.register(position));
            let block = Arc::clone(&block);
            move || block.run(position)
        };
        let runs: Vec<_> = (0..registered).map(spawn).collect();
        let threads: Vec<_> = runs.into_iter().map(thread::spawn).collect();
        let count = u32::try_from(transactions.len()).unwrap();
        let later: Vec<u32> = (registered..count)
            .filter(|position| block.register(*position))
            .collect();
        for position in later {
            block.run(position);
        }
        for thread in threads {
            thread.join().unwrap();
        }
        let runs = block.runs[..transactions.len()].iter();
        assert!(
            runs.map(|runs| runs.load(Ordering::Relaxed))
                .all(|runs| runs == 1)
        );
        assert!(block.schedule.is_free());
    });
}

/// Whether the checker finds the defect.
fn finds(transactions: &'static [&'static [Lock]], registered: u32, planted: PlantedBug) -> bool {
    std::panic::catch_unwind(|| check(transactions, registered, Some(planted))).is_err()
}

/// A writer, a writer behind it, and two readers.
const ONE_ACCOUNT: &[&[Lock]] = &[&[write(0)], &[write(0)], &[read(0)], &[read(0)]];
/// Two readers, a writer, and a reader behind it.
const READERS_FIRST: &[&[Lock]] = &[&[read(0)], &[read(0)], &[write(0)], &[read(0)]];
/// A transaction that waits for two others.
const TWO_ACCOUNTS: &[&[Lock]] = &[&[write(0)], &[write(1)], &[write(0), write(1)]];

#[test]
fn a_queue_of_one_account_is_served_in_order() {
    check(ONE_ACCOUNT, 1, None);
}

#[test]
fn the_last_of_several_readers_hands_over_to_the_writer() {
    check(READERS_FIRST, 2, None);
}

#[test]
fn a_transaction_that_waits_for_two_runs_once() {
    check(TWO_ACCOUNTS, 2, None);
}

#[test]
fn a_reader_that_passes_a_waiting_writer_is_found() {
    assert!(finds(READERS_FIRST, 2, PlantedBug::ReaderPassesWriter));
}

#[test]
fn a_lock_that_is_not_taken_is_found() {
    assert!(finds(TWO_ACCOUNTS, 2, PlantedBug::MissedLock));
}

#[test]
fn a_transaction_that_runs_while_it_is_registered_is_found() {
    assert!(finds(TWO_ACCOUNTS, 2, PlantedBug::CountsWhileRegistering));
}

#[test]
fn a_granted_reader_that_goes_on_waiting_is_found() {
    assert!(finds(ONE_ACCOUNT, 1, PlantedBug::UncountedReader));
}
