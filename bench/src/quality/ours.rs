//! Our scheduled stage in virtual time: the workers of `isobath_scheduler` themselves, driven step by step.
//!
//! A worker that finds something is busy for the real cost of what it found; then it says so, and all that are idle look
//! again. So what is measured is what the node runs: intake, locks, queues, ranks. Scheduling takes no time here.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use isobath_scheduler::{IntakeLimits, Lane, Resolved, ScheduleLimits, Worker, Workers, WorkersLimits};

use super::blocks::Tx;

/// As in the runtime.
const LIMITS: WorkersLimits = WorkersLimits {
    threads: 0,
    schedule: ScheduleLimits {
        window: 2_048,
        transaction_locks: 64,
    },
    intake: IntakeLimits {
        batch_transactions: 32,
        batches: 64,
    },
};
/// Transactions that are taken from the pool together, as in the node.
const PULLED: usize = 32;
/// Units of a transaction after which no other is taken together with it, as in the node, which counts 21,000 more for
/// signatures, locks and data.
const LIGHT_UNITS: u64 = 19_000;
/// Transactions that are taken and not settled, as in the node.
const IN_FLIGHT_MAX: u32 = 1_024;

/// How the order of a block becomes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// All at once, as for a block that is executed again.
    Whole,
    /// Taken from the pool when workers ask for more, as while a block is built.
    Pulled,
}

/// A block on its way.
struct Block<'a> {
    txs: &'a [Tx],
    workers: &'a Workers,
    /// Positions that are announced.
    announced: Cell<u32>,
    ended: Vec<Cell<bool>>,
    /// Positions that have ended, all before them included.
    settled: Cell<u32>,
}

impl Block<'_> {
    /// Announces the next `count`, or what there is; whether there was any.
    fn announce(&self, count: u32) -> bool {
        let first = self.announced.get();
        let len = u32::try_from(self.txs.len()).expect("blocks are short");
        let count = count.min(len - first);
        self.workers.announce(count);
        self.announced.set(first + count);
        if count > 0 && first + count == len {
            self.workers.close();
        }
        count > 0
    }

    fn end(&self, position: u32) {
        self.ended[position as usize].set(true);
        let is_ended = |settled: u32| self.ended.get(settled as usize).is_some_and(Cell::get);
        while is_ended(self.settled.get()) {
            self.settled.set(self.settled.get() + 1);
        }
    }
}

impl Lane for &Block<'_> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        for position in positions {
            let tx = &self.txs[position as usize];
            tx.locks.iter().for_each(|lock| resolved.push_lock(*lock));
            resolved.end_transaction(u32::try_from(tx.units).unwrap_or(u32::MAX));
        }
    }

    fn pull(&mut self) -> bool {
        let in_flight = self.announced.get() - self.settled.get();
        if in_flight >= IN_FLIGHT_MAX {
            return false;
        }
        let next = self.txs[self.announced.get() as usize..].iter().take(PULLED);
        let light = next.take_while(|tx| tx.units <= LIGHT_UNITS).count();
        let count = light.saturating_add(1).min(PULLED);
        self.announce(u32::try_from(count).expect("a few"))
    }

    fn execute(&mut self, _position: u32) {
        unreachable!("in virtual time")
    }
}

/// The time that so many workers take for a block.
pub(super) fn makespan(txs: &[Tx], workers: usize, feed: Feed) -> u64 {
    let shared = Workers::new(WorkersLimits {
        threads: workers,
        ..LIMITS
    });
    let block = Block {
        txs,
        workers: &shared,
        announced: Cell::new(0),
        ended: vec![Cell::new(false); txs.len()],
        settled: Cell::new(0),
    };
    if feed == Feed::Whole {
        block.announce(u32::MAX);
    }
    let mut lanes = vec![&block; workers];
    let lanes = lanes.iter_mut().enumerate();
    let mut at_work: Vec<_> = lanes.map(|(index, lane)| shared.worker(index, lane)).collect();
    let time = run(&block, &mut at_work);
    drop(at_work);
    assert_eq!(shared.restart() as usize, txs.len(), "everything runs");
    time
}

fn run(block: &Block<'_>, workers: &mut [Worker<'_, &Block<'_>>]) -> u64 {
    let mut now = 0;
    let mut ends: BinaryHeap<Reverse<(u64, usize, u32)>> = BinaryHeap::new();
    let mut idle: Vec<usize> = (0..workers.len()).collect();
    let end_of = |now: u64, position: u32| now + block.txs[position as usize].cost;
    loop {
        idle.retain(|worker| {
            let found = workers[*worker].look();
            ends.extend(found.map(|position| Reverse((end_of(now, position), *worker, position))));
            found.is_none()
        });
        let Some(Reverse((time, worker, position))) = ends.pop() else {
            return now;
        };
        now = time;
        block.end(position);
        match workers[worker].end(position) {
            Some(next) => ends.push(Reverse((end_of(now, next), worker, next))),
            None => idle.insert(0, worker),
        }
    }
}
