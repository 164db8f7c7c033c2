//! A chain of large random blocks, each executed by one thread, by several and by the oracle.
//!
//! The oracle executes the block as it was built and with all that had no effect in it; both must be what one thread made.
//! Each number of threads builds the block from what was offered, and one of them also executes the order with what has no
//! effect in it; all must give the same records. A second chain opens each block when the one before has ended. Every third time a block that is half executed is given up first.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use isobath_accounts_db::{AccountsDb, EndedBlock, OpenBlock};
use isobath_runtime::{Difference, LaneEnd, Oracle, ParallelBuffers, ParallelExecution, Runtime, Tx};
use isobath_scheduler::seed_yields;
use isobath_sdk::chain::record::{BlockRecord, History};
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_testkit::Random;
use isobath_testkit::world::World;

use super::cast::{FRESH, fresh, genesis};
use super::defect::Defect;
use super::generate::{Block, Blocks};
use super::pipeline::Pipeline;
use super::readers::Held;
use super::report::Report;
use super::yielding::Yielding;
use crate::random_blocks::cast::{BLOCKHASH_MAX_AGE, programs};
use crate::random_blocks::generate::{Generator, Now, Planned};
use crate::random_blocks::harness::ThreeThreads;

/// Blocks of one chain.
pub const BLOCKS_PER_CHAIN: u64 = 6;
/// Numbers of threads, each of which executes every block.
const THREADS: [usize; 5] = [1, 2, 3, 8, 16];
/// Views that are held at a time, the newest included.
const HELD: usize = 3;
/// Transactions that are appended at a time.
const APPENDED: usize = 24;

struct Chain {
    seed: u64,
    world: World,
    /// What the threads use, maybe with a planted defect.
    runtime: Runtime,
    oracle: Oracle,
    buffers: Vec<ParallelBuffers>,
    pipeline: Pipeline,
    blocks: Blocks,
    rng: Random,
    /// Newest first.
    blockhashes: Vec<Hash>,
    /// Newest last.
    held: VecDeque<Held>,
    report: Report,
}

/// How a block is executed by several threads.
struct Mode {
    keeps_no_ops: bool,
    seed: u64,
}

/// Runs the chain of `seed`.
///
/// # Errors
/// The first difference, with the seed.
///
/// # Panics
/// When the harness itself does.
pub fn run_chain(seed: u64, defect: Option<Defect>) -> Result<Report, String> {
    let mut chain = Chain::new(seed, defect);
    for block in 0..BLOCKS_PER_CHAIN {
        chain
            .block()
            .map_err(|difference| format!("seed {seed}: block {block}: {difference}"))?;
    }
    let last = chain.pipeline.end();
    last.map_err(|difference| format!("seed {seed}: the last block: {difference}"))?;
    let conflicts = chain.buffers.iter().map(ParallelBuffers::conflicts);
    chain.report.conflicts = conflicts.sum();
    Ok(chain.report)
}

impl Chain {
    fn new(seed: u64, defect: Option<Defect>) -> Self {
        let profile = match seed % 2 {
            0 => Profile::Mainnet,
            _ => Profile::All,
        };
        let genesis = genesis(profile);
        let mut world = World::new(genesis.clone(), programs());
        if let Some(Defect::Accounts(bug)) = defect {
            world.db = AccountsDb::with_planted_bug(&genesis, bug);
        }
        let mut runtime = Runtime::new(genesis.clone(), programs()).expect("its programs are linked in");
        if let Some(Defect::Runtime(bug)) = defect {
            runtime = runtime.with_planted_bug(bug);
        }
        let rules = genesis.rules();
        Self {
            seed,
            held: VecDeque::from([Held::new(world.db.view(), keys())]),
            blockhashes: vec![world.chain.blockhash()],
            world,
            runtime,
            pipeline: Pipeline::new(genesis.clone()),
            oracle: Oracle::new(genesis, programs()).expect("its programs are linked in"),
            buffers: THREADS
                .map(|threads| ParallelBuffers::new(threads, &rules))
                .into(),
            blocks: Blocks::new(seed.wrapping_mul(2)),
            rng: Random::new(seed.wrapping_mul(2).wrapping_add(1)),
            report: Report::default(),
        }
    }

    fn block(&mut self) -> Result<(), String> {
        let wires = self.offer();
        let admit = |wire: &Vec<u8>| self.world.admit(wire).map_err(|error| error.to_string());
        let txs = wires.iter().map(admit).collect::<Result<Vec<Tx>, _>>()?;
        let unique = unique(&txs);
        let record = self.serial(&txs, false)?;
        let with_no_ops = self.serial(&unique, true)?;
        for index in 0..self.buffers.len() {
            self.parallel(index, &txs, &record, false)?;
        }
        let is_overlapped = self.pipeline.block(&txs, &record, &mut self.rng)?;
        self.report.overlapped += u64::from(is_overlapped);
        let again = self.rng.below(self.buffers.len());
        self.parallel(again, &unique, &with_no_ops, true)?;
        self.report.blocks += 1;
        self.report.offered += txs.len() as u64;
        self.report.count_outcomes(&with_no_ops.history.executions);
        self.compare_oracle(&record, &with_no_ops)?;
        self.publish(record)
    }

    fn offer(&mut self) -> Vec<Vec<u8>> {
        let ages = 0..usize::try_from(BLOCKHASH_MAX_AGE).expect("a short life") + 2;
        let oldest = self.blockhashes.len() - 1;
        let accounts = self.newest().accounts().clone();
        let mut now = Now {
            blockhashes: ages.map(|age| self.blockhashes[age.min(oldest)]).collect(),
            slot: self.world.chain.slot() + 1,
            accounts: &accounts,
            planned: Planned::default(),
        };
        let blockhash = self.blockhashes[0];
        self.blocks.draw(Block {
            others: Generator::new(&mut self.rng, &mut now),
            blockhash,
            accounts: &accounts,
        })
    }

