//! CPU time of executing the same blocks of transfers by several systems, in turns.
//!
//! ```text
//! workload -> wire bytes of some blocks -> each system in its turn: two blocks untimed, the others timed
//! ```
//!
//! All run in this process on one thread over the same bytes, whose signatures count as checked; each keeps all accounts in
//! memory. Ours has the first turn of a round, since the blockhashes of later blocks are its own; the others rotate. Every
//! outcome must be a success, and in the end every account must hold the same in all systems. What the timers contain:
//! `docs/bench.md`.

mod bank;
mod lite;
#[allow(dead_code, reason = "it is also compiled without those who use the rest")]
#[path = "../../../../src/execution/parallel.rs"]
mod parallel;
mod report;
#[path = "../../../../src/execution/serial.rs"]
mod serial;
mod spent;

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::{Hash, Pubkey, TransactionView};
use isobath_timing::{Machine, load_average};

use self::bank::InMemoryBank;
use self::lite::Lite;
use self::parallel::Parallel;
use self::report::Report;
use self::serial::Serial;
use self::spent::Stages;
use crate::cli::ExecutionArgs;
use crate::workload::{self, FUNDS_LAMPORTS, Kind, Planned, Workload};

/// What a transfer costs its payer.
const FEE_LAMPORTS: u64 = 5_000;

/// Blocks for which a blockhash is valid.
const BLOCKHASH_AGE: usize = 150;
/// Blocks at the start of a turn that are not timed: the systems before have used the caches.
const UNTIMED_BLOCKS: usize = 2;

/// A system with its own accounts.
enum System {
    Serial(Box<Serial>),
    Parallel(Box<Parallel>),
    Bank(Box<InMemoryBank>),
    Lite(Box<Lite>),
}

impl System {
    const fn name(&self) -> &'static str {
        match self {
            Self::Serial(_) => "isobath_serial",
            Self::Parallel(_) => "isobath_parallel",
            Self::Bank(_) => "bank",
            Self::Lite(_) => "litesvm",
        }
    }

    /// Executes a block, which ends with this blockhash if it is known. `look` sees the record of a system that makes one.
    fn block(
        &mut self,
        block: &Block,
        blockhash: Option<Hash>,
        look: impl FnOnce(&BlockRecord),
    ) -> anyhow::Result<Stages> {
        let mut checked = Ok(());
        let see = |record: &BlockRecord| {
            checked = workload::check(&block.planned, &record.history.executions);
            look(record);
        };
        let stages = match self {
            Self::Serial(serial) => serial.block(block.wires.clone(), see)?,
            Self::Parallel(parallel) => parallel.block(block.wires.clone(), see)?,
            Self::Bank(bank) => bank.block(&block.wires, blockhash.context("ours comes first")?)?,
            Self::Lite(lite) => lite.block(&block.wires)?,
        };
        checked?;
        Ok(stages)
    }

    /// What an account holds; absent in systems whose records are looked at instead.
    fn lamports(&self, key: &Pubkey) -> Option<u64> {
        match self {
            Self::Serial(_) | Self::Parallel(_) => None,
            Self::Bank(bank) => bank.lamports(key),
            Self::Lite(lite) => lite.lamports(key),
        }
    }
}

struct Block {
    planned: Vec<Planned>,
    wires: Vec<Vec<u8>>,
}

struct Run {
    workload: Workload,
    systems: Vec<System>,
    /// Newest last.
    blockhashes: Vec<Hash>,
    block_transactions: usize,
    /// What every account must hold.
    expected: HashMap<Pubkey, u64>,
}

/// Runs `execution`.
///
/// # Errors
/// When a system does not do what the workload means.
pub(crate) fn run(args: &ExecutionArgs) -> anyhow::Result<()> {
    ensure!(
        matches!(args.workload, Kind::Disjoint | Kind::Zipf | Kind::Hot),
        "only transfers are compared; choose disjoint, zipf or hot"
    );
    let turn = UNTIMED_BLOCKS.saturating_add(args.round_blocks);
    ensure!(
        (1..=BLOCKHASH_AGE).contains(&turn) && args.round_blocks > 0,
        "a turn has 1 to {} timed blocks",
        BLOCKHASH_AGE.saturating_sub(UNTIMED_BLOCKS)
    );
    let load_before = load_average();
    let mut run = Run::new(args)?;
    let mut warm = 0;
    while warm < args.warmup_blocks {
        run.round(turn, 0)?;
        warm = warm.saturating_add(turn);
    }
    let mut report = Report::new(args, Machine::detect());
    for round in 0..args.rounds {
        for (name, stages) in run.round(turn, round)? {
            let transactions = args.round_blocks.saturating_mul(args.block_transactions);
            report.add(name, &stages, transactions as u64);
        }
    }
    run.compare()?;
    report.print(args.json, [load_before, load_average()])
}

