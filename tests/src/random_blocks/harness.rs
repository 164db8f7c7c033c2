//! Runs random blocks through the runtime and the model and compares them.
//!
//! Most headers name an older result than the newest as their anchor, within the lag.
//!
//! Every block is executed seven times: built (NoOps left out), replayed from its order (must give the same
//! record), by programs of which no call is known in advance (must give the same record and cost the same), replayed with
//! the NoOps in it (must leave the same state), and by the oracle (must give the same record, NoOps included); and twice by
//! several threads, with and without the NoOps (must give the same records).

use std::borrow::Borrow;
use std::collections::HashSet;

use isobath_accounts_db::OpenBlock;
use isobath_runtime::{
    Chain, Difference, LaneEnd, Oracle, ParallelBuffers, ParallelExecution, Runtime, Tx, WaitNotes,
    execute_block,
};
use isobath_scheduler::{LockWait, Spent};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::helpers::Helpers;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef, History};
use isobath_sdk::program::ProgramTable;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::view::TransactionView;
use isobath_testkit::Random;
use isobath_testkit::world::World;
use rand::Rng;
use rand::seq::IndexedRandom;

use super::cast::{BLOCKHASH_MAX_AGE, PRODUCER, genesis, programs};
use super::feature::{Feature, Report};
use super::generate::{Generator, Now, Planned};
use super::model::{Accounts, Expected, Model, Plain, execute};
use crate::words;

/// Blocks of one run with transactions in them.
const BLOCKS: usize = 14;
/// Transactions offered to each block.
const OFFERED: usize = 16;
/// Transactions that may be sent again: the newest.
const AGAIN: usize = 64;
/// One run in this many has a long pause in it, in which tables cool down.
const PAUSE_EVERY: u64 = 5;
/// The block after which the pause comes.
const PAUSE_AFTER: usize = 8;
/// Empty blocks of the pause: one more than a deactivated table needs.
const PAUSE_BLOCKS: usize = 514;

/// A result of one slot in this many is named by the headers after it.
const ANCHOR_EVERY: usize = 4;

struct Run {
    world: World,
    oracle: Oracle,
    /// The rules with programs that promise nothing.
    unpromised: Runtime,
    /// What blocks that several threads execute use.
    buffers: ParallelBuffers,
    model: Model,
    sent: Vec<Vec<u8>>,
    /// Results by slot.
    results: Vec<Anchor>,
    /// Slot of the anchor of the newest block.
    named: usize,
}

/// Runs the blocks of `seed`; `adapt` may plant a defect in the runtime.
///
/// # Errors
/// The first difference between runtime and model, with the seed.
pub fn run(seed: u64, adapt: impl Fn(Runtime) -> Runtime) -> Result<Report, String> {
    let mut rng = Random::new(seed);
    let profile = match rng.random_ratio(1, 2) {
        true => Profile::Mainnet,
        false => Profile::All,
    };
    let threads = *[1, 2, 3, 8].choose(&mut Random::new(seed ^ 1)).expect("some");
    let mut run = Run::new(profile, threads, adapt);
    run.model.report.count(match profile {
        Profile::Mainnet => Feature::MainnetProfile,
        Profile::All => Feature::AllProfile,
    });
    for block in 0..BLOCKS {
        run.block(&mut rng)
            .and_then(|()| match block {
                PAUSE_AFTER if seed.is_multiple_of(PAUSE_EVERY) => run.pause(),
                _ => Ok(()),
            })
            .map_err(|difference| format!("seed {seed}: block {block}: {difference}"))?;
    }
    Ok(run.model.report)
}

/// Accounts as the model and the generator see them.
pub fn plain_accounts<'a>(
    accounts: impl IntoIterator<Item = &'a (Pubkey, impl Borrow<Account> + 'a)>,
) -> Accounts {
    let plain = |account: &Account| Plain {
        lamports: account.lamports,
        owner: account.owner,
        data: account.data.to_vec(),
    };
    let accounts = accounts.into_iter();
    accounts
        .map(|(key, account)| (*key, plain(account.borrow())))
        .collect()
}

