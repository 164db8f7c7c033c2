//! What no schedule that respects the order of a block can be shorter than.
//!
//! The *head* of a transaction is the longest chain before it, its tail the longest chain after it. Of any set of
//! transactions, W workers begin none before the shortest head of the set, need its work divided by W, and then at least
//! the shortest tail. With as many transactions as workers or more, each worker begins with another one: the mean of the
//! W shortest heads counts, and so do tails. The sets are those with heads and tails above thresholds; the empty
//! thresholds give work by W and the heads and tails at both ends of the block, and the longest chain is a bound as
//! well.

use super::blocks::Tx;
use super::graph::Graph;

/// Number of thresholds of heads, and of tails.
const THRESHOLDS: usize = 24;

/// A lower bound of the time that so many workers need.
pub(super) fn lower_bound(txs: &[Tx], graph: &Graph, workers: usize) -> u64 {
    let (heads, tails) = heads_and_tails(txs, graph);
    let longest = (0..txs.len()).map(|index| heads[index] + txs[index].cost + tails[index]);
    let mut bound = longest.max().unwrap_or(0);
    for head_min in thresholds(&heads) {
        for tail_min in thresholds(&tails) {
            let set = |index: &usize| heads[*index] >= head_min && tails[*index] >= tail_min;
            let set: Vec<usize> = (0..txs.len()).filter(set).collect();
            if set.len() < workers {
                continue;
            }
            let work: u64 = set.iter().map(|index| txs[*index].cost).sum();
            let sum = least(&set, &heads, workers) + work + least(&set, &tails, workers);
            bound = bound.max(sum.div_ceil(workers as u64));
        }
    }
    bound
}

/// The sum of the least `count` values of a set.
fn least(set: &[usize], values: &[u64], count: usize) -> u64 {
    let mut values: Vec<u64> = set.iter().map(|index| values[*index]).collect();
    values.select_nth_unstable(count - 1);
    values[..count].iter().sum()
}

/// Values that split the others evenly, the least among them.
fn thresholds(values: &[u64]) -> Vec<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let step = (sorted.len() / THRESHOLDS).max(1);
    sorted.into_iter().step_by(step).collect()
}

/// For each transaction the longest chain before it and that after it, by real costs.
fn heads_and_tails(txs: &[Tx], graph: &Graph) -> (Vec<u64>, Vec<u64>) {
    let (mut heads, mut tails) = (vec![0_u64; txs.len()], vec![0_u64; txs.len()]);
    for index in 0..txs.len() {
        let end = heads[index] + txs[index].cost;
        for after in graph.successors(index) {
            let head = &mut heads[*after as usize];
            *head = (*head).max(end);
        }
    }
    for index in (0..txs.len()).rev() {
        let behind = graph.successors(index).iter().map(|after| *after as usize);
        tails[index] = behind
            .map(|after| tails[after] + txs[after].cost)
            .max()
            .unwrap_or(0);
    }
    (heads, tails)
}
