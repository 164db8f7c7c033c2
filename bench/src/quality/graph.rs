//! Who waits for whom when the order of a block is binding: per account first come first served, readers together.
//!
//! A reader waits for the last writer before it; a writer waits for the readers since then, or for that writer if there
//! are none. Everything else follows.

use super::blocks::{Tx, is_write};

/// The transactions of a block by position, with what each of them holds up.
pub(super) struct Graph {
    /// Where the successors of each begin; one more at the end.
    starts: Vec<u32>,
    successors: Vec<u32>,
}

impl Graph {
    pub(super) fn new(txs: &[Tx]) -> Self {
        let edges = edges(txs);
        let mut starts = vec![0_u32; txs.len().saturating_add(1)];
        for (from, _) in &edges {
            starts[*from as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut successors = vec![0_u32; edges.len()];
        for (from, to) in edges {
            let at = &mut next[from as usize];
            successors[*at as usize] = to;
            *at += 1;
        }
        Self { starts, successors }
    }

    /// Those that wait for this one, in their order.
    pub(super) fn successors(&self, index: usize) -> &[u32] {
        &self.successors[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

/// Pairs of positions, each once, by the second.
fn edges(txs: &[Tx]) -> Vec<(u32, u32)> {
    #[derive(Clone, Default)]
    struct Account {
        writer: Option<u32>,
        readers: Vec<u32>,
    }
    let locks = txs.iter().flat_map(|tx| &tx.locks);
    let last = locks.map(|lock| lock.id).max().unwrap_or(0);
    let mut accounts = vec![Account::default(); last as usize + 1];
    let mut edges = Vec::new();
    for (to, tx) in (0_u32..).zip(txs) {
        let first = edges.len();
        for lock in &tx.locks {
            let account = &mut accounts[lock.id as usize];
            if is_write(lock) && !account.readers.is_empty() {
                edges.extend(account.readers.iter().map(|from| (*from, to)));
            } else {
                edges.extend(account.writer.map(|from| (from, to)));
            }
            if is_write(lock) {
                account.readers.clear();
                account.writer = Some(to);
            } else {
                account.readers.push(to);
            }
        }
        edges[first..].sort_unstable();
        // The same pair may share several accounts.
        let mut kept = first;
        for index in first..edges.len() {
            if index == first || edges[index] != edges[kept - 1] {
                edges[kept] = edges[index];
                kept += 1;
            }
        }
        edges.truncate(kept);
    }
    edges
}
