//! How good our schedules are, in virtual time: makespan over a lower bound, beside two schedulers of Agave.
//!
//! ```text
//!  seed -> block (locks, declared units, real costs) -> graph of the binding order -> lower bound
//!                                    |              \-> our workers, so many of them -> makespan / bound
//!                                    '-> a scheduler of Agave -> makespan, and the order that it made
//!                                                                   '-> our workers, the same order -> makespan
//! ```
//!
//! No thread and no clock: a seed gives the same figures on every machine. Deliberately absent: what scheduling itself
//! costs, which `scheduler` measures, and which order is best: that is the builder's.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "costs and counts of simulated blocks are far below the limits of their types"
)]

mod agave;
mod blocks;
mod bound;
mod graph;
mod ours;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use self::blocks::Contention;
use blocks::Tx;
use graph::Graph;
use ours::Feed;
use report::{Cell, Policy, Report};

use crate::cli::QualityArgs;

/// Numbers of workers, if the command line names none.
const WORKERS: [usize; 6] = [2, 4, 8, 16, 32, 64];

/// Measures; false if a bar was not reached.
///
/// # Errors
/// If the report cannot be written.
pub(crate) fn run(args: &QualityArgs) -> anyhow::Result<bool> {
    let contentions = match args.workload {
        Some(contention) => vec![contention],
        None => Contention::ALL.to_vec(),
    };
    let mut report = Report::new(args);
    for contention in contentions {
        eprintln!("{}: {} blocks", contention.name(), args.blocks);
        for workers in WORKERS {
            report.cells.push(cell(args, contention, workers));
        }
    }
    report.print(args.output.into())
}

fn cell(args: &QualityArgs, contention: Contention, workers: usize) -> Cell {
    let mut cell = Cell::new(contention.name(), workers);
    for block in 0..u64::from(args.blocks) {
        let seed = args.seed.wrapping_mul(1_000_003).wrapping_add(block);
        let txs = blocks::block(
            contention,
            args.block_transactions as usize,
            args.bands as usize,
            seed,
        );
        measure(&txs, workers, &mut cell);
    }
    cell
}

/// Adds a block: each policy's makespan over the bound of the order that it keeps, and over that of the block as given.
fn measure(txs: &[Tx], workers: usize, cell: &mut Cell) {
    let graph = Graph::new(txs);
    let bound = bound::lower_bound(txs, &graph, workers);
    for (policy, feed) in [(Policy::Scheduled, Feed::Whole), (Policy::Pulled, Feed::Pulled)] {
        cell.add(policy, ours::makespan(txs, workers, feed), bound, bound);
    }
    for (theirs, ours_then, policy) in [
        (Policy::Greedy, Policy::AfterGreedy, agave::Policy::Greedy),
        (
            Policy::PrioGraph,
            Policy::AfterPrioGraph,
            agave::Policy::PrioGraph,
        ),
    ] {
        let run = agave::run(txs, &graph, workers, policy, agave::Batching::of(policy));
        let ordered: Vec<Tx> = run.order.iter().map(|index| txs[*index].clone()).collect();
        let ordered_bound = bound::lower_bound(&ordered, &Graph::new(&ordered), workers);
        cell.add(theirs, run.makespan, ordered_bound, bound);
        let makespan = ours::makespan(&ordered, workers, Feed::Whole);
        cell.add(ours_then, makespan, ordered_bound, bound);
    }
}
