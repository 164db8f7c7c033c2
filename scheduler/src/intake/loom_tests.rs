//! Every interleaving of two threads that take in a block and run it, by the model checker.

use std::sync::Arc;
use std::sync::atomic::AtomicU32 as Counter;

use loom::thread;

use super::*;
use crate::locks::{Access, ScheduleLimits};

const TRANSACTIONS: u32 = 3;

/// A block of transactions that write one account, in batches of one and a window of two.
struct Block {
    schedule: Schedule,
    intake: Intake,
    /// Transactions that have run. The schedule orders them, so nobody reads an old number.
    executed: AtomicU32,
    /// The same, not part of the model.
    runs: Counter,
}

impl Block {
    fn new() -> Self {
        let block = Self {
            schedule: Schedule::new(ScheduleLimits {
                window: 2,
                transaction_locks: 1,
            }),
            intake: Intake::new(IntakeLimits {
                batch_transactions: 1,
                batches: 2,
            }),
            executed: AtomicU32::new(0),
            runs: Counter::new(0),
        };
        block.intake.announce(TRANSACTIONS);
        block
    }

    /// What a thread does until it finds nothing to do.
    fn work(&self, register: impl Fn(&Self, &mut Vec<u32>) + Copy) {
        let mut runnable = Vec::new();
        while let Some(claim) = self.intake.claim() {
            self.intake.resolve(claim, |_, resolved| {
                resolved.push_lock(Lock {
                    id: 0,
                    access: Access::Write,
                });
                resolved.end_transaction(0);
            });
            self.intake
                .register(&self.schedule, &mut |position| runnable.push(position));
            while let Some(position) = runnable.pop() {
                self.run(position);
                self.schedule
                    .complete(position, &mut |woken| runnable.push(woken));
                register(self, &mut runnable);
            }
        }
    }

    fn run(&self, position: u32) {
        assert_eq!(self.executed.load(Ordering::Relaxed), position, "in block order");
        self.executed.store(position.wrapping_add(1), Ordering::Relaxed);
        self.runs.fetch_add(1, Ordering::Relaxed);
    }
}

fn check(register: impl Fn(&Block, &mut Vec<u32>) + Copy + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let block = Arc::new(Block::new());
        let other = thread::spawn({
            let block = Arc::clone(&block);
            move || block.work(register)
        });
        block.work(register);
        other.join().unwrap();
        // A thread that found the ring full has stopped while the other had work; it would have looked again.
        block.work(register);
        assert_eq!(block.runs.load(Ordering::Relaxed), TRANSACTIONS);
        assert!(block.schedule.is_free());
    });
}

#[test]
fn every_transaction_is_registered_once_in_block_order() {
    check(|block, runnable| {
        block
            .intake
            .register(&block.schedule, &mut |position| runnable.push(position));
    });
}

#[test]
fn a_thread_that_makes_room_and_does_not_ask_is_found() {
    assert!(std::panic::catch_unwind(|| check(|_, _| ())).is_err());
}
