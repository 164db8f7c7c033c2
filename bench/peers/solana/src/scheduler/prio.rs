//! prio-graph 0.3, driven in three ways over a window of transactions.
//!
//! | | |
//! |---|---|
//! | drained | as many as the window holds are inserted and popped until none is left, and the graph is cleared: the cheapest way, in which nothing is known of the window before |
//! | passes | as Agave's scheduler by priority did: the window is refilled while a thousand are popped, then the rest goes back, and the graph is cleared |
//! | full | one is inserted for each that is popped, so the window is full and conflicts are known from beginning to end, as in ours |

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

/// How the graph is driven.
#[derive(Clone, Copy)]
pub(super) enum Drive {
    Drained,
    Passes,
    Full,
}

/// Names with numbers and with keys, and how the graph is driven.
pub(super) const PRIO_GRAPHS: [(&str, &str, Drive); 3] = [
    (
        "prio_graph_ids_drained",
        "prio_graph_keys_drained",
        Drive::Drained,
    ),
    ("prio_graph_ids_passes", "prio_graph_keys_passes", Drive::Passes),
    ("prio_graph_ids_full", "prio_graph_keys_full", Drive::Full),
];

/// Transactions that a pass pops.
const PASS: usize = 1_000;

/// Transactions whose accounts have numbers.
pub(super) fn run_ids(transactions: &[Locks], window: usize, drive: Drive) -> anyhow::Result<()> {
    run(transactions.len(), window, drive, |id| {
        transactions[id].iter().map(|lock| (lock.id, kind(lock.access)))
    })
}

/// Transactions of which the keys are known.
pub(super) fn run_keys(transactions: &[Named], window: usize, drive: Drive) -> anyhow::Result<()> {
    run(transactions.len(), window, drive, |id| {
        transactions[id]
            .iter()
            .map(|(key, lock)| (key.0, kind(lock.access)))
    })
}

fn run<K, L>(count: usize, window: usize, drive: Drive, locks: impl Fn(usize) -> L) -> anyhow::Result<()>
where
    K: Copy + Eq + Hash,
    L: Iterator<Item = (K, AccessKind)>,
{
    let mut graph = PrioGraph::new(earliest);
    let mut fresh = 0..count;
    let mut completed = 0_usize;
    let (mut rest, mut popped) = (Vec::new(), Vec::new());
    while fresh.len() > 0 || !rest.is_empty() {
        let room = window.saturating_sub(rest.len());
        for id in rest.drain(..).chain(fresh.by_ref().take(room)) {
            graph.insert_transaction(id, locks(id));
        }
        match drive {
            Drive::Drained => {
                while graph.pop_and_unblock().is_some() {
                    completed += 1;
                }
            }
            Drive::Full => {
                while let Some(id) = graph.pop() {
                    for id in fresh.by_ref().take(1) {
                        graph.insert_transaction(id, locks(id));
                    }
                    drop(graph.unblock(&id));
                    completed += 1;
                }
            }
            Drive::Passes => {
                let end = completed + PASS;
                while completed < end && !graph.is_empty() {
                    popped.extend(std::iter::from_fn(|| graph.pop()).take(end - completed));
                    completed += popped.len();
                    for id in fresh.by_ref().take(popped.len()) {
                        graph.insert_transaction(id, locks(id));
                    }
                    for id in popped.drain(..) {
                        drop(graph.unblock(&id));
                    }
                }
                rest.extend(std::iter::from_fn(|| graph.pop_and_unblock()).map(|(id, _)| id));
                rest.sort_unstable();
            }
        }
        graph.clear();
    }
    ensure!(completed == count, "prio-graph loses transactions");
    Ok(())
}
