//! Two schedulers of Agave in virtual time, written from their published behaviour: the greedy one of 4.2, and the one
//! by a priority graph that came before it.
//!
//! ```text
//!  pass         whenever a batch has ended: receive it, then send what can be sent
//!  a worker     runs its batches in their order; the locks of a batch are released when all of it has ended
//!  locks        a thread may add to its own locks; an account that is written is on one thread, and one that is
//!               read on several is written by none
//!  thread       of those that the locks allow the one with the fewest units in flight, then the fewest transactions
//!
//!  greedy       from the highest priority down whatever the locks allow now; what is passed over keeps its place
//!  graph        of the first 2,048 those that no other of higher priority blocks, then those behind them; who conflicts
//!               with one that was passed over is passed over as well
//! ```
//!
//! Neither keeps the order of conflicting transactions in a block: greedy lets them overtake each other. So a makespan
//! may be below a bound that respects the order. Scheduling takes no time here, nor do channels.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::blocks::{Tx, is_write};
use super::graph::Graph;

/// Units of a block, of which the greedy scheduler keeps a quarter in flight and the graph all, divided by the threads.
const BLOCK_UNITS: u64 = 60_000_000;
/// Transactions of a batch.
const BATCH_TXS: usize = 64;
/// Bytes of an entry without transactions.
const ENTRY_BYTES: u64 = 48;
/// Bytes of a batch of the greedy scheduler: 15 % of 32 data shreds.
const BATCH_BYTES: u64 = 4_570;
/// Transactions in the graph.
const WINDOW: usize = 2_048;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Greedy,
    PrioGraph,
}

/// How it forms batches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batching {
    txs: usize,
    bytes: u64,
    in_flight_units: u64,
    /// Whether a batch that is full takes those of the other threads with it.
    sends_all: bool,
}

impl Batching {
    /// As published.
    pub(super) const fn of(policy: Policy) -> Self {
        match policy {
            Policy::Greedy => Self {
                txs: BATCH_TXS,
                bytes: BATCH_BYTES,
                in_flight_units: BLOCK_UNITS / 4,
                sends_all: true,
            },
            Policy::PrioGraph => Self {
                txs: BATCH_TXS,
                bytes: u64::MAX,
                in_flight_units: BLOCK_UNITS,
                sends_all: false,
            },
        }
    }
}

/// What became of a block.
pub(super) struct Run {
    /// The time that it took.
    pub(super) makespan: u64,
    /// The transactions in the order in which they began: one in which conflicting transactions ran.
    pub(super) order: Vec<usize>,
}

/// Runs a block with so many workers, at most 64.
pub(super) fn run(txs: &[Tx], graph: &Graph, workers: usize, policy: Policy, batching: Batching) -> Run {
    let mut bank = Bank::new(txs, workers, batching);
    let mut waiting: Vec<usize> = (0..txs.len()).collect();
    loop {
        waiting = match policy {
            Policy::Greedy => bank.greedy_pass(waiting),
            Policy::PrioGraph => bank.graph_pass(waiting, graph),
        };
        if !bank.advance() {
            assert!(waiting.is_empty(), "everything is scheduled in the end");
            bank.begun.sort_by_key(|(time, _)| *time);
            return Run {
                makespan: bank.now,
                order: bank.begun.into_iter().map(|(_, index)| index).collect(),
            };
        }
    }
}

/// Who holds an account.
#[derive(Clone, Default)]
struct Locks {
    /// The thread that writes, and how often.
    writer: Option<(usize, u32)>,
    /// How often each thread reads; empty before the first.
    readers: Vec<u32>,
    /// The threads that read.
    reading: u64,
}

/// Why a transaction was not scheduled.
enum Unschedulable {
    Conflict,
    Thread,
}

struct Bank<'a> {
    txs: &'a [Tx],
    batching: Batching,
    locks: Vec<Locks>,
    /// Being filled.
    batches: Vec<Batch>,
    /// Sent, and not begun.
    channels: Vec<VecDeque<Batch>>,
    running: Vec<Option<Batch>>,
    ends: BinaryHeap<Reverse<(u64, usize)>>,
    units_in_flight: Vec<u64>,
    txs_in_flight: Vec<usize>,
    /// When each transaction began.
    begun: Vec<(u64, usize)>,
    now: u64,
}

