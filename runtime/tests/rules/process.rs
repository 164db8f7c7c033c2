//! Probes try what no program may do, alone and through each other. Each ends in the exact error, and
//! nothing but the fee remains.
//!
//! Every test runs whole transactions in a block of a chain whose genesis names the probes, so it sees what
//! a client would see: outcome, log and delta.

mod accounts;
mod calls;
mod changes;
mod limits;
mod loaders;
mod panics;
mod privileges;
mod random;
mod returned;
mod sysvars;
mod work;

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_program_probe::{Call, Operation, Passed, Place, Script};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::{Event, render_logs};
use isobath_sdk::chain::genesis::GenesisAccount;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, Execution};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::rules::Profile;
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

use crate::support::{genesis_with_probes, probe, world_of};

/// An account of probe 0 with [`DATA`].
const MINE: Pubkey = Pubkey([0x11; 32]);
/// Another one.
const MINE_TOO: Pubkey = Pubkey([0x12; 32]);
/// An account of probe 1 with [`DATA`].
const THEIRS: Pubkey = Pubkey([0x21; 32]);
/// What the accounts of probes hold at first.
const DATA: [u8; 4] = [1, 2, 3, 4];
/// Balance of the accounts of probes at first: enough for 10 MiB of data.
const BALANCE: u64 = 100_000_000_000;
const FEE: u64 = 5_000;

/// A chain with probes 0 to 9; the last one is linked in but named by no genesis.
struct Lab {
    world: World,
    payer: Keypair,
}

/// What a transaction came to.
struct Ran {
    execution: Execution,
    record: BlockRecord,
}

impl Lab {
    fn new() -> Self {
        Self::with_profile(Profile::All)
    }

    fn with_profile(profile: Profile) -> Self {
        let mut genesis = genesis_with_probes(profile);
        for (pubkey, owner) in [(MINE, probe(0)), (MINE_TOO, probe(0)), (THEIRS, probe(1))] {
            let account = GenesisAccount::funded(pubkey, BALANCE);
            genesis.accounts.push(GenesisAccount {
                owner,
                data: DATA.to_vec(),
                ..account
            });
        }
        genesis.normalize();
        genesis.validate().unwrap();
        Self {
            world: world_of(genesis),
            payer: dev_key(0),
        }
    }

    /// Runs a transaction in a block of its own, which is then dropped.
    fn run(&self, instructions: &[Instruction]) -> Ran {
        let record = self
            .world
            .dry_block(&[self.world.tx(&[&self.payer], instructions)]);
        Ran {
            execution: record.history.executions.get(0).unwrap().to_execution(),
            record,
        }
    }

    /// Runs a script of probe 0 on these accounts.
    fn script(&self, script: &Script, accounts: &[AccountMeta]) -> Ran {
        self.run(&[script.instruction(probe(0), accounts.to_vec())])
    }

    /// Asserts that a script of probe 0 succeeds.
    fn allows(&self, script: &Script, accounts: &[AccountMeta]) -> Ran {
        let ran = self.script(script, accounts);
        assert_eq!(ran.execution.outcome.error, None, "{:#?}", ran.logs());
        ran
    }

    /// Asserts that a script of probe 0 fails with this error, and that only the fee remains.
    fn refuses(&self, script: &Script, accounts: &[AccountMeta], error: InstructionError) -> Ran {
        self.refuses_all(&[script.instruction(probe(0), accounts.to_vec())], 0, error)
    }

    /// Asserts that instruction `index` fails with this error, and that only the fee remains.
    fn refuses_all(&self, instructions: &[Instruction], index: u8, error: InstructionError) -> Ran {
        let ran = self.run(instructions);
        let outcome = &ran.execution.outcome;
        assert_eq!(outcome.class, OutcomeClass::Executed);
        let expected = Some(TransactionError::InstructionError(index, error));
        assert_eq!(outcome.error, expected, "{:#?}", ran.logs());
        self.assert_only_the_fee_remains(&ran);
        ran
    }

