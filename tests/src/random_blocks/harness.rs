//! Runs random blocks through the runtime and the model and compares them.
//!
//! Every block is executed four times: built (NoOps left out), replayed from its order (must give the same
//! record), replayed with the NoOps in it (must leave the same state), and by the oracle (must give the same record,
//! NoOps included).

use std::collections::HashSet;

use isobath_runtime::{Chain, Difference, Oracle, Runtime, execute_block};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef, History};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::view::TransactionView;
use isobath_testkit::Random;
use isobath_testkit::programs::program_table;
use isobath_testkit::world::World;
use rand::Rng;

use super::model::{Expected, Model, Plain, Standing};
use super::spec::{ACTORS, Lifetime, RENT_MINIMUM, RICH_ACTORS, Spec, actor};

/// Blocks of one run.
const BLOCKS: usize = 14;
/// Transactions offered to each block.
const OFFERED: usize = 16;
/// Blocks for which a blockhash is valid in these tests; short, so that expiry is common.
const BLOCKHASH_MAX_AGE: u64 = 8;
/// The producer of every block.
const PRODUCER: Pubkey = Pubkey([66; 32]);

/// How often each class was seen, to show that a run exercised them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Executed without an error.
    pub succeeded: u64,
    /// Executed with an error.
    pub failed: u64,
    /// Fees only.
    pub fees_only: u64,
    /// No effect.
    pub no_op: u64,
    /// Mutated bytes that admission refused.
    pub malformed: u64,
}

struct Run {
    world: World,
    oracle: Oracle,
    model: Model,
    processed: HashSet<Hash>,
    sent: Vec<(Spec, Vec<u8>, u64)>,
    report: Report,
}

/// Runs the blocks of `seed`; `adapt` may plant a defect in the runtime.
///
/// # Errors
/// The first difference between runtime and model, with the seed.
pub fn run(seed: u64, adapt: impl FnOnce(Runtime) -> Runtime) -> Result<Report, String> {
    let mut rng = Random::new(seed);
    let mut run = Run::new(adapt);
    for _ in 0..BLOCKS {
        run.block(&mut rng)
            .map_err(|difference| format!("seed {seed}: {difference}"))?;
    }
    Ok(run.report)
}

/// The genesis that the random blocks start from.
#[must_use]
pub fn genesis() -> Genesis {
    let mut genesis = Genesis::development();
    genesis.features = Profile::All.features();
    genesis.blockhash_max_age_blocks = BLOCKHASH_MAX_AGE;
    genesis.producers = vec![PRODUCER];
    genesis.accounts = vec![GenesisAccount::funded(PRODUCER, RENT_MINIMUM)];
    for index in 0..ACTORS {
        let lamports = match index {
            index if index < RICH_ACTORS => 1_000_000_000,
            index if index % 2 == 0 => RENT_MINIMUM + 12_000,
            _ => 0,
        };
        if lamports > 0 {
            genesis
                .accounts
                .push(GenesisAccount::funded(actor(index).pubkey(), lamports));
        }
    }
    genesis.faucet = None;
    genesis.program_approver = None;
    genesis.normalize();
    genesis
}

impl Run {
    fn new(adapt: impl FnOnce(Runtime) -> Runtime) -> Self {
        let genesis = genesis();
        let accounts = genesis.accounts.iter().map(|account| {
            (
                account.pubkey,
                Plain {
                    lamports: account.lamports,
                    data_len: 0,
                    is_given_away: false,
                },
            )
        });
        let model = Model {
            accounts: accounts.collect(),
            ..Model::default()
        };
        let oracle = Oracle::new(genesis.clone(), program_table()).expect("its programs are linked in");
        let mut world = World::new(genesis, program_table());
        world.runtime = adapt(world.runtime);
        Self {
            world,
            oracle,
            model,
            processed: HashSet::new(),
            sent: Vec::new(),
            report: Report::default(),
        }
    }

    fn block(&mut self, rng: &mut Random) -> Result<(), String> {
        let offered: Vec<(Spec, Vec<u8>, u64)> = (0..OFFERED).map(|_| self.offer(rng)).collect();
        self.try_malformed(rng, &offered)?;
        let record = self.build(&offered)?;
        let with_no_ops = self.compare_replays(&record, &offered)?;
        self.compare_oracle(&record, &with_no_ops)?;
        self.world.advance(record.clone())?;
        let burned = self.model.end_block(&PRODUCER);
        if record.history.result.fees.burned != burned {
            return Err(format!(
                "burned {}, expected {burned}",
                record.history.result.fees.burned
            ));
        }
        self.compare_accounts()
    }

    /// A new transaction, or one that was sent before, with the height its blockhash was born at.
    fn offer(&mut self, rng: &mut Random) -> (Spec, Vec<u8>, u64) {
        if !self.sent.is_empty() && rng.random_ratio(1, 10) {
            return self.sent[rng.random_range(0..self.sent.len())].clone();
        }
        let spec = Spec::random(rng);
        let (blockhash, born) = match spec.lifetime {
            Lifetime::Unknown => (Hash([rng.random(); 32]), u64::MAX),
            Lifetime::Age(age) => {
                let blocks: Vec<_> = self.world.chain.recent_blocks().collect();
                let index = usize::try_from(age).expect("small").min(blocks.len() - 1);
                (blocks[index].blockhash, blocks[index].height)
            }
        };
        let wire = spec.wire(blockhash);
        self.sent.push((spec.clone(), wire.clone(), born));
        (spec, wire, born)
    }

