//! prio-graph 0.3 with a window of transactions: as many as the window holds are inserted, then each is popped and unblocks
//! what waited for it, until the graph is empty and cleared for the next window, as Agave's scheduler by priority did.

use std::cmp::Reverse;
use std::hash::Hash;

use anyhow::ensure;
use isobath_scheduler::Access;
use prio_graph::{AccessKind, GraphNode, PrioGraph, TopLevelId};

use super::keys::Named;
use super::workload::Locks;

/// A transaction that can run; the earliest comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Earliest(Reverse<usize>);

impl TopLevelId<usize> for Earliest {
    fn id(&self) -> usize {
        self.0.0
    }
}

/// The place of a transaction among those that can run.
pub(crate) const fn earliest(id: &usize, _node: &GraphNode<usize>) -> Earliest {
    Earliest(Reverse(*id))
}

/// How a lock is called there.
pub(crate) const fn kind(access: Access) -> AccessKind {
    match access {
        Access::Read => AccessKind::Read,
        Access::Write => AccessKind::Write,
    }
}

/// Transactions whose accounts have numbers.
pub(super) fn run_ids(transactions: &[Locks], window: usize) -> anyhow::Result<()> {
    run(transactions, window, |locks| {
        locks.iter().map(|lock| (lock.id, kind(lock.access)))
    })
}

/// Transactions of which the keys are known.
pub(super) fn run_keys(transactions: &[Named], window: usize) -> anyhow::Result<()> {
    run(transactions, window, |named| {
        named.iter().map(|(key, lock)| (key.0, kind(lock.access)))
    })
}

fn run<'t, T, K, L>(transactions: &'t [T], window: usize, locks: impl Fn(&'t T) -> L) -> anyhow::Result<()>
where
    K: Copy + Eq + Hash,
    L: Iterator<Item = (K, AccessKind)>,
{
    let mut graph = PrioGraph::new(earliest);
    let mut completed = 0_usize;
    for window in transactions.chunks(window) {
        for (id, tx) in window.iter().enumerate() {
            graph.insert_transaction(id, locks(tx));
        }
        while let Some((_, unblocked)) = graph.pop_and_unblock() {
            drop(unblocked);
            completed = completed.wrapping_add(1);
        }
        graph.clear();
    }
    ensure!(completed == transactions.len(), "prio-graph loses transactions");
    Ok(())
}
