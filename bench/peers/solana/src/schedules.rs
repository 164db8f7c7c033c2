//! Makespans of Agave's former scheduler by priority around the real prio-graph, in virtual time: what the simulation in
//! `bench/src/quality/agave.rs`, which has a graph of its own, is held against.
//!
//! ```text
//! pass    whenever a batch has ended: the graph is filled from the highest priority down, all that it gives is
//!         scheduled or passed over, as many are inserted as were popped, these unblock what waited for them, and so on
//! thread  of those that hold the accounts already or may, the one with the fewest units in flight
//! batch   64 transactions or what a turn gave, run in their order; its locks are released when all of it has ended
//! ```
//!
//! Written from the published behaviour of that scheduler, apart from the simulation, with the same limits: a window of
//! 2,048, 60 million units in flight over all threads.

#[path = "../../../src/quality/blocks.rs"]
#[allow(dead_code, reason = "it is also compiled without those who use the rest")]
mod blocks;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};

use anyhow::ensure;
use isobath_scheduler::Lock;
use prio_graph::{AccessKind, PrioGraph};

use self::blocks::{Contention, Tx, is_write};
use crate::scheduler::earliest;

const UNITS_IN_FLIGHT: u64 = 60_000_000;
const BATCH: usize = 64;
const WINDOW: usize = 2_048;
/// Transactions of a block of the fixture.
const BLOCK: usize = 2_000;
/// Bands of priority in a block.
const BANDS: usize = 2;
const SEED: u64 = 1;
const WORKERS: [usize; 3] = [2, 8, 64];

/// Prints the fixture.
///
/// # Errors
/// When a transaction is never scheduled.
pub(crate) fn run() -> anyhow::Result<()> {
    println!(
        "# Makespans of Agave's former scheduler around prio-graph 0.3.0: workload, workers, units of time."
    );
    println!(
        "# Blocks of {BLOCK} transactions in {BANDS} bands, seed {SEED}. Made by: just bench-solana schedules"
    );
    for contention in Contention::ALL {
        let txs = blocks::block(contention, BLOCK, BANDS, SEED);
        for workers in WORKERS {
            let makespan = Schedule::new(&txs, workers).makespan()?;
            println!("{} {workers} {makespan}", contention.name());
        }
    }
    Ok(())
}

#[derive(Default)]
struct Batch {
    txs: Vec<usize>,
    units: u64,
}

#[derive(Default)]
struct Worker {
    /// Being filled.
    next: Batch,
    sent: VecDeque<Batch>,
    running: Option<Batch>,
    /// Of what is sent or runs.
    units: u64,
    transactions: usize,
}

impl Worker {
    fn send(&mut self) {
        let batch = std::mem::take(&mut self.next);
        if !batch.txs.is_empty() {
            self.units += batch.units;
            self.transactions += batch.txs.len();
            self.sent.push_back(batch);
        }
    }

    /// Units and transactions that wait or run.
    fn load(&self) -> (u64, usize) {
        (
            self.units + self.next.units,
            self.transactions + self.next.txs.len(),
        )
    }
}

struct Schedule<'t> {
    txs: &'t [Tx],
    workers: Vec<Worker>,
    /// How often each worker holds an account, for reading and for writing.
    held: HashMap<u32, Vec<[u32; 2]>>,
    /// In order of priority, which is their order in the block.
    waiting: BTreeSet<usize>,
    ends: BinaryHeap<Reverse<(u64, usize)>>,
    now: u64,
}

impl<'t> Schedule<'t> {
    fn new(txs: &'t [Tx], workers: usize) -> Self {
        Self {
            txs,
            workers: std::iter::repeat_with(Worker::default).take(workers).collect(),
            held: HashMap::new(),
            waiting: (0..txs.len()).collect(),
            ends: BinaryHeap::new(),
            now: 0,
        }
    }

    fn makespan(mut self) -> anyhow::Result<u64> {
        loop {
            self.pass();
            if !self.advance() {
                ensure!(self.waiting.is_empty(), "a transaction is never scheduled");
                return Ok(self.now);
            }
        }
    }

