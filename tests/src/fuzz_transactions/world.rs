//! One chain and the random blocks that are tried on it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use isobath_runtime::{BlockExecution, Chain, Difference, Oracle, Runtime, Simulation, Tx, execute_block};
use isobath_sdk::builtins::nonce::NonceState;
use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, Execution};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_testkit::Random;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::world::World;
use rand::Rng;

use super::cast::{Cast, NONCES, PROBES, nonce, probe};
use super::check::{self, Pool, Seen};
use super::generate::{Generator, Now};
use super::panics::take_unexpected;
use super::report::Report;

/// Blocks of a world.
const BLOCKS: u64 = 48;
/// Transactions tried in each block.
const CASES_PER_BLOCK: u64 = 64;
/// Transactions tried in a world.
pub const CASES_PER_WORLD: u64 = BLOCKS * CASES_PER_BLOCK;
/// Messages that are kept to be sent again, and tables to be used.
const KEPT: usize = 64;

static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

struct Run {
    profile: Profile,
    world: World,
    oracle: Oracle,
    rng: Random,
    pool: Pool,
    processed: HashSet<Hash>,
    sent: Vec<Vec<u8>>,
    made_tables: Vec<Pubkey>,
    report: Report,
}

/// The profile of the world of `seed`.
const fn profile_of(seed: u64) -> Profile {
    match seed.is_multiple_of(2) {
        true => Profile::Mainnet,
        false => Profile::All,
    }
}

/// How many programs may run at once.
const fn depth_max_of(profile: Profile) -> u8 {
    match profile {
        Profile::Mainnet => 5,
        Profile::All => 9,
    }
}

/// Runs the world of `seed`.
///
/// # Errors
/// The first promise that is broken, a panic being one.
pub(super) fn run(seed: u64, adapt: impl Fn(Runtime) -> Runtime) -> Result<Report, String> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(seed, adapt);
        for _ in 0..BLOCKS {
            run.block()?;
        }
        run.report.name_errors();
        Ok(run.report)
    }));
    match (take_unexpected(), result) {
        (Some(panic), _) => Err(format!("panicked: {panic}")),
        (None, Ok(result)) => result,
        (None, Err(_)) => Err("panicked; without the hook nobody knows where".to_owned()),
    }
}

impl Run {
    fn new(seed: u64, adapt: impl Fn(Runtime) -> Runtime) -> Self {
        let programs = program_table_with_probes((0..PROBES).map(probe));
        let profile = profile_of(seed);
        let genesis = CAST.genesis(profile);
        let oracle = Oracle::new(genesis.clone(), programs.clone());
        let mut world = World::new(genesis, programs);
        world.runtime = adapt(world.runtime);
        let mut pool = Pool::default();
        CAST.accounts.iter().for_each(|key| pool.add(*key));
        Self {
            profile,
            world,
            oracle: oracle.expect("its programs are linked in"),
            rng: Random::new(seed),
            pool,
            processed: HashSet::new(),
            sent: Vec::new(),
            made_tables: Vec::new(),
            report: Report::default(),
        }
    }

    fn block(&mut self) -> Result<(), String> {
        let wires = self.offer();
        let txs = self.admit(&wires)?;
        let record = self.execute(&txs)?;
        self.compare_replay(&record)?;
        self.compare_oracle(&record)?;
        self.commit(record)?;
        take_unexpected().map_or(Ok(()), |panic| Err(format!("panicked: {panic}")))
    }

