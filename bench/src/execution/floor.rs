//! What no executor of the same rules can do without: each hash that a block owes, two look-ups and two sums.
//!
//! The loop takes the same transactions in the same order. For each it hashes the message, finds the accounts that change
//! in a table that was prepared and moves their lamports; for each block it hashes the transactions, the outcomes, the
//! leaf of every account that the block changed and the inner nodes of three trees, many side by side. It decodes nothing,
//! checks nothing and keeps nothing. The hashes are those of the product; a plain blake3 call and a pointer chase over
//! as many accounts stand beside them, so that nobody need trust them.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::scope;

use hashbrown::HashMap;
use isobath_sdk::chain::account::{Account, delta_leaves};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::transaction_leaves;
use isobath_sdk::chain::merkle::MerkleLeaves;
use isobath_sdk::chain::outcome::{Outcome, outcome_leaves};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::wire::{MESSAGES_MAX, message_hashes};
use isobath_sdk::{Hash, Pubkey, TransactionView};
use isobath_timing::ProcessTime;
use serde::Serialize;

use crate::figures::per;
use crate::workload::Random;

/// Steps of the pointer chase, and plain blake3 calls.
const PROBES: u32 = 200_000;

/// What one block owes, taken from its record.
pub(super) struct Owed {
    transactions: Vec<OwedTx>,
    /// The accounts that the block changed, as it leaves them.
    changed: Vec<(Pubkey, Option<Account>)>,
    pub(super) compute_units: u64,
}

struct OwedTx {
    wire: Vec<u8>,
    message_offset: usize,
    outcome: Outcome,
    /// The balances that it changes, and by how much.
    moves: Vec<(Pubkey, i64)>,
}

impl Owed {
    fn hash_messages(&self) {
        for some in self.transactions.chunks(MESSAGES_MAX) {
            for hash in message_hashes(some.iter().map(OwedTx::message)) {
                black_box(hash);
            }
        }
    }

    pub(super) fn of(record: &BlockRecord) -> Self {
        let history = &record.history;
        let pairs = history.transactions.iter().zip(&history.executions);
        let transactions = pairs.map(|(wire, execution)| {
            let view = TransactionView::parse(wire).expect("it was executed");
            let keys = view.static_keys().iter().map(|key| Pubkey(*key));
            let balances = execution.pre_balances.iter().zip(execution.post_balances);
            let moves = keys.zip(balances);
            OwedTx {
                message_offset: wire.len().saturating_sub(view.message_bytes().len()),
                wire: wire.clone(),
                outcome: execution.to_execution().outcome,
                moves: moves
                    .map(|(key, (before, after))| (key, after.wrapping_sub(*before).cast_signed()))
                    .filter(|(_, change)| *change != 0)
                    .collect(),
            }
        });
        // The hash of the contents is cached beside them, so they are made anew.
        let own = |account: &Account| Account {
            data: account.data.to_vec().into(),
            ..account.clone()
        };
        let changed = record.delta.accounts.iter();
        Self {
            transactions: transactions.collect(),
            changed: changed
                .map(|(key, account)| (*key, account.as_ref().map(own)))
                .collect(),
            compute_units: history.result.compute_units,
        }
    }

    pub(super) const fn transaction_count(&self) -> u64 {
        self.transactions.len() as u64
    }

    /// Transactions of the longest chain: each after one with which it shares a balance that both change.
    pub(super) fn longest_chain(&self) -> u64 {
        let mut ends: HashMap<Pubkey, u64> = HashMap::new();
        let mut longest = 0;
        for tx in &self.transactions {
            let keys = || tx.moves.iter().map(|(key, _)| key);
            let before = keys().filter_map(|key| ends.get(key)).max().copied();
            let length = before.unwrap_or(0).saturating_add(1);
            ends.extend(keys().map(|key| (*key, length)));
            longest = longest.max(length);
        }
        longest
    }

    fn transaction_leaves(&self) -> MerkleLeaves {
        transaction_leaves(self.transactions.iter().map(|tx| &tx.wire))
    }

    fn outcome_leaves(&self) -> MerkleLeaves {
        outcome_leaves(self.transactions.iter().map(|tx| tx.outcome.borrowed()))
    }

    fn account_leaves(&self) -> MerkleLeaves {
        let accounts = self.changed.iter();
        delta_leaves(accounts.map(|(key, account)| (key, account.as_ref())))
    }
}

/// The floor and its parts, in microseconds of CPU time per transaction.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct FloorParts {
    /// All parts below in one loop.
    #[serde(skip)]
    pub(super) total_us: f64,
    pub(super) message_hash_us: f64,
    pub(super) transaction_leaf_us: f64,
    pub(super) outcome_leaf_us: f64,
    pub(super) account_leaves_us: f64,
    pub(super) merkle_nodes_us: f64,
    /// Finding the accounts and moving the lamports.
    pub(super) accounts_us: f64,
}

/// The table of the floor.
pub(super) struct Floor {
    accounts: HashMap<Pubkey, FloorAccount>,
    threads: usize,
}