#[derive(Clone, Default)]
struct Batch {
    txs: Vec<usize>,
    units: u64,
    bytes: u64,
}

impl<'a> Bank<'a> {
    fn new(txs: &'a [Tx], workers: usize, batching: Batching) -> Self {
        let locks = txs.iter().flat_map(|tx| &tx.locks);
        let last = locks.map(|lock| lock.id).max().unwrap_or(0);
        Self {
            txs,
            batching,
            locks: vec![Locks::default(); last as usize + 1],
            batches: vec![Batch::default(); workers],
            channels: vec![VecDeque::new(); workers],
            running: vec![None; workers],
            ends: BinaryHeap::new(),
            units_in_flight: vec![0; workers],
            txs_in_flight: vec![0; workers],
            begun: Vec::with_capacity(txs.len()),
            now: 0,
        }
    }

    const fn workers(&self) -> usize {
        self.channels.len()
    }

    /// Threads that may take more.
    fn open_threads(&self) -> u64 {
        let open = |worker: &usize| !self.is_full(*worker);
        (0..self.workers())
            .filter(open)
            .fold(0, |set, worker| set | 1 << worker)
    }

    fn is_full(&self, worker: usize) -> bool {
        let units_max = (self.batching.in_flight_units / self.workers() as u64).max(1);
        self.units_in_flight[worker] + self.batches[worker].units >= units_max
    }

    /// Lets time pass until a batch ends, and all that end with it; false if none runs.
    fn advance(&mut self) -> bool {
        self.begin_batches();
        let Some(Reverse((time, _))) = self.ends.peek().copied() else {
            return false;
        };
        self.now = time;
        while let Some(Reverse((end, worker))) = self.ends.peek().copied()
            && end == time
        {
            self.ends.pop();
            let batch = self.running[worker].take().expect("what ends was running");
            self.units_in_flight[worker] -= batch.units;
            self.txs_in_flight[worker] -= batch.txs.len();
            for index in batch.txs {
                self.unlock(index, worker);
            }
        }
        self.begin_batches();
        true
    }

    fn begin_batches(&mut self) {
        for worker in 0..self.workers() {
            if self.running[worker].is_none()
                && let Some(batch) = self.channels[worker].pop_front()
            {
                let mut time = self.now;
                for index in &batch.txs {
                    self.begun.push((time, *index));
                    time += self.txs[*index].cost;
                }
                self.ends.push(Reverse((time, worker)));
                self.running[worker] = Some(batch);
            }
        }
    }

    fn greedy_pass(&mut self, waiting: Vec<usize>) -> Vec<usize> {
        let mut open = self.open_threads();
        let mut kept = Vec::with_capacity(waiting.len());
        for index in waiting {
            if open == 0 || self.schedule(index, &mut open).is_err() {
                kept.push(index);
            }
        }
        self.send();
        kept
    }

    fn graph_pass(&mut self, waiting: Vec<usize>, graph: &Graph) -> Vec<usize> {
        let mut open = self.open_threads();
        // What does not wait has been scheduled, so it blocks nothing.
        let mut is_waiting = vec![false; self.txs.len()];
        let mut missing = vec![0_u32; self.txs.len()];
        for index in &waiting {
            is_waiting[*index] = true;
        }
        for index in &waiting {
            for after in graph.successors(*index) {
                missing[*after as usize] += 1;
            }
        }
        let mut blocking = vec![(false, false); self.locks.len()];
        let mut window = waiting.len().min(WINDOW);
        let mut free: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
        free.extend(
            waiting[..window]
                .iter()
                .filter(|index| missing[**index] == 0)
                .map(|index| Reverse(*index)),
        );
        while !free.is_empty() && open != 0 {
            let mut popped = Vec::new();
            while open != 0
                && let Some(Reverse(index)) = free.pop()
            {
                popped.push(index);
                match self.schedule_unblocked(index, &mut blocking, &mut open) {
                    true => is_waiting[index] = false,
                    false => self.block(index, &mut blocking),
                }
            }
            self.send();
            let more = (window + popped.len()).min(waiting.len());
            let arrived = waiting[window..more].iter();
            free.extend(
                arrived
                    .filter(|index| missing[**index] == 0)
                    .map(|index| Reverse(*index)),
            );
            window = more;
            let last = window.checked_sub(1).map_or(0, |at| waiting[at]);
            for index in popped {
                for after in graph.successors(index).iter().map(|after| *after as usize) {
                    missing[after] -= 1;
                    if missing[after] == 0 && after <= last {
                        free.push(Reverse(after));
                    }
                }
            }
        }
        waiting.into_iter().filter(|index| is_waiting[*index]).collect()
    }

