//! Programs that a loader runs: what is called, when it is visible, what counts as loaded.
//!
//! The loader of these tests runs accounts of probe 1, which can so deploy and change them. Such an account holds the
//! slot of its deployment and one byte of code, or refers to another account that does.

use std::sync::Arc;

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_abi::{Instruction, Pubkey};
use isobath_program_probe::{Call, Operation, Passed, Place, Script};
use isobath_runtime::{Oracle, Tx};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::record::{BlockRecord, Execution, ExecutionRef};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::{Deployment, Frame, LoadedProgram, Loader, ProgramTable, ReadAccount};
use isobath_sdk::rules::Profile;
use isobath_testkit::keys::dev_key;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::world::World;

use super::{BALANCE, only};
use crate::support::{PROBE_COUNT, genesis_with_probes, probe};

/// A program whose account holds its code.
const DIRECT: Pubkey = Pubkey([0x31; 32]);
/// A program whose account refers to [`CODE`].
const INDIRECT: Pubkey = Pubkey([0x32; 32]);
const CODE: Pubkey = Pubkey([0x33; 32]);
/// An account of the same owner that holds no program.
const BROKEN: Pubkey = Pubkey([0x34; 32]);
/// Accounts of Solana's loaders, which have no program here.
const FOREIGN: [(Pubkey, Pubkey); 4] = [
    (Pubkey([0x35; 32]), ids::BPF_LOADER_DEPRECATED),
    (Pubkey([0x36; 32]), ids::BPF_LOADER),
    (Pubkey([0x37; 32]), ids::BPF_LOADER_UPGRADEABLE),
    (Pubkey([0x38; 32]), ids::LOADER_V4),
];
/// Where the slot would be in an account that refers to another one.
const REFERS: [u8; 8] = [0xFF; 8];

/// The first byte of the code says what the program does.
#[derive(Debug)]
struct TestLoader;

#[derive(Debug)]
struct TestProgram(u8);

const SUCCEED: u8 = 1;
const FAIL: u8 = 2;
const RETURN_UNKNOWN: u8 = 3;
const PANIC: u8 = 4;

impl Loader for TestLoader {
    fn find(&self, program: &Account, read: ReadAccount<'_>) -> Option<Deployment> {
        let (slot, rest) = program.data.split_first_chunk()?;
        if *slot == REFERS {
            let code = read(&Pubkey(*rest.first_chunk()?))?;
            return self.find(&code, read);
        }
        Some(Deployment {
            slot: u64::from_le_bytes(*slot),
            data: program.data.clone(),
            code_offset: 8,
        })
    }

    fn load(&self, code: &[u8]) -> Option<Arc<dyn LoadedProgram>> {
        let first = *code.first().filter(|first| (SUCCEED..=PANIC).contains(*first))?;
        Some(Arc::new(TestProgram(first)))
    }
}

impl LoadedProgram for TestProgram {
    fn call(&self, frame: &mut Frame<'_>) -> u64 {
        frame.log_message(&format!("code {}", self.0));
        match self.0 {
            SUCCEED => 0,
            FAIL => 7,
            RETURN_UNKNOWN => 99 << 32,
            _ => panic!("the code says so"),
        }
    }
}

fn table() -> ProgramTable {
    let mut table = program_table_with_probes((0..PROBE_COUNT).map(probe));
    table.insert_loader(probe(1), Arc::new(TestLoader));
    table
}

fn genesis() -> Genesis {
    let mut genesis = genesis_with_probes(Profile::All);
    let accounts = [
        (DIRECT, deployed(0, SUCCEED)),
        (INDIRECT, [&REFERS[..], &CODE.0].concat()),
        (CODE, deployed(0, SUCCEED)),
        (BROKEN, vec![1, 2, 3]),
    ];
    genesis
        .accounts
        .extend(accounts.map(|(key, data)| GenesisAccount {
            owner: probe(1),
            data,
            ..GenesisAccount::funded(key, BALANCE)
        }));
    genesis
        .accounts
        .extend(FOREIGN.map(|(key, owner)| GenesisAccount {
            owner,
            ..GenesisAccount::funded(key, BALANCE)
        }));
    genesis.normalize();
    genesis.validate().unwrap();
    genesis
}

fn deployed(slot: u64, code: u8) -> Vec<u8> {
    [&slot.to_le_bytes()[..], &[code]].concat()
}

/// An instruction of probe 0 that calls `program`.
fn call(program: Pubkey) -> Instruction {
    let call = Call {
        program: Place::Position(0),
        accounts: vec![Passed::readonly(0)],
        last_account_again: 0,
        data: isobath_program_probe::Bytes::Zeros(0),
        signer_seeds: Vec::new(),
    };
    let accounts = vec![AccountMeta::readonly(program)];
    only(Operation::Invoke(call)).instruction(probe(0), accounts)
}

/// An instruction of probe 1, the owner, that writes data into `account`.
fn write(account: Pubkey, data: &[u8]) -> Instruction {
    let write = Operation::Write {
        account: 0,
        offset: 0,
        bytes: data.into(),
    };
    only(write).instruction(probe(1), vec![AccountMeta::writable(account)])
}