/// An account as the floor has it, as large as a real one. Its threads change accounts without locks: one lost transfer is
/// no matter here.
struct FloorAccount {
    lamports: AtomicU64,
    _rest: [u64; 9],
}

impl Floor {
    pub(super) fn new(genesis: &Genesis, threads: u32) -> Self {
        let accounts = genesis.initial_accounts().into_iter();
        let account = |lamports| FloorAccount {
            lamports: AtomicU64::new(lamports),
            _rest: [0; 9],
        };
        Self {
            accounts: accounts.map(|(key, own)| (key, account(own.lamports))).collect(),
            threads: usize::try_from(threads).unwrap_or(usize::MAX),
        }
    }

    /// Times the floor over these blocks: once all of it, then each part alone.
    pub(super) fn run(&self, blocks: &[Owed]) -> FloorParts {
        let count = per(blocks.iter().map(Owed::transaction_count).sum());
        let total_us = self.timed(blocks, count, |block| self.block(block));
        FloorParts {
            total_us,
            message_hash_us: self.timed(blocks, count, |block| {
                block.hash_messages();
            }),
            transaction_leaf_us: self.timed(blocks, count, |block| {
                black_box(block.transaction_leaves());
            }),
            outcome_leaf_us: self.timed(blocks, count, |block| {
                black_box(block.outcome_leaves());
            }),
            account_leaves_us: self.timed(blocks, count, |block| {
                black_box(block.account_leaves());
            }),
            merkle_nodes_us: self.timed(blocks, count, |block| {
                for leaves in [
                    block.transactions.len(),
                    block.transactions.len(),
                    block.changed.len(),
                ] {
                    let leaves: MerkleLeaves = std::iter::repeat_n(Hash::ZERO, leaves).collect();
                    black_box(leaves.root());
                }
            }),
            accounts_us: self.timed(blocks, count, |block| {
                for tx in &block.transactions {
                    self.move_lamports(tx);
                }
            }),
        }
    }

    /// CPU time per transaction of `work` over all blocks, which the threads share, in microseconds.
    fn timed(&self, blocks: &[Owed], count: f64, work: impl Fn(&Owed) + Sync) -> f64 {
        let start = ProcessTime::now();
        scope(|scope| {
            let part = |first: usize| {
                let own = blocks.iter().skip(first).step_by(self.threads);
                own.for_each(&work);
            };
            for first in 1..self.threads {
                scope.spawn(move || part(first));
            }
            part(0);
        });
        start.elapsed().as_secs_f64() * 1e6 / count
    }

    fn block(&self, block: &Owed) {
        block.hash_messages();
        for tx in &block.transactions {
            self.move_lamports(tx);
        }
        black_box(block.transaction_leaves().root());
        black_box(block.outcome_leaves().root());
        black_box(block.account_leaves().root());
    }

    fn move_lamports(&self, tx: &OwedTx) {
        for (key, change) in &tx.moves {
            if let Some(account) = self.accounts.get(key) {
                let lamports = account.lamports.load(Ordering::Relaxed);
                let lamports = lamports.wrapping_add_signed(*change);
                account.lamports.store(lamports, Ordering::Relaxed);
            }
        }
    }
}

impl OwedTx {
    fn message(&self) -> &[u8] {
        &self.wire[self.message_offset..]
    }
}

/// What the parts of the floor can be compared with, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Yardsticks {
    /// One call of `blake3::hash` over 64 bytes.
    pub(super) blake3_us: f64,
    /// One dependent load from 128-byte records, as many as there are accounts.
    pub(super) pointer_chase_us: f64,
}

impl Yardsticks {
    pub(super) fn measure(accounts: u64) -> Self {
        Self {
            blake3_us: blake3_us(),
            pointer_chase_us: pointer_chase_us(usize::try_from(accounts).unwrap_or(usize::MAX)),
        }
    }
}

fn blake3_us() -> f64 {
    let mut block = [7; 64];
    let start = ProcessTime::now();
    for _ in 0..PROBES {
        let hash = blake3::hash(&block);
        block[..32].copy_from_slice(hash.as_bytes());
    }
    black_box(block);
    start.elapsed().as_secs_f64() * 1e6 / f64::from(PROBES)
}

/// A record as large as an account in a table.
#[derive(Clone, Copy)]
#[repr(align(128))]
struct Record {
    next: usize,
}

fn pointer_chase_us(records: usize) -> f64 {
    // One cycle through all records, in random order (Sattolo).
    let mut chain: Vec<Record> = (0..records).map(|next| Record { next }).collect();
    let mut random = Random::new(1);
    for last in (1..records).rev() {
        let other = random.below(last);
        let next = chain[last].next;
        chain[last].next = chain[other].next;
        chain[other].next = next;
    }
    let mut at = 0;
    let start = ProcessTime::now();
    for _ in 0..PROBES {
        at = chain[at].next;
    }
    black_box(at);
    start.elapsed().as_secs_f64() * 1e6 / f64::from(PROBES)
}
