//! Isobath's serial executor as a ledger.

use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, render_logs};
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::chain::record::ExecutionRef;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::world::World;

use crate::generate::{PROBE_NAME, PROBES, PRODUCER};
use crate::ledger::{Ledger, Observed};
use crate::sequence::{Oracle, Sequence};
use crate::trace::{DEPLOYED, Inner, Trace};

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
        Self(World::new(genesis, program_table_with_probes(PROBES)))
    }
}

impl Ledger for Isobath {
    fn newest_blockhash(&self) -> Hash {
        self.0.chain.blockhash()
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        self.0.db.view().get(key)
    }

    fn block(&mut self, wires: &[Vec<u8>]) -> Vec<(Observed, Trace)> {
        let time = self.0.chain.timestamp_ms().saturating_add(400);
        let mut block = self.0.open_block(time);
        let mut observed = Vec::with_capacity(wires.len());
        for wire in wires {
            observed.push(match self.0.admit(wire) {
                Ok(tx) => match block.try_execute(&tx) {
                    Ok(execution) => observe(&tx, execution),
                    Err(error) => refused(error),
                },
                Err(error) => refused(error),
            });
        }
        let record = block.seal().0;
        self.0.advance(record).expect("the block continues its own chain");
        observed
    }
}

/// A transaction that was not accepted and left no trace.
#[must_use]
pub fn refused(error: TransactionError) -> (Observed, Trace) {
    let observed = Observed {
        error: Some(error),
        fee: 0,
        units: None,
    };
    (observed, Trace::default())
}

fn observe(tx: &Tx, execution: ExecutionRef<'_>) -> (Observed, Trace) {
    let outcome = execution.outcome;
    let observed = Observed {
        error: outcome.error,
        fee: outcome.fee,
        units: u32::try_from(outcome.compute_units).ok(),
    };
    (observed, trace(tx, execution))
}

fn trace(tx: &Tx, execution: ExecutionRef<'_>) -> Trace {
    let loaded_keys = execution.loaded_addresses;
    let keys = (0..tx.key_count()).map(|index| tx.key(index));
    let keys = keys.chain(loaded_keys.writable.iter().chain(loaded_keys.readonly).copied());
    let loaded = execution.events.iter().find_map(|event| match event {
        Event::Loaded { data_len } => Some(data_len),
        _ => None,
    });
    let returned = execution.outcome.return_data;
    Trace {
        logs: render_logs(execution.events),
        inner: execution.events.iter().filter_map(inner).collect(),
        returned: returned.map(|returned| (returned.program, returned.data.to_vec())),
        keys: keys.collect(),
        before: execution.pre_balances.to_vec(),
        after: execution.post_balances.to_vec(),
        loaded,
    }
}

fn inner(event: Event) -> Option<Inner> {
    match event {
        Event::InnerInstruction {
            outer_index,
            depth,
            program_id_index,
            accounts,
            data,
        } => Some(Inner {
            outer: outer_index,
            height: depth,
            program: program_id_index,
            accounts,
            data,
        }),
        _ => None,
    }
}

fn genesis(sequence: &Sequence) -> Genesis {
    let mut genesis = Genesis {
        producers: vec![PRODUCER],
        features: sequence.profile.features(),
        accounts: sequence.accounts.iter().map(genesis_account).collect(),
        ..Genesis::default()
    };
    if sequence.oracle == Oracle::Ledger {
        let programs = &mut genesis.builtin_programs;
        programs.retain(|program| !DEPLOYED.contains(&program.program_id));
    }
    genesis
        .builtin_programs
        .extend(PROBES.map(|program_id| BuiltinProgram {
            program_id,
            name: PROBE_NAME.to_owned(),
        }));
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