/// A chain, and the oracle that executes each of its blocks again.
struct Chain {
    world: World,
    oracle: Oracle,
}

impl Chain {
    fn new() -> Self {
        Self {
            world: World::new(genesis(), table()),
            oracle: Oracle::new(genesis(), table()).unwrap(),
        }
    }

    /// Runs each list of instructions as a transaction of the next block.
    fn block(&mut self, transactions: &[&[Instruction]]) -> Vec<Execution> {
        let payers = (0..).map(dev_key);
        let txs: Vec<Tx> = transactions
            .iter()
            .zip(payers)
            .map(|(instructions, payer)| self.world.tx(&[&payer], instructions))
            .collect();
        let record: BlockRecord = self.world.block(&txs);
        let wires: Vec<Vec<u8>> = txs.iter().map(|tx| tx.wire().to_vec()).collect();
        let again = self.oracle.execute_block(&record.history.header, &wires).unwrap();
        assert_eq!(again, record);
        let executions = record.history.executions.iter();
        executions.map(ExecutionRef::to_execution).collect()
    }

    /// Slot of the next block.
    const fn next_slot(&self) -> u64 {
        self.world.chain.slot() + 1
    }
}

const fn failed(index: u8, error: E) -> Option<TransactionError> {
    Some(TransactionError::InstructionError(index, error))
}

fn assert_not_deployed(execution: &Execution, index: u8, program: Pubkey) {
    assert_eq!(execution.outcome.error, failed(index, E::UnsupportedProgramId));
    let logs = render_logs(&execution.events);
    let lines = [
        format!("Program {program} invoke [2]"),
        "Program is not deployed".to_owned(),
        format!("Program {program} failed: Unsupported program id"),
    ];
    assert!(logs.windows(3).any(|three| three == lines), "{logs:#?}");
}

#[test]
fn a_loader_runs_the_accounts_of_its_owner_and_their_codes_are_results() {
    let mut chain = Chain::new();
    let slot = chain.next_slot();
    let executions = chain.block(&[&[call(DIRECT)], &[call(INDIRECT)], &[call(BROKEN)]]);
    for execution in &executions[..2] {
        assert_eq!(execution.outcome.error, None);
        let logs = render_logs(&execution.events);
        assert!(logs.contains(&"Program log: code 1".to_owned()), "{logs:#?}");
    }
    assert_not_deployed(&executions[2], 0, BROKEN);
    for (code, error) in [
        (FAIL, E::Custom(7)),
        (RETURN_UNKNOWN, E::InvalidError),
        (PANIC, E::ProgramFailedToComplete),
    ] {
        let slot = chain.next_slot();
        chain.block(&[&[write(DIRECT, &deployed(slot, code))]]);
        let executions = chain.block(&[&[call(DIRECT)]]);
        assert_eq!(executions[0].outcome.error, failed(0, error), "code {code}");
    }
    // Code that the loader does not accept is as if there was none.
    let bad_slot = chain.next_slot();
    assert!(bad_slot > slot);
    chain.block(&[&[write(DIRECT, &deployed(bad_slot, 200))]]);
    let executions = chain.block(&[&[call(DIRECT)], &[call(INDIRECT)]]);
    assert_not_deployed(&executions[0], 0, DIRECT);
    assert_eq!(executions[1].outcome.error, None);
}

#[test]
fn a_program_changed_in_a_block_is_not_deployed_until_the_next_one() {
    for (program, account) in [(DIRECT, DIRECT), (INDIRECT, CODE)] {
        let mut chain = Chain::new();
        let data = deployed(chain.next_slot(), FAIL);
        let executions = chain.block(&[&[call(program)], &[write(account, &data)], &[call(program)]]);
        assert_eq!(executions[0].outcome.error, None);
        assert_eq!(executions[1].outcome.error, None);
        assert_not_deployed(&executions[2], 0, program);
        let executions = chain.block(&[&[call(program)]]);
        assert_eq!(executions[0].outcome.error, failed(0, E::Custom(7)));
    }
}

#[test]
fn nor_is_it_for_the_rest_of_the_transaction_that_changes_it() {
    for (program, account) in [(DIRECT, DIRECT), (INDIRECT, CODE)] {
        let mut chain = Chain::new();
        let data = deployed(chain.next_slot(), FAIL);
        let executions = chain.block(&[&[call(program), write(account, &data), call(program)]]);
        assert_not_deployed(&executions[0], 2, program);
        // The change was rolled back with the rest.
        let executions = chain.block(&[&[call(program)]]);
        assert_eq!(executions[0].outcome.error, None);
    }
}

#[test]
fn accounts_of_loaders_that_are_not_linked_in_are_not_deployed() {
    let mut chain = Chain::new();
    for (program, owner) in FOREIGN {
        let execution = chain.block(&[&[call(program)]]).remove(0);
        if owner != ids::LOADER_V4 {
            assert_not_deployed(&execution, 0, program);
            continue;
        }
        assert_eq!(execution.outcome.error, failed(0, E::UnsupportedProgramId));
        let logs = render_logs(&execution.events);
        assert!(
            !logs.iter().any(|line| line.contains(&program.to_string())),
            "{logs:#?}"
        );
    }
}