impl Run {
    fn new(profile: Profile, threads: usize, adapt: impl Fn(Runtime) -> Runtime) -> Self {
        let genesis = genesis(profile);
        let rules = genesis.rules();
        let model = Model::new(&genesis, plain_accounts(&genesis.initial_accounts()), profile);
        let oracle = Oracle::new(genesis.clone(), programs()).expect("its programs are linked in");
        let unpromised = Runtime::new(genesis.clone(), unpromised(&programs()));
        let mut world = World::new(genesis, programs());
        world.runtime = adapt(world.runtime);
        Self {
            results: vec![world.chain.newest_anchor()],
            named: 0,
            world,
            oracle,
            unpromised: adapt(unpromised.expect("its programs are linked in")),
            buffers: ParallelBuffers::new(threads, &rules),
            model,
            sent: Vec::new(),
        }
    }

    fn block(&mut self, rng: &mut Random) -> Result<(), String> {
        let offered = self.offer(rng);
        self.try_malformed(rng, &offered)?;
        let (record, spent) = self.build(&offered)?;
        self.compare_unpromised(&record, &spent)?;
        let with_no_ops = self.compare_replays(&record, &offered)?;
        self.compare_parallel(&record, &offered)?;
        self.compare_parallel_no_ops(&with_no_ops)?;
        self.end(record.clone())?;
        self.compare_accounts()?;
        self.compare_oracle(&record, &with_no_ops)
    }

    /// Empty blocks.
    fn pause(&mut self) -> Result<(), String> {
        for _ in 0..PAUSE_BLOCKS {
            let record = self.world.open_block(0).seal().0.into_stored();
            self.end(record.clone())?;
            self.compare_oracle(&record, &record)?;
        }
        self.compare_accounts()
    }

    fn end(&mut self, record: BlockRecord) -> Result<(), String> {
        let burned = self.model.end_block(&PRODUCER);
        let fees = record.history.result.fees;
        self.named = usize::try_from(record.history.header.anchor.slot).expect("a few slots");
        self.world.advance(record)?;
        self.results.push(self.world.chain.newest_anchor());
        self.model.open_next(self.world.chain.blockhash());
        match fees.burned == burned {
            true => Ok(()),
            false => Err(format!("burned {}, expected {burned}", fees.burned)),
        }
    }

    /// Transactions for the next block; one in ten was sent before.
    fn offer(&mut self, rng: &mut Random) -> Vec<Vec<u8>> {
        let past = &self.model.past;
        let ages = 0..=usize::try_from(BLOCKHASH_MAX_AGE).expect("a short life") + 1;
        let mut now = Now {
            blockhashes: ages.map(|age| past.blockhash(age)).collect(),
            slot: past.slot(),
            accounts: &self.model.accounts,
            planned: Planned::default(),
        };
        let again: Vec<Option<usize>> = (0..OFFERED)
            .map(|_| {
                let is_again = !self.sent.is_empty() && rng.random_ratio(1, 10);
                is_again.then(|| rng.random_range(self.sent.len().saturating_sub(AGAIN)..self.sent.len()))
            })
            .collect();
        let mut generator = Generator::new(rng, &mut now);
        let wires = again.into_iter().map(|again| match again {
            Some(index) => self.sent[index].clone(),
            None => generator.wire(),
        });
        let wires: Vec<Vec<u8>> = wires.collect();
        self.sent.extend(wires.iter().cloned());
        wires
    }

    fn try_malformed(&mut self, rng: &mut Random, offered: &[Vec<u8>]) -> Result<(), String> {
        let World { runtime, chain, db } = &self.world;
        let header = self.world.open_block(0).seal().0.history.header;
        for wire in offered {
            let mut bytes = wire.clone();
            match rng.random_range(0..3) {
                0 => bytes.truncate(rng.random_range(0..wire.len())),
                1 => bytes.push(rng.random()),
                _ => {
                    let at = rng.random_range(0..wire.len());
                    bytes[at] ^= 1 << rng.random_range(0..8);
                }
            }
            if self.world.admit(&bytes).is_err() {
                self.model.report.count(Feature::Malformed);
                if execute_block(runtime, chain, db.open_block(), &header, &[bytes]).is_ok() {
                    return Err("a block with an invalid transaction was executed".to_owned());
                }
            }
        }
        Ok(())
    }

    /// The anchor of the open block: the newest of those that are named at all, unless the parent names a newer result.
    fn anchor(&self) -> Anchor {
        let parent = self.results.len() - 1;
        let older = parent - parent % ANCHOR_EVERY;
        self.results[older.max(self.named)]
    }

