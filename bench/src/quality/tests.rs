//! The simulations against what must hold for any schedule.

use isobath_scheduler::look_ahead::Lock;

use super::agave::{self, Batching};
use super::blocks::{Contention, Tx, block};
use super::bound::lower_bound;
use super::graph::Graph;
use super::ours::{Discipline, Rank, makespan, ranks, reordered};

fn tx(cost: u64, locks: &[(u32, bool)]) -> Tx {
    let lock = |&(account, is_writable): &(u32, bool)| Lock { account, is_writable };
    Tx {
        locks: locks.iter().map(lock).collect(),
        units: cost,
        cost,
        band: 0,
        bytes: 200,
    }
}

fn ours(txs: &[Tx], workers: usize) -> u64 {
    let graph = Graph::new(txs);
    makespan(txs, &graph, &ranks(txs, Rank::Tail), workers, Discipline::Listed)
}

#[test]
fn writers_of_an_account_run_in_turn_and_readers_together() {
    let writers = [tx(3, &[(0, true)]), tx(4, &[(0, true)])];
    assert_eq!(ours(&writers, 2), 7);
    let readers = [tx(3, &[(0, false)]), tx(4, &[(0, false)])];
    assert_eq!(ours(&readers, 2), 4);
    let both = [
        tx(3, &[(0, false)]),
        tx(4, &[(0, false)]),
        tx(2, &[(0, true)]),
        tx(5, &[(0, false)]),
    ];
    assert_eq!(ours(&both, 4), 11);
}

#[test]
fn the_longest_chain_begins_first() {
    // Five short ones come before a chain of two long ones.
    let mut txs: Vec<Tx> = (1..6).map(|account| tx(2, &[(account, true)])).collect();
    txs.extend([tx(6, &[(0, true)]), tx(6, &[(0, true)])]);
    assert_eq!(ours(&txs, 2), 12);
}

#[test]
fn the_bound_counts_work_chains_and_both_ends() {
    let alone: Vec<Tx> = (0..4).map(|account| tx(5, &[(account, true)])).collect();
    assert_eq!(lower_bound(&alone, &Graph::new(&alone), 2), 10, "work");
    let chain: Vec<Tx> = (0..4).map(|_| tx(5, &[(0, true)])).collect();
    assert_eq!(lower_bound(&chain, &Graph::new(&chain), 2), 20, "chain");
    // One that writes, then four that read: the second worker idles while the first is alone.
    let mut fan = vec![tx(5, &[(0, true)])];
    fan.extend((0..4).map(|_| tx(5, &[(0, false)])));
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
            for txs in [reordered(&txs), txs] {
                let graph = Graph::new(&txs);
                for workers in [1, 3, 16] {
                    let bound = lower_bound(&txs, &graph, workers);
                    for discipline in [Discipline::Listed, Discipline::Shared] {
                        let ranks = ranks(&txs, Rank::Tail);
                        let time = makespan(&txs, &graph, &ranks, workers, discipline);
                        assert!(bound <= time && time <= total, "{contention:?} {seed} {workers}");
                    }
                }
                assert_eq!(ours(&txs, 1), total);
            }
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
            assert_eq!(agave::makespan(&txs, &graph, 1, policy, batching), total);
            let time = agave::makespan(&txs, &graph, 8, policy, batching);
            assert!(
                time >= total.div_ceil(8) && time < total,
                "{contention:?} {policy:?}"
            );
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
        let ours = agave::makespan(
            &txs,
            &Graph::new(&txs),
            workers.parse().unwrap(),
            policy,
            batching,
        );
        assert_eq!(ours.to_string(), real, "{row}");
        compared += 1;
    }
    assert_eq!(compared, 18);
}