    fn assert_only_the_fee_remains(&self, ran: &Ran) {
        let payer = self.payer.pubkey();
        let mut expected = vec![payer, self.world.runtime.producer()];
        expected.sort_unstable();
        let changed: Vec<Pubkey> = ran.record.delta.accounts.iter().map(|(key, _)| *key).collect();
        assert_eq!(changed, expected);
        assert_eq!(
            ran.account(&payer).unwrap().lamports,
            self.world.balance(&payer).checked_sub(FEE).unwrap()
        );
        let balances = (
            &ran.execution.pre_balances[1..],
            &ran.execution.post_balances[1..],
        );
        assert_eq!(balances.0, balances.1);
    }
}

impl Ran {
    fn logs(&self) -> Vec<String> {
        render_logs(&self.execution.events)
    }

    fn assert_logged(&self, line: &str) {
        assert!(
            self.logs().iter().any(|logged| logged == line),
            "no {line:?} in {:#?}",
            self.logs()
        );
    }

    /// Who returned what last.
    fn returned(&self) -> Option<(Pubkey, &[u8])> {
        let returned = self.execution.outcome.return_data.as_ref();
        returned.map(|returned| (returned.program, returned.data.as_slice()))
    }

    /// How many calls of programs have begun.
    fn invocations(&self) -> usize {
        self.logs()
            .iter()
            .filter(|line| line.contains(" invoke ["))
            .count()
    }

    /// The depths of the inner instructions.
    fn inner_depths(&self) -> Vec<u8> {
        let depth = |event: &Event| match event {
            Event::InnerInstruction { depth, .. } => Some(*depth),
            _ => None,
        };
        self.execution.events.iter().filter_map(depth).collect()
    }

    /// An account at the end of the block, if the block changed it.
    fn account(&self, key: &Pubkey) -> Option<&Account> {
        let mut changed = self.record.delta.accounts.iter();
        changed
            .find(|(changed, _)| changed == key)
            .and_then(|(_, account)| account.as_ref())
    }
}

/// A script of one operation.
fn only(operation: Operation) -> Script {
    Script::new().then(operation)
}

/// A probe at `position` of the caller's accounts running `script` on these.
fn call_probe(position: u8, accounts: Vec<Passed>, script: &Script) -> Operation {
    Operation::Invoke(Call::probe(Place::Position(position), accounts, script))
}

/// The accounts of most calls: [`MINE`] and [`THEIRS`] to write, probe 1 and probe 0 to call.
const fn both() -> [AccountMeta; 4] {
    [
        AccountMeta::writable(MINE),
        AccountMeta::writable(THEIRS),
        AccountMeta::readonly(probe(1)),
        AccountMeta::readonly(probe(0)),
    ]
}

/// Position of probe 1 in [`both`].
const PROBE_1: u8 = 2;
/// Position of probe 0 in [`both`].
const PROBE_0: u8 = 3;

/// The line that ends a call that failed.
fn failed(index: u8, error: InstructionError) -> String {
    format!("Program {} failed: {error}", probe(index))
}

/// The line that ends a call that succeeded, also where lamports turn out not to add up, as on Solana.
fn succeeded(index: u8) -> String {
    format!("Program {} success", probe(index))
}

#[test]
fn the_lab_runs_probes_and_knows_what_changed() {
    let lab = Lab::new();
    let write = Operation::Write {
        account: 0,
        offset: 1,
        bytes: (&[9_u8][..]).into(),
    };
    let ran = lab.allows(&only(write), &[AccountMeta::writable(MINE)]);
    assert_eq!(ran.account(&MINE).unwrap().data.as_slice(), [1, 9, 3, 4]);
    assert_eq!(
        ran.logs(),
        [
            format!("Program {} invoke [1]", probe(0)),
            format!("Program {} success", probe(0)),
        ]
    );
    assert!(!ids::is_reserved(&probe(0)));
}