    fn build(&mut self, offered: &[Vec<u8>]) -> Result<(BlockRecord, Vec<Spent>), String> {
        let mut block = self.world.open_block(0);
        let mut spent = Vec::new();
        for wire in offered {
            let view = TransactionView::parse(wire).map_err(|error| error.to_string())?;
            let admitted = self.world.admit(wire);
            let tx = admitted.map_err(|error| format!("{error:?} for {}", words::transaction(&view)))?;
            let expected = execute(&mut self.model, &view);
            let (direct_before, in_place_before) = (block.direct_count(), block.in_place());
            let found = match block.try_execute(&tx) {
                Ok(execution) => {
                    let found = outcome_of(execution);
                    spent.push(block.spent());
                    found
                }
                Err(error) => Expected::no_op(error),
            };
            if block.direct_count() > direct_before {
                self.model.report.count(Feature::Direct);
            }
            if block.in_place().written > in_place_before.written {
                self.model.report.count(Feature::InPlace);
            }
            if block.in_place().restored > in_place_before.restored {
                self.model.report.count(Feature::RestoredInPlace);
            }
            if found != expected {
                return Err(format!(
                    "{found:?}, expected {expected:?}: {}",
                    words::transaction(&view)
                ));
            }
        }
        let sealed = block.seal_with(self.anchor());
        let (record, _ended) = sealed.map_err(|error| error.to_string())?;
        Ok((record.into_stored(), spent))
    }

    /// Executes the block with programs that promise nothing, so that each call runs in its frame.
    fn compare_unpromised(&self, record: &BlockRecord, spent: &[Spent]) -> Result<(), String> {
        let World { chain, db, .. } = &self.world;
        let History {
            header, transactions, ..
        } = &record.history;
        let mut block = self
            .unpromised
            .open_block(chain, db.open_block(), header.timestamp_ms);
        for (wire, spent) in transactions.iter().zip(spent) {
            let tx = self.world.admit(wire).map_err(|error| error.to_string())?;
            block.execute(&tx);
            if block.spent() != *spent {
                return Err(format!(
                    "in frames it costs {:?}, directly {spent:?}",
                    block.spent()
                ));
            }
        }
        if block.direct_count() != 0 {
            return Err("a call was known that nobody promised".to_owned());
        }
        let sealed = block.seal_with(header.anchor);
        let (in_frames, _ended) = sealed.map_err(|error| error.to_string())?;
        match in_frames.into_stored() == *record {
            true => Ok(()),
            false => Err("in frames it gives another record".to_owned()),
        }
    }

    /// Returns the block with the NoOps in it.
    fn compare_replays(&self, record: &BlockRecord, offered: &[Vec<u8>]) -> Result<BlockRecord, String> {
        let World { runtime, chain, db } = &self.world;
        let history = &record.history;
        let (replayed, ended) = execute_block(
            runtime,
            chain,
            db.open_block(),
            &history.header,
            &history.transactions,
        )
        .map_err(|error| error.to_string())?;
        drop(ended);
        if replayed != *record {
            return Err("replaying the order gives another record".to_owned());
        }
        Chain::verify_roots(record).map_err(|error| error.to_string())?;
        let mut with_no_ops = self.world.open_block(0);
        let mut messages = HashSet::new();
        for wire in offered {
            // Hashed under another seed than that of the accounts, which makes no difference.
            let tx = runtime.admit(wire, KeyHasher::new([1, 2]));
            let tx = tx.map_err(|error| error.to_string())?;
            // No block contains a message twice.
            if messages.insert(tx.message_hash()) {
                with_no_ops.execute(&tx);
            }
        }
        let with_no_ops = with_no_ops.seal().0.into_stored();
        if with_no_ops.delta != record.delta {
            return Err("NoOps in the block change its state".to_owned());
        }
        Ok(with_no_ops)
    }

    /// Builds the block from what was offered by several threads.
    fn compare_parallel(&mut self, record: &BlockRecord, offered: &[Vec<u8>]) -> Result<(), String> {
        let admit = |wire: &Vec<u8>| self.world.admit(wire).map_err(|error| error.to_string());
        let txs = offered.iter().map(admit).collect::<Result<Vec<Tx>, _>>()?;
        let World { runtime, chain, db } = &self.world;
        let header = &record.history.header;
        let block = runtime.open_parallel(chain, db.open_block(), header.timestamp_ms, &mut self.buffers);
        let parallel = execute_in_parallel(block, txs, header.anchor)?;
        match parallel == *record {
            true => Ok(()),
            false => Err("several threads build another record".to_owned()),
        }
    }

