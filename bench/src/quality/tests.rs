//! The simulations against what must hold for any schedule.

use isobath_scheduler::{Access, Lock};

use super::agave::{self, Batching};
use super::blocks::{Contention, Tx, block};
use super::bound::lower_bound;
use super::graph::Graph;
use super::measure;
use super::ours::{Feed, makespan};
use super::report::Cell;

fn tx(cost: u64, locks: &[(u32, Access)]) -> Tx {
    let lock = |&(id, access): &(u32, Access)| Lock { id, access };
    Tx {
        locks: locks.iter().map(lock).collect(),
        units: cost,
        cost,
        band: 0,
        bytes: 200,
    }
}

fn ours(txs: &[Tx], workers: usize) -> u64 {
    makespan(txs, workers, Feed::Whole)
}

#[test]
fn writers_of_an_account_run_in_turn_and_readers_together() {
    let (read, write) = ((0, Access::Read), (0, Access::Write));
    assert_eq!(ours(&[tx(3, &[write]), tx(4, &[write])], 2), 7);
    assert_eq!(ours(&[tx(3, &[read]), tx(4, &[read])], 2), 4);
    let both = [tx(3, &[read]), tx(4, &[read]), tx(2, &[write]), tx(5, &[read])];
    assert_eq!(ours(&both, 4), 11);
}

#[test]
fn the_longest_chain_begins_first() {
    // Five that are not short come before a chain of two long ones.
    let mut txs: Vec<Tx> = (1..6)
        .map(|account| tx(20_000, &[(account, Access::Write)]))
        .collect();
    txs.extend([
        tx(60_000, &[(0, Access::Write)]),
        tx(60_000, &[(0, Access::Write)]),
    ]);
    assert_eq!(ours(&txs, 2), 120_000);
}

#[test]
fn the_bound_counts_work_chains_and_both_ends() {
    let alone: Vec<Tx> = (0..4).map(|account| tx(5, &[(account, Access::Write)])).collect();
    assert_eq!(lower_bound(&alone, &Graph::new(&alone), 2), 10, "work");
    let chain: Vec<Tx> = (0..4).map(|_| tx(5, &[(0, Access::Write)])).collect();
    assert_eq!(lower_bound(&chain, &Graph::new(&chain), 2), 20, "chain");
    // One that writes, then four that read: the second worker idles while the first is alone.
    let mut fan = vec![tx(5, &[(0, Access::Write)])];
    fan.extend((0..4).map(|_| tx(5, &[(0, Access::Read)])));
    assert_eq!(
        lower_bound(&fan, &Graph::new(&fan), 2),
        15,
        "the head of those that read"
    );
}

#[test]
fn no_schedule_beats_the_bound_and_one_worker_has_no_choice() {
    for contention in Contention::ALL {
        for seed in 0..3 {
            let txs = block(contention, 300, 2, seed);
            let total: u64 = txs.iter().map(|tx| tx.cost).sum();
            let graph = Graph::new(&txs);
            for workers in [1, 3, 16] {
                let bound = lower_bound(&txs, &graph, workers);
                for feed in [Feed::Whole, Feed::Pulled] {
                    let time = makespan(&txs, workers, feed);
                    assert!(bound <= time && time <= total, "{contention:?} {seed} {workers}");
                }
            }
            assert_eq!(ours(&txs, 1), total);
        }
    }
}

#[test]
fn schedulers_of_agave_run_everything() {
    for contention in Contention::ALL {
        let txs = block(contention, 300, 3, 7);
        let graph = Graph::new(&txs);
        let total: u64 = txs.iter().map(|tx| tx.cost).sum();
        for policy in [agave::Policy::Greedy, agave::Policy::PrioGraph] {
            let batching = Batching::of(policy);
            assert_eq!(agave::run(&txs, &graph, 1, policy, batching).makespan, total);
            let run = agave::run(&txs, &graph, 8, policy, batching);
            assert!(
                run.makespan >= total.div_ceil(8) && run.makespan < total,
                "{contention:?} {policy:?}"
            );
            let mut order = run.order;
            order.sort_unstable();
            assert_eq!(order, (0..txs.len()).collect::<Vec<usize>>());
        }
    }
}

/// The bars of the bound, with fewer blocks and the numbers of workers that are hardest.
#[test]
fn blocks_from_seeds_are_near_the_bound() {
    for contention in Contention::ALL {
        for workers in [4, 16, 32] {
            let mut cell = Cell::new(contention.name(), workers);
            for seed in 0..6 {
                measure(&block(contention, 2_000, 1, seed), workers, &mut cell);
            }
            assert_eq!(cell.misses_of_bound(), Vec::<String>::new());
        }
    }
}

/// Makespans of Agave's scheduler by priority around the real prio-graph, which `bench/peers/solana/src/schedules.rs` makes.
const REAL: &str = include_str!("prio-graph.txt");

#[test]
fn the_simulated_graph_is_as_long_as_one_around_the_real_crate() {
    let rows = REAL.lines().filter(|line| !line.starts_with('#'));
    let mut compared = 0;
    for row in rows {
        let [name, workers, real] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let named = |contention: &Contention| contention.name() == name;
        let contention = Contention::ALL.into_iter().find(named).unwrap();
        let txs = block(contention, 2_000, 2, 1);
        let batching = Batching::of(agave::Policy::PrioGraph);
        let policy = agave::Policy::PrioGraph;
        let graph = Graph::new(&txs);
        let ours = agave::run(&txs, &graph, workers.parse().unwrap(), policy, batching).makespan;
        assert_eq!(ours.to_string(), real, "{row}");
        compared += 1;
    }
    assert_eq!(compared, 18);
}
