//! Proofs while updates run on other threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;

use isobath_accounts_db::tree::{ProveError, StateTree};
use isobath_sdk::chain::helpers::{Helpers, NoHelpers};
use isobath_sdk::proof::{Proven, verify};
use isobath_sdk::{Hash, Pubkey};

use crate::accounts::{key, leaf};

/// Two threads of a scope.
struct TwoThreads;

impl Helpers for TwoThreads {
    fn count(&self) -> usize {
        2
    }

    fn range_len(&self) -> usize {
        1
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        scope(|scope| {
            scope.spawn(|| job(1));
            job(0);
        });
    }
}

const KEYS: u64 = 600;

/// In round `r` the accounts `n` with `(n + r) % 3 > 0` exist, with `r * 1000 + n + 1` lamports.
fn lamports(round: u64, number: u64) -> Option<u64> {
    (!(number + round).is_multiple_of(3)).then_some(round * 1_000 + number + 1)
}

fn changes(round: u64) -> Vec<(Pubkey, Option<Hash>)> {
    let change = |number| {
        let key = key(number);
        let leaf = lamports(round, number).map(|lamports| leaf(&key, lamports).hash());
        (key, leaf)
    };
    (0..KEYS).map(change).collect()
}

#[test]
fn proofs_hold_while_updates_run() {
    let tree = StateTree::new();
    tree.update(&changes(0), &NoHelpers);
    let (done, mut served) = (AtomicBool::new(false), 0);
    // A root leads to its round through the accounts that a proof shows.
    let roots: Vec<Hash> = {
        let rounds = StateTree::new();
        (0..60)
            .map(|round| rounds.update(&changes(round), &NoHelpers).root)
            .collect()
    };
    scope(|scope| {
        scope.spawn(|| {
            (1..60).for_each(|round| {
                tree.update(&changes(round), &TwoThreads);
            });
            done.store(true, Ordering::SeqCst);
        });
        let mut number = 0;
        while !done.load(Ordering::SeqCst) || served < 100 {
            number = (number + 7) % KEYS;
            let root = tree.root();
            let round = roots.iter().position(|known| *known == root).unwrap() as u64;
            let account = |key: &Pubkey| {
                let number = (0..KEYS).find(|number| crate::accounts::key(*number) == *key)?;
                lamports(round, number).map(|lamports| leaf(key, lamports))
            };
            match tree.prove(&root, &[key(number)], account) {
                Ok(proof) => {
                    let expected = lamports(round, number).map_or(Proven::Absent, |lamports| {
                        Proven::Present(leaf(&key(number), lamports))
                    });
                    assert_eq!(verify(&root, &key(number), &proof), Ok(expected));
                    served += 1;
                }
                Err(error) => assert_eq!(error, ProveError::UnknownRoot(root)),
            }
        }
    });
    assert_eq!(tree.root(), roots[59]);
}
