//! Isobath's serial executor as a ledger.

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::ExecutionRef;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_testkit::programs::program_table;
use isobath_testkit::world::World;

use crate::generate::PRODUCER;
use crate::ledger::{Ledger, Observed};
use crate::sequence::Sequence;

/// Chain, runtime and accounts.
#[derive(Debug)]
pub struct Isobath(World);

impl Isobath {
    /// The ledger at the start of the sequence.
    ///
    /// # Panics
    /// When the sequence starts from accounts that no genesis may have, which is a mistake of the generator.
    #[must_use]
    pub fn new(sequence: &Sequence) -> Self {
        Self::with_rules(sequence, |_| {})
    }

    /// The same under rules that `change` made others, to show that a wrong rule is noticed.
    ///
    /// # Panics
    /// As [`Self::new`].
    #[must_use]
    pub fn with_rules(sequence: &Sequence, change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = genesis(sequence);
        change(&mut genesis);
        Self(World::new(genesis, program_table()))
    }
}

impl Ledger for Isobath {
    fn newest_blockhash(&self) -> Hash {
        self.0.chain.blockhash()
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        self.0.db.view().get(key).map(Arc::unwrap_or_clone)
    }

    fn block(&mut self, wires: &[Vec<u8>]) -> Vec<Observed> {
        let time = self.0.chain.timestamp_ms().saturating_add(400);
        let mut block = self.0.open_block(time);
        let mut observed = Vec::with_capacity(wires.len());
        for wire in wires {
            observed.push(match self.0.runtime.admit(wire) {
                Ok(tx) => observe(block.execute(&tx)),
                Err(error) => refused(error),
            });
        }
        let record = block.seal();
        self.0.advance(record).expect("the block continues its own chain");
        observed
    }
}

/// A transaction that left no trace.
#[must_use]
pub const fn refused(error: TransactionError) -> Observed {
    Observed {
        error: Some(error),
        fee: 0,
        units: None,
    }
}

fn observe(execution: ExecutionRef<'_>) -> Observed {
    let outcome = execution.outcome;
    let units = match outcome.class {
        OutcomeClass::Executed | OutcomeClass::FeesOnly => u32::try_from(outcome.compute_units).ok(),
        OutcomeClass::NoOp => None,
    };
    Observed {
        error: outcome.error,
        fee: outcome.fee,
        units,
    }
}

fn genesis(sequence: &Sequence) -> Genesis {
    let mut genesis = Genesis {
        features: Profile::All.features(),
        producers: vec![PRODUCER],
        accounts: sequence.accounts.iter().map(genesis_account).collect(),
        ..Genesis::default()
    };
    genesis.normalize();
    genesis
}

fn genesis_account((key, account): &(Pubkey, Account)) -> GenesisAccount {
    GenesisAccount {
        pubkey: *key,
        lamports: account.lamports,
        owner: account.owner,
        executable: account.executable,
        data: account.data.to_vec(),
    }
}