    /// Executes the given order with the NoOps in it by several threads.
    fn compare_parallel_no_ops(&mut self, with_no_ops: &BlockRecord) -> Result<(), String> {
        let history = &with_no_ops.history;
        let admit = |wire: &Vec<u8>| self.world.admit(wire).map_err(|error| error.to_string());
        let txs = history
            .transactions
            .iter()
            .map(admit)
            .collect::<Result<Vec<Tx>, _>>()?;
        let World { runtime, chain, db } = &self.world;
        let (time, anchor) = (history.header.timestamp_ms, history.header.anchor);
        let block = runtime.open_parallel(chain, db.open_block(), time, &mut self.buffers);
        let parallel = execute_in_parallel(block.keeping_no_ops(), txs, anchor)?;
        match parallel == *with_no_ops {
            true => Ok(()),
            false => Err("several threads replay another record with NoOps".to_owned()),
        }
    }

    fn compare_oracle(&mut self, record: &BlockRecord, with_no_ops: &BlockRecord) -> Result<(), String> {
        let History {
            header, transactions, ..
        } = &with_no_ops.history;
        let executed = self.oracle.try_block(header, transactions);
        let executed = executed.map_err(|error| error.to_string())?;
        Difference::find(with_no_ops, &executed)
            .map_err(|difference| format!("oracle, with NoOps: {difference}"))?;
        let History {
            header, transactions, ..
        } = &record.history;
        let executed = self.oracle.execute_block(header, transactions);
        let executed = executed.map_err(|error| error.to_string())?;
        Difference::find(record, &executed).map_err(|difference| format!("oracle: {difference}"))
    }

    fn compare_accounts(&self) -> Result<(), String> {
        let view = self.world.db.view();
        let images: Vec<_> = view.iter().collect();
        let found = plain_accounts(&images);
        for key in found.keys().chain(self.model.accounts.keys()) {
            let (found, expected) = (found.get(key), self.model.accounts.get(key));
            if found != expected {
                return Err(format!("account {key}: {found:?}, expected {expected:?}"));
            }
        }
        Ok(())
    }
}

/// Looks up the account of every wait, as a node does: it changes no result.
struct NamedWaits;

impl WaitNotes for NamedWaits {
    fn note(&mut self, wait: LockWait, key: impl FnOnce() -> Option<Pubkey>) {
        assert!(wait.behind < wait.position, "{wait:?} is behind a later one");
        assert!(key().is_some(), "{wait:?} is for an account of the transaction");
    }
}

/// Executes these transactions with a thread for each lane, while they are appended.
fn execute_in_parallel(
    mut block: ParallelExecution<'_, OpenBlock>,
    txs: Vec<Tx>,
    anchor: Anchor,
) -> Result<BlockRecord, String> {
    let (mut intake, lanes) = block.split();
    let ends = std::thread::scope(|scope| {
        let threads: Vec<_> = lanes
            .into_iter()
            .map(|lane| scope.spawn(move || lane.run_noting(|| false, &mut NamedWaits)))
            .collect();
        let mut txs = txs.into_iter();
        while let Some(tx) = txs.next() {
            intake.push(std::iter::once(tx).chain(txs.by_ref().take(4)));
        }
        drop(intake);
        let ends = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ends.collect::<Result<Vec<LaneEnd>, _>>()
    });
    let ends = ends.map_err(|_| "a thread panicked".to_owned())?;
    let sealed = block.seal_with(ends, anchor, &ThreeThreads);
    let (record, _ended) = sealed.map_err(|error| error.to_string())?;
    Ok(record.into_stored())
}

/// Threads that share the hashing.
pub(crate) struct ThreeThreads;

impl Helpers for ThreeThreads {
    fn count(&self) -> usize {
        3
    }

    fn range_len(&self) -> usize {
        16
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for index in 0..3 {
                scope.spawn(move || job(index));
            }
        });
    }
}

/// The same programs, of which no call is known in advance.
fn unpromised(programs: &ProgramTable) -> ProgramTable {
    let entry = |id: &Pubkey| programs.get(id).expect("the table has its own ids");
    ProgramTable::new(programs.ids().map(|id| (*id, entry(id))))
}

fn outcome_of(execution: ExecutionRef<'_>) -> Expected {
    let outcome = execution.outcome;
    Expected {
        class: outcome.class,
        error: outcome.error,
        fee: outcome.fee,
        compute_units: outcome.compute_units,
        return_data: outcome.map_data(|data| data.to_vec()).return_data,
    }
}
