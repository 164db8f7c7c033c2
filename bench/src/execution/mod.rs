//! CPU time of executing blocks, by one executor and without a node, beside a floor on as many threads.
//!
//! ```text
//! workload -> wire bytes of a block -> executor: admit, execute, seal, publish   timed
//!                     |                     '--> what the block owes, with clocks stopped
//!                     '------------------------> floor: the same hashes and look-ups, timed
//! ```
//!
//! Timed: from wire bytes, whose signatures are taken as checked, to a sealed header and a result with all roots, with
//! chain and accounts moved on so that the next block can open. Not timed: making the transactions, the ledger. Every
//! outcome is compared with what the workload meant; another one ends the run.

mod costs;
mod floor;
mod oracle;
mod parallel;
mod report;
mod serial;
mod spent;

use anyhow::Context;
use isobath_runtime::LaneWork;
use isobath_sdk::Hash;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::BlockRecord;
use isobath_timing::{Machine, load_average};

pub(crate) use self::costs::{Costs, StageCost, measure_costs};
use self::floor::{Floor, Owed};
use self::oracle::OracleExecutor;
use self::parallel::Parallel;
use self::report::{Report, Rounds};
use self::serial::Serial;
use self::spent::Stages;
use crate::cli::ExecutionArgs;
use crate::figures::per;
use crate::progress::{Length, bar};
use crate::workload::{self, Workload};

/// Groups of blocks that are timed; between them the floor has its turn over the same blocks.
const ROUNDS_MAX: u32 = 10;
/// Blocks at the start of a round that are executed without being timed: the floor has used the caches.
const UNTIMED_BLOCKS: u32 = 2;

/// An executor of blocks with its own chain and accounts.
enum Executor {
    Serial(Box<Serial>),
    Oracle(Box<OracleExecutor>),
    Parallel(Box<Parallel>),
}

impl Executor {
    fn new(args: &ExecutionArgs, genesis: Genesis) -> anyhow::Result<Self> {
        Ok(if let Some(threads) = args.threads {
            Self::Parallel(Box::new(Parallel::new(genesis, usize::try_from(threads)?)?))
        } else if args.oracle {
            Self::Oracle(Box::new(OracleExecutor::new(genesis)?))
        } else {
            Self::Serial(Box::new(Serial::new(genesis)?))
        })
    }

    /// Executes the next block and passes its record to `look`, with clocks stopped.
    fn block(&mut self, wires: Vec<Vec<u8>>, look: impl FnOnce(&BlockRecord)) -> anyhow::Result<Stages> {
        match self {
            Self::Serial(serial) => serial.block(wires, look),
            Self::Oracle(oracle) => oracle.block(&wires, look),
            Self::Parallel(parallel) => parallel.block(wires, look),
        }
    }

    /// What the threads did so far, and how many locks were not granted at once.
    fn work(&self) -> (LaneWork, u64) {
        match self {
            Self::Serial(_) | Self::Oracle(_) => (LaneWork::default(), 0),
            Self::Parallel(parallel) => (parallel.work(), parallel.conflicts()),
        }
    }
}

/// A run under way.
struct Run {
    executor: Executor,
    workload: Workload,
    /// Blockhashes, newest last.
    blockhashes: Vec<Hash>,
    block_transactions: usize,
}

impl Run {
    fn new(args: &ExecutionArgs) -> anyhow::Result<Self> {
        let accounts = usize::try_from(args.accounts)?;
        let workload = Workload::new(args.workload, accounts, args.seed);
        let genesis = workload.genesis();
        Ok(Self {
            blockhashes: vec![genesis.first_blockhash],
            executor: Executor::new(args, genesis)?,
            workload,
            block_transactions: usize::try_from(args.block_transactions)?,
        })
    }

