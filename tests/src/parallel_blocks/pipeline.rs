//! The same chain, each of whose blocks opens when the one before has ended.
//!
//! ```text
//! N-1 ends | N opens, some of it executes | N-1 is hashed, compared, published | the rest of N executes | N ends
//! ```
//!
//! Its records must be those of blocks that are executed one by one. Every third block is half executed and given up first.

use std::thread;

use isobath_accounts_db::{AccountsDb, EndedBlock, OpenBlock};
use isobath_runtime::{AheadChain, Chain, LaneEnd, ParallelBuffers, ParallelExecution, Tx, UnhashedBlock};
use isobath_scheduler::seed_yields;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::BlockRecord;
use isobath_testkit::Random;
use isobath_testkit::world::World;

use super::yielding::Yielding;
use crate::random_blocks::cast::programs;
use crate::random_blocks::harness::ThreeThreads;

/// Threads that execute a block.
const THREADS: usize = 3;

/// A chain whose newest block has ended and is not published.
pub(super) struct Pipeline {
    world: World,
    buffers: ParallelBuffers,
    in_flight: Option<InFlight>,
}

/// A block that has ended.
struct InFlight {
    block: UnhashedBlock,
    accounts: EndedBlock,
    chain: AheadChain,
    expected: BlockRecord,
}

impl Pipeline {
    pub(super) fn new(genesis: Genesis) -> Self {
        Self {
            buffers: ParallelBuffers::new(THREADS, &genesis.rules()),
            world: World::new(genesis, programs()),
            in_flight: None,
        }
    }

    /// Executes the next block beside the publication of the one before, which is compared with its record. Whether there was
    /// one before.
    pub(super) fn block(
        &mut self,
        txs: &[Tx],
        expected: &BlockRecord,
        rng: &mut Random,
    ) -> Result<bool, String> {
        if rng.chance(1, 3) {
            self.give_up(&txs[..txs.len() / 2], rng.next_u64());
        }
        let is_overlapped = self.in_flight.is_some();
        let opened_on = self.opened_on();
        let time = expected.history.header.timestamp_ms;
        let Self {
            world,
            buffers,
            in_flight,
        } = self;
        let accounts = Yielding(world.db.open_next());
        let mut block = world.runtime.open_parallel(&opened_on, accounts, time, buffers);
        let at_once = rng.below(txs.len() + 1);
        let (chain, db) = (&mut world.chain, &world.db);
        let ends = execute(&mut block, txs, at_once, rng.next_u64(), || {
            in_flight.take().map_or(Ok(()), |done| done.publish(chain, db))
        })?;
        let ended = block.end_with(ends, chain, chain.newest_anchor(), &ThreeThreads);
        let (block, accounts, chain) = ended.map_err(|error| error.to_string())?;
        *in_flight = Some(InFlight {
            block,
            accounts,
            chain,
            expected: expected.clone(),
        });
        Ok(is_overlapped)
    }

    /// Publishes the newest block.
    pub(super) fn end(&mut self) -> Result<(), String> {
        let World { chain, db, .. } = &mut self.world;
        self.in_flight
            .take()
            .map_or(Ok(()), |done| done.publish(chain, db))
    }

    /// The chain that the next block opens on.
    fn opened_on(&self) -> Chain {
        let ahead = self.in_flight.as_ref().map(|done| done.chain.chain());
        ahead.unwrap_or(&self.world.chain).clone()
    }

    /// Executes a block and gives it up, while the one before is not published.
    fn give_up(&mut self, txs: &[Tx], seed: u64) {
        let opened_on = self.opened_on();
        let accounts = Yielding(self.world.db.open_next());
        let mut block = self
            .world
            .runtime
            .open_parallel(&opened_on, accounts, 0, &mut self.buffers);
        let ends = execute(&mut block, txs, txs.len(), seed, || Ok(()));
        drop(block.abort(ends.expect("nothing else is done meanwhile")));
    }
}

impl InFlight {
    /// Hashes the block, compares it and moves chain and accounts to its end.
    fn publish(self, chain: &mut Chain, db: &AccountsDb) -> Result<(), String> {
        let record = self.block.hash(&ThreeThreads);
        self.accounts.check(&record).map_err(|error| error.to_string())?;
        let recorded = self.accounts.record_delta(&record.delta);
        let view = db.view();
        let growth_max = record.history.data_growth_max();
        if recorded.apply(growth_max, |key| view.get(key)).as_ref() != Ok(&record.delta) {
            return Err("the recorded delta does not give the accounts".to_owned());
        }
        db.publish(self.accounts, &record.history.header);
        *chain = self.chain.complete(&record.history.result);
        match record.into_stored() == self.expected {
            true => Ok(()),
            false => {
                Err("a block that began before the one before was published has another record".to_owned())
            }
        }
    }
}

/// Executes transactions, of which so many are there when `meanwhile` is done.
fn execute(
    block: &mut ParallelExecution<'_, Yielding<OpenBlock>>,
    txs: &[Tx],
    at_once: usize,
    seed: u64,
    meanwhile: impl FnOnce() -> Result<(), String>,
) -> Result<Vec<LaneEnd>, String> {
    let (mut intake, lanes) = block.split();
    thread::scope(|scope| {
        let threads: Vec<_> = (1_u64..)
            .zip(lanes)
            .map(|(number, lane)| {
                scope.spawn(move || {
                    seed_yields((seed | 1).wrapping_mul(number * 2 + 1));
                    lane.run(|| false)
                })
            })
            .collect();
        let (now, later) = txs.split_at(at_once);
        intake.push(now.iter().cloned());
        let done = meanwhile();
        intake.push(later.iter().cloned());
        intake.close();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        let ends = joined.collect::<Result<Vec<LaneEnd>, _>>();
        done.and_then(|()| ends.map_err(|_| "a thread panicked".to_owned()))
    })
}