    fn newest(&self) -> &Held {
        self.held.back().expect("one is always held")
    }

    /// Executes a block by one thread, without a planted defect in the executor.
    fn serial(&self, txs: &[Tx], keeps_no_ops: bool) -> Result<BlockRecord, String> {
        let mut block = self.world.open_block(0);
        for tx in txs {
            match keeps_no_ops {
                true => drop(block.execute(tx)),
                false => drop(block.try_execute(tx)),
            }
        }
        Ok(block.seal().0.into_stored())
    }

    fn parallel(
        &mut self,
        index: usize,
        txs: &[Tx],
        expected: &BlockRecord,
        keeps_no_ops: bool,
    ) -> Result<(), String> {
        let mode = Mode {
            keeps_no_ops,
            seed: self.rng.next_u64() | 1,
        };
        if self.rng.chance(1, 3) {
            self.give_up(index, txs, &mode)?;
        }
        let Self {
            world,
            runtime,
            buffers,
            held,
            report,
            ..
        } = self;
        let accounts = Yielding(world.db.open_block());
        let time = expected.history.header.timestamp_ms;
        let mut block = runtime.open_parallel(&world.chain, accounts, time, &mut buffers[index]);
        if mode.keeps_no_ops {
            block = block.keeping_no_ops();
        }
        let ends = execute(&mut block, txs, held, &mode)?;
        report.parallel_runs += 1;
        for end in &ends {
            report.steals += end.work.steals;
            report.waits += end.work.waits;
            report.in_place += end.in_place().written;
            report.restored_in_place += end.in_place().restored;
        }
        let (found, _ended): (_, EndedBlock) = block.seal(ends, &ThreeThreads);
        match found.into_stored() == *expected {
            true => Ok(()),
            false => Err(format!(
                "{} threads, which keep what has no effect: {keeps_no_ops}, make another record",
                THREADS[index]
            )),
        }
    }

    /// Executes half of the block and gives it up.
    fn give_up(&mut self, index: usize, txs: &[Tx], mode: &Mode) -> Result<(), String> {
        let World { chain, db, .. } = &self.world;
        let accounts = Yielding(db.open_block());
        let mut block = self
            .runtime
            .open_parallel(chain, accounts, 0, &mut self.buffers[index]);
        let ends = execute(&mut block, &txs[..txs.len() / 2], &self.held, mode)?;
        drop(block.abort(ends));
        self.newest().check_all()
    }

    fn compare_oracle(&mut self, record: &BlockRecord, with_no_ops: &BlockRecord) -> Result<(), String> {
        for (record, is_last) in [(with_no_ops, false), (record, true)] {
            let History {
                header, transactions, ..
            } = &record.history;
            let executed = match is_last {
                true => self.oracle.execute_block(header, transactions),
                false => self.oracle.try_block(header, transactions),
            };
            let executed = executed.map_err(|error| error.to_string())?;
            Difference::find(record, &executed).map_err(|difference| format!("oracle: {difference}"))?;
        }
        Ok(())
    }

    fn publish(&mut self, record: BlockRecord) -> Result<(), String> {
        self.world.advance(record)?;
        self.blockhashes.insert(0, self.world.chain.blockhash());
        self.held.push_back(Held::new(self.world.db.view(), keys()));
        self.held.iter().try_for_each(Held::check_all)?;
        if self.held.len() > HELD {
            // Not the oldest every time, so that some are held long.
            drop(self.held.remove(usize::try_from(self.seed % 2).expect("0 or 1")));
        }
        Ok(())
    }
}

/// Keys that mostly have no account.
fn keys() -> impl Iterator<Item = Pubkey> {
    (0..FRESH).map(fresh)
}

/// The first of each message.
fn unique(txs: &[Tx]) -> Vec<Tx> {
    let mut messages = HashSet::new();
    let mut unique = txs.to_vec();
    unique.retain(|tx| messages.insert(tx.message_hash()));
    unique
}

/// Executes these transactions with a thread for each lane, while they are appended and a thread reads held views.
fn execute(
    block: &mut ParallelExecution<'_, Yielding<OpenBlock>>,
    txs: &[Tx],
    held: &VecDeque<Held>,
    mode: &Mode,
) -> Result<Vec<LaneEnd>, String> {
    let (mut intake, lanes) = block.split();
    let has_ended = AtomicBool::new(false);
    let (ends, read) = thread::scope(|scope| {
        let has_ended = &has_ended;
        let view = usize::try_from(mode.seed >> 32).expect("32 bits") % held.len();
        let reader = scope.spawn(move || held[view].read_until(has_ended, mode.seed));
        let threads: Vec<_> = (1_u64..)
            .zip(lanes)
            .map(|(number, lane)| {
                scope.spawn(move || {
                    seed_yields(mode.seed.wrapping_mul(number * 2 + 1));
                    lane.run(|| false)
                })
            })
            .collect();
        for txs in txs.chunks(APPENDED) {
            intake.push(txs.iter().cloned());
        }
        intake.close();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        let ends = joined.collect::<Result<Vec<LaneEnd>, _>>();
        has_ended.store(true, Ordering::Release);
        (ends, reader.join())
    });
    read.map_err(|_| "a reader panicked".to_owned())??;
    ends.map_err(|_| "a thread panicked".to_owned())
}
