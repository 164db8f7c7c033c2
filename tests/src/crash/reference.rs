//! A chain of random blocks that nothing disturbs, and the accounts after each block.
//!
//! The transactions are those of [`crate::random_blocks`]: transfers, accounts that come and go, nonces, tables, calls,
//! failures of every class and repetitions. What a crashed ledger holds must be a beginning of this chain, byte for byte.

use std::collections::BTreeMap;

use isobath_node::Store;
use isobath_runtime::{Chain, Runtime, execute_block};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_storage::LossyStorage;
use isobath_testkit::Random;
use rand::Rng;

use crate::random_blocks::cast::{self, BLOCKHASH_MAX_AGE, RICH};
use crate::random_blocks::generate::{Generator, Now, Planned};
use crate::random_blocks::harness::plain_accounts;

/// Milliseconds from one block to the next.
const SLOT_MS: i64 = 400;
/// The most transactions that a block is offered.
const OFFERED_MAX: usize = 5;
/// The balance that the genesis of the random blocks gives its rich actors is multiplied by this, so that they can
/// pay for a longer chain.
const RICHER: u64 = 10_000;

/// All accounts, by key.
pub type Accounts = BTreeMap<Pubkey, Account>;

/// The undisturbed chain.
#[derive(Debug)]
pub struct Reference {
    runtime: Runtime,
    records: Vec<BlockRecord>,
    /// The accounts after the block of slot `n` at index `n`.
    states: Vec<Accounts>,
}

impl Reference {
    /// A chain of `blocks` blocks drawn from `seed`.
    ///
    /// # Panics
    /// When the undisturbed chain itself cannot be made.
    #[must_use]
    pub fn new(seed: u64, blocks: usize) -> Self {
        let mut draw = Draw {
            rng: Random::new(seed),
            sent: Vec::new(),
        };
        let runtime = Runtime::new(genesis(), cast::programs()).expect("the programs are linked in");
        let mut chain = Chain::new(runtime.genesis());
        let disk = Box::new(LossyStorage::new());
        let (db, _) = Store::open(disk, runtime.genesis(), &mut |_| Ok(())).expect("a new ledger opens");
        let mut records = Vec::with_capacity(blocks);
        let mut states = vec![accounts_of(&db)];
        for _ in 0..blocks {
            let offered = draw.offer(&chain, states.last().expect("the genesis has one"));
            let record = build(&runtime, &chain, &db, &offered);
            let durable = db.commit(record.clone()).expect("the disk is sound");
            chain.apply(&record.history).expect("the block extends the chain");
            db.publish(durable);
            records.push(record);
            states.push(accounts_of(&db));
        }
        Self {
            runtime,
            records,
            states,
        }
    }

    /// The genesis of the chain.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        self.runtime.genesis()
    }

    /// The rules of the chain.
    #[must_use]
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Number of blocks.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.records.len() as u64
    }

    /// The block of `slot`, counted from 1, if the chain is that long.
    #[must_use]
    pub fn record(&self, slot: u64) -> Option<&BlockRecord> {
        self.records.get(usize::try_from(slot).ok()?.checked_sub(1)?)
    }

    /// The accounts after the block of `slot`, 0 for the genesis.
    #[must_use]
    pub fn accounts(&self, slot: u64) -> Option<&Accounts> {
        self.states.get(usize::try_from(slot).ok()?)
    }

    /// Executes the next block of this chain on what `db` and `chain` hold; an empty one after its end.
    ///
    /// # Errors
    /// When the block that comes out is not that of the reference.
    pub fn execute_next(&self, chain: &Chain, db: &Store) -> Result<BlockRecord, String> {
        let slot = chain.slot() + 1;
        let Some(record) = self.record(slot) else {
            return Ok(build(&self.runtime, chain, db, &[]));
        };
        let history = &record.history;
        let made = execute_block(
            &self.runtime,
            chain,
            db.begin_block(),
            &history.header,
            &history.transactions,
        )
        .map_err(|error| format!("block {slot} does not continue the ledger: {error}"))?;
        if made == *record {
            Ok(made.into_stored())
        } else {
            Err(format!("executing block {slot} again gives another record"))
        }
    }
}

/// The genesis of the random blocks with richer actors.
fn genesis() -> Genesis {
    let mut genesis = cast::genesis(Profile::Mainnet);
    for account in &mut genesis.accounts {
        if account.lamports >= RICH {
            account.lamports *= RICHER;
        }
    }
    genesis
}

/// Executes what is offered, leaves out what has no effect, and seals.
fn build(runtime: &Runtime, chain: &Chain, db: &Store, offered: &[Vec<u8>]) -> BlockRecord {
    let mut block = runtime.open_block(chain, db.begin_block(), chain.timestamp_ms() + SLOT_MS);
    for wire in offered {
        let tx = runtime
            .admit(wire, db.key_hasher())
            .expect("the random transactions are statically valid");
        // What has no effect is left out of the block, as every builder does.
        let _ = block.try_execute(&tx);
    }
    block.seal().into_stored()
}

/// The accounts of the published view.
#[must_use]
pub fn accounts_of(db: &Store) -> Accounts {
    let view = db.view();
    let accounts = view.iter();
    accounts
        .map(|(key, account)| (key, Account::clone(&account)))
        .collect()
}

/// Draws transactions.
struct Draw {
    rng: Random,
    sent: Vec<Vec<u8>>,
}

impl Draw {
    /// What is offered to the block after the tip of `chain`, in about one case of ten something sent before.
    fn offer(&mut self, chain: &Chain, accounts: &Accounts) -> Vec<Vec<u8>> {
        let accounts = plain_accounts(&accounts.clone().into_iter().collect::<Vec<_>>());
        let ages = usize::try_from(BLOCKHASH_MAX_AGE).expect("a short life") + 2;
        let recent = chain.recent_blocks().take(ages);
        let mut now = Now {
            blockhashes: recent.map(|block| block.blockhash).collect(),
            slot: chain.slot() + 1,
            accounts: &accounts,
            planned: Planned::default(),
        };
        let again: Vec<bool> = (0..self.rng.random_range(0..=OFFERED_MAX))
            .map(|_| !self.sent.is_empty() && self.rng.random_ratio(1, 10))
            .collect();
        let picks = again
            .into_iter()
            .map(|again| again.then(|| self.rng.random_range(0..self.sent.len())));
        let picks: Vec<Option<usize>> = picks.collect();
        let mut generator = Generator::new(&mut self.rng, &mut now);
        let offered = picks.into_iter().map(|pick| match pick {
            Some(index) => self.sent[index].clone(),
            None => generator.wire(),
        });
        let offered: Vec<Vec<u8>> = offered.collect();
        self.sent.extend(offered.iter().cloned());
        offered
    }
}