#[test]
fn an_account_that_becomes_a_loaders_is_not_cached_in_that_transaction() {
    let mut chain = Chain::new();
    let assign = |owner| {
        let assign = only(Operation::Assign { account: 0, owner });
        let zeros = Operation::Resize { account: 0, len: 0 };
        let accounts = vec![AccountMeta::writable(BROKEN)];
        [
            only(zeros).instruction(probe(1), accounts.clone()),
            assign.instruction(probe(1), accounts),
        ]
    };
    let [empty, assign] = assign(ids::BPF_LOADER);
    let executions = chain.block(&[
        &[empty.clone(), assign.clone(), call(BROKEN)],
        &[empty, assign],
        &[call(BROKEN)],
    ]);
    assert_eq!(executions[0].outcome.error, failed(2, E::UnsupportedProgramId));
    let logs = render_logs(&executions[0].events);
    assert!(logs.contains(&"Program is not cached".to_owned()), "{logs:#?}");
    assert_eq!(executions[1].outcome.error, None);
    assert_not_deployed(&executions[2], 0, BROKEN);
}

#[test]
fn looking_for_deployments_is_counted() {
    let world = World::new(genesis(), table());
    let probes = |keys: &[Pubkey]| {
        let accounts = keys.iter().map(|key| AccountMeta::readonly(*key)).collect();
        let tx = world.tx(&[&dev_key(0)], &[Script::new().instruction(probe(0), accounts)]);
        let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
        assert_eq!(simulation.outcome.error, None);
        simulation.work.table_probes
    };
    let base = probes(&[]);
    // An account of no loader: in the block, and before it.
    let other = probes(&[Pubkey([0x39; 32])]) - base;
    assert_eq!(other, 2);
    // A program is looked up at the end of the parent too, and so is what it refers to, then and now.
    assert_eq!(probes(&[DIRECT]) - base, other + 1);
    assert_eq!(probes(&[INDIRECT]) - base, other + 1 + 1 + 2);
    assert_eq!(probes(&[BROKEN]) - base, other + 1);
    assert_eq!(probes(&[DIRECT, INDIRECT]) - base, 2 * other + 5);
}

#[test]
fn code_that_a_program_refers_to_is_loaded_once() {
    let program_key = |key: u8| Pubkey([key; 32]);
    let (code, absent) = (program_key(0x50), program_key(0x51));
    let refers = |code: Pubkey| [&2_u32.to_le_bytes()[..], &code.0, &[9, 9]].concat();
    let mut genesis = genesis_with_probes(Profile::All);
    let accounts = [
        (program_key(0x41), refers(code)),
        (program_key(0x42), refers(code)),
        (program_key(0x43), refers(absent)),
        (program_key(0x44), [&[1, 0, 0, 0][..], &code.0].concat()),
        (code, vec![3; 1_000]),
    ];
    genesis
        .accounts
        .extend(accounts.map(|(key, data)| GenesisAccount {
            owner: ids::BPF_LOADER_UPGRADEABLE,
            data,
            ..GenesisAccount::funded(key, BALANCE)
        }));
    genesis.normalize();
    let world = World::new(genesis, table());
    let loaded = |keys: &[Pubkey]| {
        let accounts = keys.iter().map(|key| AccountMeta::readonly(*key)).collect();
        let tx = world.tx(&[&dev_key(0)], &[Script::new().instruction(probe(0), accounts)]);
        let simulation = world.runtime.simulate(&world.chain, &world.db.view(), &tx);
        assert_eq!(simulation.outcome.error, None);
        (simulation.loaded_data_len, simulation.work.table_probes)
    };
    let base = loaded(&[]);
    let loaded = |keys: &[u8]| loaded(&keys.iter().map(|key| program_key(*key)).collect::<Vec<_>>());
    let more = |keys: &[u8]| loaded(keys).0 - base.0;
    let (one, data) = (64 + 38, 64 + 1_000);
    assert_eq!(more(&[0x41]), one + data);
    assert_eq!(more(&[0x41, 0x42]), 2 * one + data);
    assert_eq!(more(&[0x41, 0x50]), one + data);
    assert_eq!(more(&[0x50, 0x42]), one + data);
    assert_eq!(more(&[0x43]), one);
    assert_eq!(more(&[0x44]), 64 + 36);
    assert_eq!(more(&[0x50]), data);
    // Looking it up is counted, whether or not it exists.
    let looked_up = |keys: &[u8]| (loaded(keys).1 - base.1) / 2;
    assert_eq!(looked_up(&[0x44]), 1);
    assert_eq!(looked_up(&[0x41, 0x42]), 3);
    assert_eq!(looked_up(&[0x41, 0x50]), 2);
    assert_eq!(looked_up(&[0x43]), 2);
}