    /// The bytes of transactions for the next block, and whether they were bent.
    fn offer(&mut self) -> Vec<(Vec<u8>, bool)> {
        let blockhashes: Vec<Hash> = self
            .world
            .chain
            .recent_blocks()
            .map(|block| block.blockhash)
            .collect();
        let nonces = self.nonces();
        let now = Now {
            blockhashes: &blockhashes,
            slot: self.world.chain.slot(),
            nonces: &nonces,
            made_tables: &self.made_tables,
        };
        let mut generator = Generator {
            rng: &mut self.rng,
            cast: &CAST,
            now,
        };
        let mut wires = Vec::new();
        for _ in 0..CASES_PER_BLOCK {
            let again = generator.rng.random_range(0..20 * KEPT);
            wires.push(match self.sent.get(again) {
                Some(wire) => (wire.clone(), false),
                None => generator.wire(),
            });
        }
        for (wire, _) in wires.iter().take(4) {
            self.sent.push(wire.clone());
        }
        let surplus = self.sent.len().saturating_sub(KEPT);
        self.sent.drain(..surplus);
        wires
    }

    fn nonces(&self) -> Vec<Option<Hash>> {
        let view = self.world.db.view();
        let value = |index| {
            let account = view.get(&nonce(index))?;
            Some(NonceState::from_bytes(&account.data).ok()?.data?.durable_nonce)
        };
        (0..NONCES).map(value).collect()
    }

    /// The transactions among the bytes; the same bytes must mean the same every time.
    fn admit(&mut self, wires: &[(Vec<u8>, bool)]) -> Result<Vec<(Tx, bool)>, String> {
        let mut txs = Vec::new();
        for (wire, is_bent) in wires {
            self.report.cases += 1;
            match self.world.admit(wire) {
                Ok(tx) if tx.wire() != wire.as_slice() => {
                    return Err("admission changed the bytes".to_owned());
                }
                Ok(tx) => txs.push((tx, *is_bent)),
                Err(error) => {
                    self.report.refused += 1;
                    self.report.count_error(error);
                }
            }
        }
        Ok(txs)
    }

    fn execute(&mut self, txs: &[(Tx, bool)]) -> Result<BlockRecord, String> {
        let Self {
            profile,
            world,
            pool,
            processed,
            report,
            ..
        } = self;
        let World { runtime, chain, db } = &*world;
        let simulation = txs.first().map(|(tx, _)| runtime.simulate(chain, &db.view(), tx));
        let mut block = world.open_block(0);
        let mut trial = Trial {
            profile: *profile,
            chain,
            pool,
            processed,
            report,
        };
        for (index, (tx, is_bent)) in txs.iter().enumerate() {
            let simulated = simulation.as_ref().filter(|_| index == 0);
            trial
                .run(&mut block, tx, *is_bent, simulated)
                .map_err(|broken| format!("{broken}; block {}, wire {:02x?}", block.height(), tx.wire()))?;
        }
        Ok(block.seal().0.into_stored())
    }

    fn compare_replay(&self, record: &BlockRecord) -> Result<(), String> {
        let World { runtime, chain, db } = &self.world;
        let (header, order) = (&record.history.header, &record.history.transactions);
        let again = execute_block(runtime, chain, db.open_block(), header, order);
        let (again, _ended) = again.map_err(|error| error.to_string())?;
        if again == *record {
            Ok(())
        } else {
            Err(format!(
                "block {} is another one when executed again",
                header.height
            ))
        }
    }

    fn compare_oracle(&mut self, record: &BlockRecord) -> Result<(), String> {
        let (header, order) = (&record.history.header, &record.history.transactions);
        let executed = self.oracle.execute_block(header, order);
        let executed = executed.map_err(|error| error.to_string())?;
        Difference::find(record, &executed)
            .map_err(|difference| format!("block {}: {difference}", header.height))
    }

    fn commit(&mut self, record: BlockRecord) -> Result<(), String> {
        self.remember_tables(&record);
        self.world.advance(record)?;
        self.report
            .profiles
            .entry(self.profile.name())
            .or_default()
            .blocks += 1;
        Ok(())
    }

    fn remember_tables(&mut self, record: &BlockRecord) {
        for (key, account) in &record.delta.accounts {
            let is_table = account
                .as_ref()
                .is_some_and(|account| account.owner == ids::ADDRESS_LOOKUP_TABLE_PROGRAM);
            if is_table && self.made_tables.len() < KEPT && !CAST.accounts.contains(key) {
                self.made_tables.push(*key);
            }
        }
    }
}