    /// Schedules a transaction unless it conflicts with one that was passed over.
    fn schedule_unblocked(&mut self, index: usize, blocking: &mut [(bool, bool)], open: &mut u64) -> bool {
        let is_blocked = self.txs[index].locks.iter().any(|lock| {
            let (is_read, is_written) = blocking[lock.id as usize];
            is_written || is_write(lock) && is_read
        });
        !is_blocked && self.schedule(index, open).is_ok()
    }

    fn block(&self, index: usize, blocking: &mut [(bool, bool)]) {
        for lock in &self.txs[index].locks {
            let (is_read, is_written) = &mut blocking[lock.id as usize];
            *(if is_write(lock) { is_written } else { is_read }) = true;
        }
    }

    fn schedule(&mut self, index: usize, open: &mut u64) -> Result<(), Unschedulable> {
        let allowed = self.allowed_threads(index);
        if allowed == 0 {
            return Err(Unschedulable::Conflict);
        }
        let threads = (0..self.workers()).filter(|worker| allowed & *open & 1 << worker != 0);
        let load = |worker: &usize| {
            let units = self.units_in_flight[*worker] + self.batches[*worker].units;
            (
                units,
                self.txs_in_flight[*worker] + self.batches[*worker].txs.len(),
            )
        };
        let worker = threads.min_by_key(load).ok_or(Unschedulable::Thread)?;
        self.lock(index, worker);
        let tx = &self.txs[index];
        if ENTRY_BYTES + self.batches[worker].bytes + tx.bytes > self.batching.bytes {
            self.send();
        }
        let batch = &mut self.batches[worker];
        batch.txs.push(index);
        batch.units += tx.units;
        batch.bytes += tx.bytes;
        if batch.txs.len() >= self.batching.txs {
            match self.batching.sends_all {
                true => self.send(),
                false => self.send_to(worker),
            }
        }
        if self.is_full(worker) {
            *open &= !(1 << worker);
        }
        Ok(())
    }

    /// Sends all batches that hold something.
    fn send(&mut self) {
        (0..self.workers()).for_each(|worker| self.send_to(worker));
    }

    fn send_to(&mut self, worker: usize) {
        let batch = std::mem::take(&mut self.batches[worker]);
        if !batch.txs.is_empty() {
            self.units_in_flight[worker] += batch.units;
            self.txs_in_flight[worker] += batch.txs.len();
            self.channels[worker].push_back(batch);
        }
    }

    /// The threads that may lock what the transaction locks.
    fn allowed_threads(&self, index: usize) -> u64 {
        let mut allowed = u64::MAX >> (64 - self.workers());
        for lock in &self.txs[index].locks {
            let account = &self.locks[lock.id as usize];
            allowed &= match (account.writer, account.reading) {
                (Some((worker, _)), _) => 1 << worker,
                (None, reading) if is_write(lock) && reading.count_ones() == 1 => reading,
                (None, reading) if is_write(lock) && reading != 0 => 0,
                (None, _) => u64::MAX,
            };
        }
        allowed
    }

    fn lock(&mut self, index: usize, worker: usize) {
        let count = self.workers();
        for lock in &self.txs[index].locks {
            let account = &mut self.locks[lock.id as usize];
            if is_write(lock) {
                let (_, times) = account.writer.get_or_insert((worker, 0));
                *times += 1;
            } else {
                account.readers.resize(count, 0);
                account.readers[worker] += 1;
                account.reading |= 1 << worker;
            }
        }
    }

    fn unlock(&mut self, index: usize, worker: usize) {
        for lock in &self.txs[index].locks {
            let account = &mut self.locks[lock.id as usize];
            if is_write(lock) {
                account.writer = account
                    .writer
                    .and_then(|(worker, times)| (times > 1).then(|| (worker, times - 1)));
            } else {
                account.readers[worker] -= 1;
                if account.readers[worker] == 0 {
                    account.reading &= !(1 << worker);
                }
            }
        }
    }
}