    fn try_malformed(&mut self, rng: &mut Random, offered: &[(Spec, Vec<u8>, u64)]) -> Result<(), String> {
        for (_, wire, _) in offered {
            let mut bytes = wire.clone();
            match rng.random_range(0..3) {
                0 => bytes.truncate(rng.random_range(0..wire.len())),
                1 => bytes.push(rng.random()),
                _ => {
                    let at = rng.random_range(0..wire.len());
                    bytes[at] ^= 1 << rng.random_range(0..8);
                }
            }
            let World { runtime, chain, db } = &self.world;
            if runtime.admit(&bytes).is_err() {
                self.report.malformed += 1;
                let header = self.world.open_block(0).seal();
                let header = header.history.header;
                if execute_block(runtime, chain, db.begin_block(), &header, &[bytes]).is_ok() {
                    return Err("a block with an invalid transaction was executed".to_owned());
                }
            }
        }
        Ok(())
    }

    fn build(&mut self, offered: &[(Spec, Vec<u8>, u64)]) -> Result<BlockRecord, String> {
        let height = self.world.chain.height() + 1;
        let mut block = self.world.open_block(0);
        for (spec, wire, born) in offered {
            let Ok(tx) = self.world.runtime.admit(wire) else {
                return Err(format!("{spec:?} is refused"));
            };
            let view = TransactionView::parse(wire).map_err(|error| error.to_string())?;
            let standing = Standing {
                is_alive: *born < height && height <= born + BLOCKHASH_MAX_AGE,
                is_seen: self.processed.contains(&tx.message_hash()),
            };
            let expected = self.model.execute(spec, &view, standing);
            let found = match block.try_execute(&tx) {
                Ok(execution) => outcome_of(execution),
                Err(error) => Expected {
                    class: OutcomeClass::NoOp,
                    error: Some(error),
                    fee: 0,
                    compute_units: 0,
                },
            };
            if found != expected {
                return Err(format!("{spec:?}: {found:?}, expected {expected:?}"));
            }
            if found.class != OutcomeClass::NoOp {
                self.processed.insert(tx.message_hash());
            }
            count(&mut self.report, &found);
        }
        Ok(block.seal().into_stored())
    }

    /// Returns the block with the NoOps in it.
    fn compare_replays(
        &self,
        record: &BlockRecord,
        offered: &[(Spec, Vec<u8>, u64)],
    ) -> Result<BlockRecord, String> {
        let World { runtime, chain, db } = &self.world;
        let history = &record.history;
        let replayed = execute_block(
            runtime,
            chain,
            db.begin_block(),
            &history.header,
            &history.transactions,
        )
        .map_err(|error| error.to_string())?;
        if replayed != *record {
            return Err("replaying the order gives another record".to_owned());
        }
        Chain::verify_roots(record).map_err(|error| error.to_string())?;
        let mut with_no_ops = self.world.open_block(0);
        let mut messages = HashSet::new();
        for (_, wire, _) in offered {
            let tx = runtime.admit(wire).map_err(|error| error.to_string())?;
            // No block contains a message twice.
            if messages.insert(tx.message_hash()) {
                with_no_ops.execute(&tx);
            }
        }
        let with_no_ops = with_no_ops.seal().into_stored();
        if with_no_ops.delta != record.delta {
            return Err("NoOps in the block change its state".to_owned());
        }
        Ok(with_no_ops)
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
        let keys = (0..ACTORS).map(|index| actor(index).pubkey()).chain([PRODUCER]);
        for key in keys {
            let found = view.get(&key).map(|account| Plain {
                lamports: account.lamports,
                data_len: account.data.len() as u64,
                is_given_away: account.owner != ids::SYSTEM_PROGRAM,
            });
            let expected = self.model.accounts.get(&key).copied();
            if found != expected {
                return Err(format!("account {key}: {found:?}, expected {expected:?}"));
            }
        }
        let builtins = self.world.runtime.genesis().builtin_programs.len();
        if view.len() != self.model.accounts.len() + builtins {
            return Err(format!(
                "{} accounts, expected {}",
                view.len(),
                self.model.accounts.len() + builtins
            ));
        }
        Ok(())
    }
}

const fn outcome_of(execution: ExecutionRef<'_>) -> Expected {
    let outcome = execution.outcome;
    Expected {
        class: outcome.class,
        error: outcome.error,
        fee: outcome.fee,
        compute_units: outcome.compute_units,
    }
}

const fn count(report: &mut Report, found: &Expected) {
    match (found.class, found.error) {
        (OutcomeClass::Executed, None) => report.succeeded += 1,
        (OutcomeClass::Executed, Some(_)) => report.failed += 1,
        (OutcomeClass::FeesOnly, _) => report.fees_only += 1,
        (OutcomeClass::NoOp, _) => report.no_op += 1,
    }
}