    /// Makes and executes the next block; returns what it cost and what it owes.
    fn block(&mut self) -> anyhow::Result<(Stages, Owed)> {
        // The oldest blockhash that is valid: 150 blocks old, or as old as there is one.
        let age = self.blockhashes.len().min(BLOCKHASH_AGE);
        let blockhash = self.blockhashes[self.blockhashes.len().saturating_sub(age)];
        let transactions = self.workload.next(self.block_transactions, blockhash);
        let wires = transactions.iter().map(|tx| tx.wire.clone()).collect();
        let mut seen = None;
        let stages = self.executor.block(wires, |record| {
            seen = Some((
                record.history.result.block_hash,
                workload::check(&transactions, &record.history.executions),
                Owed::of(record),
            ));
        })?;
        let (blockhash, checked, owed) = seen.context("the executor returned no record")?;
        checked?;
        self.blockhashes.push(blockhash);
        Ok((stages, owed))
    }
}

/// Blocks for which a blockhash is valid.
const BLOCKHASH_AGE: usize = 150;

/// Runs `execution`; always true, since there is no target yet.
///
/// # Errors
/// When an outcome is not the one that the workload meant.
pub(crate) fn run(args: &ExecutionArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let mut run = Run::new(args)?;
    let warming = bar("warming up", Length::Items(u64::from(args.warmup_blocks)));
    for _ in 0..args.warmup_blocks {
        run.block()?;
        warming.inc(1);
    }
    warming.finish_and_clear();
    let rounds = measure(args, &mut run)?;
    let report = Report::new(args, &rounds, Machine::detect(), [load_before, load_average()]);
    if args.output.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report::render(&report));
    }
    Ok(true)
}

fn measure(args: &ExecutionArgs, run: &mut Run) -> anyhow::Result<Rounds> {
    let mut rounds = Rounds::default();
    let floor = Floor::new(&run.workload.genesis(), args.threads.unwrap_or(1));
    let (work_before, conflicts_before) = run.executor.work();
    let measuring = bar("measuring", Length::Items(u64::from(args.blocks)));
    for blocks in spread(args.blocks, args.blocks.min(ROUNDS_MAX)) {
        for _ in 0..UNTIMED_BLOCKS {
            run.block()?;
        }
        let (mut stages, mut owed) = (Stages::default(), Vec::new());
        for _ in 0..blocks {
            let (spent, owes) = run.block()?;
            stages.add(&spent);
            owed.push(owes);
            measuring.inc(1);
        }
        let transactions = owed.iter().map(Owed::transaction_count).sum::<u64>();
        rounds.us_per_tx.push(stages.total().cpu_us() / per(transactions));
        rounds.stages.add(&stages);
        rounds.transactions = rounds.transactions.saturating_add(transactions);
        let units = owed.iter().map(|owed| owed.compute_units).sum::<u64>();
        rounds.compute_units = rounds.compute_units.saturating_add(units);
        rounds.floors.push(floor.run(&owed));
    }
    measuring.finish_and_clear();
    let (work, conflicts) = run.executor.work();
    rounds.steals = work.steals.saturating_sub(work_before.steals);
    rounds.waits = work.waits.saturating_sub(work_before.waits);
    rounds.conflicts = conflicts.saturating_sub(conflicts_before);
    Ok(rounds)
}

/// `blocks` over `rounds`, as evenly as they can be.
fn spread(blocks: u32, rounds: u32) -> impl Iterator<Item = u32> {
    let share = blocks.checked_div(rounds).unwrap_or(0);
    let larger = blocks.checked_rem(rounds).unwrap_or(0);
    (0..rounds).map(move |round| share.saturating_add(u32::from(round < larger)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_block_is_lost_between_the_rounds() {
        for blocks in [1, 9, 10, 11, 99, 100] {
            let spread: Vec<u32> = spread(blocks, blocks.min(ROUNDS_MAX)).collect();
            assert_eq!(spread.iter().sum::<u32>(), blocks);
            assert!(spread.iter().all(|share| *share > 0), "{spread:?}");
        }
    }
}