impl Run {
    fn new(args: &ExecutionArgs) -> anyhow::Result<Self> {
        let workload = Workload::new(args.workload, args.accounts, args.seed);
        let genesis = workload.genesis();
        let keys = workload.addresses();
        let first = genesis.first_blockhash;
        let wants = |name: &str| !args.without.iter().any(|other| other == name);
        let mut systems = vec![System::Serial(Box::new(Serial::new(genesis.clone())?))];
        if wants("parallel") {
            systems.push(System::Parallel(Box::new(Parallel::new(genesis, 1)?)));
        }
        if wants("bank") {
            let bank = InMemoryBank::new(keys, FUNDS_LAMPORTS, first, args.flush)?;
            systems.push(System::Bank(Box::new(bank)));
        }
        if wants("litesvm") {
            systems.push(System::Lite(Box::new(Lite::new(keys, FUNDS_LAMPORTS)?)));
        }
        Ok(Self {
            expected: keys.iter().map(|key| (*key, FUNDS_LAMPORTS)).collect(),
            workload,
            systems,
            blockhashes: vec![first],
            block_transactions: args.block_transactions,
        })
    }

    /// A turn of each system over the same blocks; what the timed ones cost.
    fn round(&mut self, blocks: usize, round: usize) -> anyhow::Result<Vec<(&'static str, Stages)>> {
        let first = self.blockhashes.len();
        let blocks: Vec<Block> = (first..first.saturating_add(blocks))
            .map(|height| self.make(height))
            .collect();
        let mut costs = Vec::new();
        let others = self.systems.len().saturating_sub(1).max(1);
        for turn in 0..self.systems.len() {
            let index = match turn {
                0 => 0,
                _ => 1 + (turn - 1 + round) % others,
            };
            let mut timed = Stages::default();
            for (at, block) in blocks.iter().enumerate() {
                let known = self.blockhashes.get(first.saturating_add(at)).copied();
                let mut made = None;
                let system = &mut self.systems[index];
                let stages = system.block(block, known, |record| {
                    made = Some(record.history.result.block_hash);
                })?;
                ensure!(
                    known.is_none() || made.is_none() || known == made,
                    "our executors make different blocks"
                );
                if known.is_none() {
                    self.blockhashes.push(made.context("ours comes first")?);
                }
                if at >= UNTIMED_BLOCKS {
                    timed.add(&stages);
                }
            }
            costs.push((self.systems[index].name(), timed));
        }
        Ok(costs)
    }

    /// The block of this height, with the oldest blockhash that is valid.
    fn make(&mut self, height: usize) -> Block {
        let blockhash = self.blockhashes[height.saturating_sub(BLOCKHASH_AGE)];
        let planned = self.workload.next(self.block_transactions, blockhash);
        for tx in &planned {
            self.expect(&tx.wire);
        }
        Block {
            wires: planned.iter().map(|tx| tx.wire.clone()).collect(),
            planned,
        }
    }

    /// Adds a transfer to what accounts must hold.
    fn expect(&mut self, wire: &[u8]) {
        let view = TransactionView::parse(wire).expect("the workload makes transactions");
        let lamports = *wire.last_chunk().expect("a transfer ends with its lamports");
        let lamports = u64::from_le_bytes(lamports);
        let [from, to] = [0, 1].map(|index| Pubkey(view.static_keys()[index]));
        let mut change = |key, by: i64| {
            let held = self.expected.get_mut(&key).expect("it has an account");
            *held = held.wrapping_add_signed(by);
        };
        let lamports = lamports.cast_signed();
        change(from, -(lamports + FEE_LAMPORTS.cast_signed()));
        change(to, lamports);
    }

    /// Executes one more block; fails unless every account holds what its transfers left, in ours those that it changes.
    fn compare(&mut self) -> anyhow::Result<()> {
        let block = self.make(self.blockhashes.len());
        let mut blockhash = None;
        for system in &mut self.systems {
            let mut held = Vec::new();
            let mut made = None;
            system.block(&block, blockhash, |record| {
                made = Some(record.history.result.block_hash);
                let accounts = record.delta.accounts.iter();
                held.extend(
                    accounts.map(|(key, account)| (*key, account.as_ref().map_or(0, |own| own.lamports))),
                );
            })?;
            blockhash = blockhash.or(made);
            held.retain(|(key, _)| self.expected.contains_key(key));
            let all = self.expected.keys();
            held.extend(all.filter_map(|key| Some((*key, system.lamports(key)?))));
            ensure!(!held.is_empty(), "{} shows no account", system.name());
            for (key, lamports) in held {
                let expected = self.expected[&key];
                ensure!(
                    lamports == expected,
                    "{key} holds {lamports} in {}, not {expected}",
                    system.name()
                );
            }
        }
        Ok(())
    }
}