/// What trying a transaction needs beside its block.
struct Trial<'a> {
    profile: Profile,
    chain: &'a Chain,
    pool: &'a mut Pool,
    processed: &'a mut HashSet<Hash>,
    report: &'a mut Report,
}

impl Trial<'_> {
    fn run(
        &mut self,
        block: &mut BlockExecution<'_, impl BlockAccounts>,
        tx: &Tx,
        is_bent: bool,
        simulated: Option<&Simulation>,
    ) -> Result<(), String> {
        (0..tx.key_count()).for_each(|index| self.pool.add(tx.key(index)));
        let before = self.pool.images(|key| block.account(key));
        let count = block.transaction_count();
        let is_alive = self
            .chain
            .is_blockhash_valid_at(&tx.recent_blockhash(), block.height());
        let is_seen = self.processed.contains(&tx.message_hash());
        let execution = match block.try_execute(tx) {
            Ok(execution) => execution.to_execution(),
            Err(error) => {
                self.report.no_op += 1;
                self.report.count_error(error);
                agrees_on_no_op(simulated, error)?;
                let after = self.pool.images(|key| block.account(key));
                if block.transaction_count() != count {
                    return Err("a NoOp stands in the block".to_owned());
                }
                return check::no_op(error, &before, &after, is_alive);
            }
        };
        if is_seen {
            return Err("a message had an effect twice".to_owned());
        }
        self.processed.insert(tx.message_hash());
        let after = self.pool.images(|key| block.account(key));
        check::paid(&Seen {
            tx,
            execution: &execution,
            pool: self.pool,
            before: &before,
            after: &after,
            is_alive,
            depth_max: depth_max_of(self.profile),
            blockhash: self.chain.blockhash(),
        })?;
        agrees(simulated, &execution)?;
        self.count(&execution, is_bent, is_alive);
        Ok(())
    }

    fn count(&mut self, execution: &Execution, is_bent: bool, is_alive: bool) {
        let report = &mut *self.report;
        match (execution.outcome.class, execution.outcome.error) {
            (OutcomeClass::FeesOnly, _) => report.fees_only += 1,
            (_, Some(_)) => report.failed += 1,
            (_, None) => report.succeeded += 1,
        }
        if let Some(error) = execution.outcome.error {
            report.count_error(error);
        }
        let of_profile = report.profiles.entry(self.profile.name()).or_default();
        for event in &execution.events {
            if let Event::InnerInstruction { depth, .. } = event {
                report.calls += 1;
                of_profile.depth_max = of_profile.depth_max.max(*depth);
            }
        }
        let loaded = &execution.loaded_addresses;
        report.by_nonce += u64::from(!is_alive);
        report.by_table += u64::from(!loaded.writable.is_empty() || !loaded.readonly.is_empty());
        report.bent += u64::from(is_bent);
    }
}

fn agrees_on_no_op(simulated: Option<&Simulation>, error: TransactionError) -> Result<(), String> {
    let is_same = simulated.is_none_or(|simulated| {
        simulated.outcome.class == OutcomeClass::NoOp && simulated.outcome.error == Some(error)
    });
    if is_same {
        Ok(())
    } else {
        Err(format!("simulated otherwise than {error:?}"))
    }
}

fn agrees(simulated: Option<&Simulation>, execution: &Execution) -> Result<(), String> {
    let is_same = simulated.is_none_or(|simulated| {
        simulated.outcome == execution.outcome
            && simulated.events == execution.events
            && simulated.post_balances == execution.post_balances
            && simulated.loaded_addresses == execution.loaded_addresses
    });
    if is_same {
        Ok(())
    } else {
        Err("the simulation came to something else".to_owned())
    }
}
