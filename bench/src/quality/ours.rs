//! Our scheduled stage in virtual time.
//!
//! The order of the block is binding. Locks are registered ahead as far as the window of slots allows. What is runnable
//! when it is registered goes to a list that all workers share; what a completion wakes goes to the queue of the worker
//! that completed. Scheduling takes no time.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use isobath_scheduler::LookAhead;

use super::blocks::Tx;
use super::graph::Graph;

/// Positions from the oldest that has not ended on, which may be registered.
const WINDOW: usize = 4_096;
/// Positions that are registered at once.
const BATCH: usize = 64;
/// Transactions of which tails and orders are found together: 32 for each of 64 workers.
const HORIZON: usize = 2_048;
/// Tails are below two to this.
const GROUP_SHIFT: u32 = 40;

/// What a free worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discipline {
    /// The better of the best that it woke and the first of the list; if it woke nothing that waits, the best that
    /// another woke, else the first of the list.
    Listed,
    /// The best of all: what one queue with no cost would give.
    Shared,
}

/// How runnable transactions are ranked, and in which order the block comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Position,
    Tail,
}

/// The time that so many workers take for a block, of which each transaction has a rank, less being better.
pub(super) fn makespan(txs: &[Tx], graph: &Graph, ranks: &[u64], workers: usize, how: Discipline) -> u64 {
    let mut stage = Stage {
        txs,
        graph,
        ranks,
        how,
        missing: graph.missing.clone(),
        ended: vec![false; txs.len()],
        oldest: 0,
        registered: 0,
        list: Queue::new(),
        queues: vec![Queue::new(); workers],
        running: BinaryHeap::new(),
        now: 0,
    };
    let mut idle: Vec<usize> = (0..workers).collect();
    loop {
        stage.register();
        idle.retain(|worker| !stage.start(*worker));
        let Some(Reverse((time, worker, index))) = stage.running.pop() else {
            assert_eq!(stage.oldest, txs.len(), "everything runs");
            return stage.now;
        };
        stage.now = time;
        stage.end(worker, index);
        // Whoever has just completed comes first, so that a chain stays on its thread.
        idle.insert(0, worker);
    }
}

/// Runnable transactions by rank.
type Queue = BTreeSet<(u64, usize)>;

struct Stage<'a> {
    txs: &'a [Tx],
    graph: &'a Graph,
    ranks: &'a [u64],
    how: Discipline,
    missing: Vec<u32>,
    ended: Vec<bool>,
    /// The first position that has not ended.
    oldest: usize,
    /// Number of positions that are registered.
    registered: usize,
    list: Queue,
    queues: Vec<Queue>,
    running: BinaryHeap<Reverse<(u64, usize, usize)>>,
    now: u64,
}

impl Stage<'_> {
    /// Registers what the window has room for.
    fn register(&mut self) {
        loop {
            let end = (self.registered + BATCH).min(self.txs.len());
            if end == self.registered || end > self.oldest + WINDOW {
                return;
            }
            let runnable = (self.registered..end).filter(|index| self.missing[*index] == 0);
            self.list.extend(runnable.map(|index| (self.ranks[index], index)));
            self.registered = end;
        }
    }

    /// Starts something on an idle worker, if there is something.
    fn start(&mut self, worker: usize) -> bool {
        let own = self.queues[worker].first().copied();
        let (first, other) = (self.list.first().copied(), self.best_queue());
        let from = match self.how {
            Discipline::Listed if own.is_none() => other,
            Discipline::Listed => Some(worker),
            Discipline::Shared => other,
        };
        let woken = from.and_then(|from| self.queues[from].first().copied());
        let takes_woken = match (woken, first) {
            (Some(_), _) if self.how == Discipline::Listed && own.is_none() => true,
            (Some(woken), Some(first)) => woken <= first,
            (woken, _) => woken.is_some(),
        };
        let queue = match from {
            Some(from) if takes_woken => &mut self.queues[from],
            _ => &mut self.list,
        };
        let Some((_, index)) = queue.pop_first() else {
            return false;
        };
        let end = self.now + self.txs[index].cost;
        self.running.push(Reverse((end, worker, index)));
        true
    }

    /// The worker whose queue holds the best.
    fn best_queue(&self) -> Option<usize> {
        let best = |worker: usize| Some((*self.queues[worker].first()?, worker));
        (0..self.queues.len())
            .filter_map(best)
            .min()
            .map(|(_, worker)| worker)
    }

    /// Releases what a transaction locked to those that wait for it.
    fn end(&mut self, worker: usize, index: usize) {
        self.ended[index] = true;
        while self.ended.get(self.oldest) == Some(&true) {
            self.oldest += 1;
        }
        for after in self.graph.successors(index).iter().map(|after| *after as usize) {
            self.missing[after] -= 1;
            if self.missing[after] == 0 && after < self.registered {
                self.queues[worker].insert((self.ranks[after], after));
            }
        }
    }
}

/// The ranks of all transactions of a block: earlier groups first, in a group the longest tail.
pub(super) fn ranks(txs: &[Tx], rank: Rank) -> Vec<u64> {
    if rank == Rank::Position {
        return (0..txs.len() as u64).collect();
    }
    let mut ranks = Vec::with_capacity(txs.len());
    let mut look_ahead = LookAhead::new();
    for (group, txs) in (1_u64..).zip(txs.chunks(HORIZON)) {
        fill(&mut look_ahead, txs);
        let tails = look_ahead.tails().iter();
        ranks.extend(tails.map(|tail| (group << GROUP_SHIFT) - tail));
    }
    ranks
}

/// A block in the order of a builder that looks ahead.
pub(super) fn reordered(txs: &[Tx]) -> Vec<Tx> {
    let mut reordered = Vec::with_capacity(txs.len());
    let mut look_ahead = LookAhead::new();
    for txs in txs.chunks(HORIZON) {
        fill(&mut look_ahead, txs);
        let order = look_ahead.order().iter();
        reordered.extend(order.map(|index| txs[*index as usize].clone()));
    }
    reordered
}

fn fill(look_ahead: &mut LookAhead, txs: &[Tx]) {
    look_ahead.clear();
    for tx in txs {
        look_ahead.push(tx.band, tx.units, tx.locks.iter().copied());
    }
}