    /// Schedules what can be.
    fn pass(&mut self) {
        let mut graph = PrioGraph::new(earliest);
        let mut passed_over = Vec::new();
        let mut blocked: HashMap<u32, bool> = HashMap::new();
        for id in self.arrive(WINDOW) {
            graph.insert_transaction(id, accesses(&self.txs[id]));
        }
        loop {
            let mut popped = Vec::new();
            while self.is_open()
                && let Some(id) = graph.pop()
            {
                popped.push(id);
                if is_blocked(&self.txs[id], &blocked) || !self.schedule(id) {
                    for lock in &self.txs[id].locks {
                        *blocked.entry(lock.id).or_default() |= is_write(lock);
                    }
                    passed_over.push(id);
                }
            }
            self.workers.iter_mut().for_each(Worker::send);
            if popped.is_empty() {
                break;
            }
            // Those that arrive now may still be held up by what was popped.
            for id in self.arrive(popped.len()) {
                graph.insert_transaction(id, accesses(&self.txs[id]));
            }
            for id in popped {
                graph.unblock(&id);
            }
        }
        while let Some((id, _)) = graph.pop_and_unblock() {
            self.waiting.insert(id);
        }
        self.waiting.extend(passed_over);
    }

    /// The next of those that wait.
    fn arrive(&mut self, count: usize) -> Vec<usize> {
        let ids = std::iter::from_fn(|| self.waiting.pop_first());
        ids.take(count).collect()
    }

    /// Whether a worker may take more.
    fn is_open(&self) -> bool {
        (0..self.workers.len()).any(|worker| self.takes_more(worker))
    }

    fn takes_more(&self, worker: usize) -> bool {
        self.workers[worker].load().0 < (UNITS_IN_FLIGHT / self.workers.len() as u64).max(1)
    }

    /// Gives it to the worker with the least load of those that may take it; false if none may.
    fn schedule(&mut self, id: usize) -> bool {
        let tx = &self.txs[id];
        let candidates = (0..self.workers.len()).filter(|worker| {
            self.takes_more(*worker) && tx.locks.iter().all(|lock| self.may_lock(*worker, lock))
        });
        let Some(worker) = candidates.min_by_key(|worker| self.workers[*worker].load()) else {
            return false;
        };
        self.hold(worker, id, true);
        let batch = &mut self.workers[worker].next;
        batch.txs.push(id);
        batch.units += tx.units;
        if batch.txs.len() >= BATCH {
            self.workers[worker].send();
        }
        true
    }

    /// Whether no other worker holds the account in a way that excludes this.
    fn may_lock(&self, worker: usize, lock: &Lock) -> bool {
        let Some(holders) = self.held.get(&lock.id) else {
            return true;
        };
        holders.iter().enumerate().all(|(other, [reads, writes])| {
            other == worker || *writes == 0 && (!is_write(lock) || *reads == 0)
        })
    }

    fn hold(&mut self, worker: usize, id: usize, takes: bool) {
        for lock in &self.txs[id].locks {
            let holders = self.held.entry(lock.id);
            let holders = holders.or_insert_with(|| vec![[0; 2]; self.workers.len()]);
            let count = &mut holders[worker][usize::from(is_write(lock))];
            *count = if takes { *count + 1 } else { *count - 1 };
        }
    }

    /// Lets time pass until batches end; false if none runs.
    fn advance(&mut self) -> bool {
        self.begin();
        let Some(Reverse((time, _))) = self.ends.peek().copied() else {
            return false;
        };
        self.now = time;
        while let Some(Reverse((end, worker))) = self.ends.peek().copied()
            && end == time
        {
            self.ends.pop();
            let batch = self.workers[worker]
                .running
                .take()
                .expect("what ends was running");
            self.workers[worker].units -= batch.units;
            self.workers[worker].transactions -= batch.txs.len();
            for id in batch.txs {
                self.hold(worker, id, false);
            }
        }
        self.begin();
        true
    }

    fn begin(&mut self) {
        for (index, worker) in self.workers.iter_mut().enumerate() {
            if worker.running.is_none() {
                worker.running = worker.sent.pop_front();
                if let Some(batch) = &worker.running {
                    let cost: u64 = batch.txs.iter().map(|id| self.txs[*id].cost).sum();
                    self.ends.push(Reverse((self.now + cost, index)));
                }
            }
        }
    }
}

fn accesses(tx: &Tx) -> impl Iterator<Item = (u32, AccessKind)> {
    tx.locks.iter().map(|lock| {
        let kind = if is_write(lock) {
            AccessKind::Write
        } else {
            AccessKind::Read
        };
        (lock.id, kind)
    })
}

/// Whether one that was passed over locks what this needs.
fn is_blocked(tx: &Tx, blocked: &HashMap<u32, bool>) -> bool {
    let conflicts = |lock: &Lock| {
        blocked
            .get(&lock.id)
            .is_some_and(|is_written| *is_written || is_write(lock))
    };
    tx.locks.iter().any(conflicts)
}
