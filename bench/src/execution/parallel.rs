//! The executor of several threads, driven block by block: all of them admit, then all of them execute.

use std::thread::{ScopedJoinHandle, scope};

use anyhow::anyhow;
use isobath_accounts_db::AccountsDb;
use isobath_node::program_table;
use isobath_runtime::{Chain, Helpers, LaneEnd, LaneWork, ParallelBuffers, Runtime, Tx};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::BlockRecord;

use super::serial::{SLOT_MS, admit};
use super::spent::{Moment, Stages};

/// Runtime, chain and accounts, and what the threads share.
pub(super) struct Parallel {
    runtime: Runtime,
    chain: Chain,
    db: AccountsDb,
    buffers: ParallelBuffers,
    threads: usize,
    work: LaneWork,
}

impl Parallel {
    pub(super) fn new(genesis: Genesis, threads: usize) -> anyhow::Result<Self> {
        Ok(Self {
            chain: Chain::new(&genesis),
            db: AccountsDb::new(&genesis)?,
            buffers: ParallelBuffers::new(threads, &genesis.rules()),
            runtime: Runtime::new(genesis, program_table())?,
            threads,
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
        let start = Moment::now();
        let txs = self.admit(wires)?;
        let admit = start.spent();

        let start = Moment::now();
        let time = self.chain.timestamp_ms().saturating_add(SLOT_MS);
        let accounts = self.db.open_block();
        let mut block = self
            .runtime
            .open_parallel(&self.chain, accounts, time, &mut self.buffers);
        let (mut intake, lanes) = block.split();
        intake.push(txs);
        drop(intake);
        let ends = on_all(lanes, |lane| Ok(lane.run(|| false)))?;
        let execute = start.spent();
        ends.iter().for_each(|end: &LaneEnd| self.work.add(&end.work));

        let start = Moment::now();
        let (record, ended) = block.seal(ends, &Threads(self.threads));
        let seal = start.spent();

        look(&record.clone().into_stored());

        let start = Moment::now();
        ended.check(&record)?;
        self.chain.apply(&record.history)?;
        self.db.publish(ended, &record.history.header);
        drop(record);
        let publish = start.spent();
        Ok(Stages {
            admit,
            execute,
            seal,
            publish,
        })
    }

    fn admit(&self, wires: Vec<Vec<u8>>) -> anyhow::Result<Vec<Tx>> {
        let share = wires.len().div_ceil(self.threads).max(1);
        let mut wires = wires.into_iter();
        let shares = std::iter::repeat_with(|| wires.by_ref().take(share).collect::<Vec<_>>());
        let shares: Vec<Vec<Vec<u8>>> = shares.take(self.threads).collect();
        let hasher = self.db.key_hasher();
        let admitted = on_all(shares, |share| admit(&self.runtime, hasher, share))?;
        let mut admitted = admitted.into_iter();
        let mut all = admitted.next().unwrap_or_default();
        all.extend(admitted.flatten());
        Ok(all)
    }
}

/// Threads that share the hashing of a block, the first of which is the caller's.
struct Threads(usize);

impl Helpers for Threads {
    fn count(&self) -> usize {
        self.0
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        scope(|scope| {
            for index in 1..self.0 {
                scope.spawn(move || job(index));
            }
            job(0);
        });
    }
}

/// Does `work` with each item on a thread of its own, the first of which is this one.
fn on_all<I: Send, T: Send>(
    items: Vec<I>,
    work: impl Fn(I) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let mut items = items.into_iter();
    let first = items.next();
    scope(|scope| {
        let work = &work;
        let others: Vec<ScopedJoinHandle<'_, anyhow::Result<T>>> =
            items.map(|item| scope.spawn(move || work(item))).collect();
        let first = first.into_iter().map(work);
        let mut done = first.collect::<anyhow::Result<Vec<T>>>()?;
        for other in others {
            let other = other.join().map_err(|_| anyhow!("a thread panicked"))?;
            done.push(other?);
        }
        Ok(done)
    })
}
