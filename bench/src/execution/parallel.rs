//! The executor of several threads, driven block by block: all of them admit, then all of them execute, as in the node.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use isobath_accounts_db::AccountsDb;
use isobath_node::{LaneThreads, program_table};
use isobath_runtime::{Chain, LaneEnd, LaneWork, ParallelBuffers, Runtime, Tx};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::helpers::Helpers;
use isobath_sdk::chain::record::BlockRecord;
use isobath_timing::ProcessTime;
use isobath_validator::allocation_count;

use super::serial::{SLOT_MS, admit as admit_share};
use super::spent::{Moment, Spent, Stages};

/// Transactions that a thread appends to the block when there is nothing to do.
const PULLED: usize = 256;

/// Runtime, chain and accounts, and what the threads share.
pub(super) struct Parallel {
    runtime: Runtime,
    chain: Chain,
    db: AccountsDb,
    buffers: ParallelBuffers,
    threads: Team,
    work: LaneWork,
}

impl Parallel {
    pub(super) fn new(genesis: Genesis, threads: usize) -> anyhow::Result<Self> {
        Ok(Self {
            chain: Chain::new(&genesis),
            db: AccountsDb::new(&genesis)?,
            buffers: ParallelBuffers::new(threads, &genesis.rules()),
            runtime: Runtime::new(genesis, program_table())?,
            threads: Team {
                threads: LaneThreads::start(threads)?,
                allocations: AtomicU64::new(0),
                shared_ns: AtomicU64::new(0),
            },
            work: LaneWork::default(),
        })
    }

    /// What the threads did so far.
    pub(super) const fn work(&self) -> LaneWork {
        self.work
    }

    /// Locks that were not granted at once so far.
    pub(super) fn conflicts(&self) -> u64 {
        self.buffers.conflicts()
    }

    /// Executes the next block and passes its record to `look`, with clocks stopped.
    pub(super) fn block(
        &mut self,
        wires: Vec<Vec<u8>>,
        look: impl FnOnce(&BlockRecord),
    ) -> anyhow::Result<Stages> {
        let team = &self.threads;
        let start = Moment::now();
        let txs = admit(&self.runtime, &self.db, team, wires)?;
        let admit = team.spent(start);

        let start = Moment::now();
        let time = self.chain.timestamp_ms().saturating_add(SLOT_MS);
        let accounts = self.db.open_block();
        let mut block = self
            .runtime
            .open_parallel(&self.chain, accounts, time, &mut self.buffers);
        let (intake, lanes) = block.split();
        let feed = Mutex::new(Some((intake, txs.into_iter().flatten().peekable())));
        let pull = || {
            let mut feed = lock(&feed);
            let Some((intake, txs)) = &mut *feed else {
                return false;
            };
            intake.push(txs.by_ref().take(PULLED));
            if txs.peek().is_none() {
                *feed = None;
            }
            true
        };
        let ends = team.on_all(lanes, |lane| lane.run(pull));
        drop(feed);
        let execute = team.spent(start);
        ends.iter().for_each(|end: &LaneEnd| self.work.add(&end.work));

        let start = Moment::now();
        let (record, ended) = block.seal(ends, team);
        let seal = team.spent(start);

        look(&record.clone().into_stored());

        let start = Moment::now();
        ended.check(&record)?;
        self.chain.apply(&record.history)?;
        self.db.publish(ended, &record.history.header);
        let transactions = record.history.transactions;
        team.on_all(shares(transactions, team.count()), drop);
        drop((record.history.executions, record.delta));
        let publish = team.spent(start);
        Ok(Stages {
            admit,
            execute,
            seal,
            publish,
        })
    }
}

fn admit(
    runtime: &Runtime,
    db: &AccountsDb,
    team: &Team,
    wires: Vec<Vec<u8>>,
) -> anyhow::Result<Vec<Vec<Tx>>> {
    let hasher = db.key_hasher();
    let admitted = team.on_all(shares(wires, team.count()), |share| {
        admit_share(runtime, hasher, share)
    });
    admitted.into_iter().collect()
}

/// As many parts of equal length, one behind the other.
fn shares<T>(items: Vec<T>, count: usize) -> Vec<Vec<T>> {
    let share = items.len().div_ceil(count).max(1);
    let mut items = items.into_iter();
    let shares = std::iter::repeat_with(|| items.by_ref().take(share).collect());
    shares.take(count).collect()
}

/// The threads of the node, with their calls of the allocator.
struct Team {
    threads: LaneThreads,
    /// Calls by all but the thread of the caller.
    allocations: AtomicU64,
    /// CPU time of what they shared, in nanoseconds.
    shared_ns: AtomicU64,
}

impl Team {
    /// What was spent since `start`, by all threads.
    fn spent(&self, start: Moment) -> Spent {
        let mut spent = start.spent();
        spent.allocations = spent
            .allocations
            .saturating_add(self.allocations.swap(0, Ordering::Relaxed));
        spent.sharing(Duration::from_nanos(self.shared_ns.swap(0, Ordering::Relaxed)))
    }

    /// Does `work` with each item on a thread of its own, the first of which is this one.
    fn on_all<I: Send, T: Send>(&self, items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
        let items: Vec<_> = items
            .into_iter()
            .map(|item| Mutex::new((Some(item), None)))
            .collect();
        self.run(&|index| {
            let mut item = lock(&items[index]);
            let done = item.0.take().map(&work);
            item.1 = done;
        });
        let done = items.into_iter().filter_map(|item| {
            let (_, done) = item.into_inner().unwrap_or_else(PoisonError::into_inner);
            done
        });
        done.collect()
    }
}

impl Helpers for Team {
    fn count(&self) -> usize {
        self.threads.count()
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        let start = ProcessTime::now();
        self.threads.run(&|index| {
            let before = allocation_count();
            job(index);
            let own = allocation_count().saturating_sub(before);
            // That of the caller is counted by its clock.
            if index > 0 {
                self.allocations.fetch_add(own, Ordering::Relaxed);
            }
        });
        let shared = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.shared_ns.fetch_add(shared, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
