//! Contents that a block has copied are changed in place by its later transactions: where they are, what others see
//! meanwhile, and what is left if the transactions or the block fail.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use isobath_accounts_db::OpenBlock;
use isobath_program_probe::{Bytes, Operation, Script};
use isobath_runtime::{BlockExecution, Difference, Oracle, Tx};
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount, dev_keypairs};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::hash::Hash;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::transactions::wire;
use isobath_testkit::world::World;

const PROBE: Pubkey = Pubkey([0xD0; 32]);
const LARGE: Pubkey = Pubkey([0x50; 32]);
const OTHER: Pubkey = Pubkey([0x51; 32]);
const LEN: usize = 1 << 20;
const BALANCE: u64 = 10_000_000_000;

fn genesis() -> Genesis {
    let mut genesis = Genesis::development();
    genesis.builtin_programs.push(BuiltinProgram {
        program_id: PROBE,
        name: "probe".to_owned(),
    });
    let accounts = [(LARGE, LEN), (OTHER, 100)].map(|(key, len)| GenesisAccount {
        owner: PROBE,
        data: vec![1; len],
        ..GenesisAccount::funded(key, BALANCE)
    });
    genesis.accounts.extend(accounts);
    genesis.normalize();
    genesis
}

fn world() -> (World, Oracle) {
    let table = || program_table_with_probes([PROBE]);
    let oracle = Oracle::new(genesis(), table()).expect("its programs are linked in");
    (World::new(genesis(), table()), oracle)
}

fn payer() -> Keypair {
    dev_keypairs()[0].clone()
}

fn probe(script: &Script) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(LARGE),
        AccountMeta::writable(OTHER),
        AccountMeta::signer_writable(payer().pubkey()),
    ];
    script.instruction(PROBE, accounts)
}

fn write(number: u32) -> Script {
    Script::new().then(Operation::Write {
        account: 0,
        offset: number * 1_000,
        bytes: Bytes::Given(number.to_le_bytes().to_vec()),
    })
}

fn failing(script: Script) -> Script {
    script.then(Operation::Fail(InstructionError::Custom(7)))
}

fn tx(world: &World, script: &Script) -> Tx {
    world.tx(&[&payer()], &[probe(script)])
}

/// Executes a transaction; where the contents of the large account are afterwards, and their bytes.
fn run(block: &mut BlockExecution<'_, OpenBlock>, tx: &Tx) -> (*const u8, Vec<u8>) {
    block.execute(tx);
    let account = block.account(&LARGE).expect("it has lamports");
    (account.data.as_ptr(), account.data.to_vec())
}

/// Seals the block and compares it with the oracle's.
fn seal(block: BlockExecution<'_, OpenBlock>, oracle: &mut Oracle) -> BlockRecord {
    let record = block.seal().0.into_stored();
    let history = &record.history;
    let executed = oracle.execute_block(&history.header, &history.transactions);
    let executed = executed.expect("the block follows");
    assert_eq!(Difference::find(&record, &executed), Ok(()));
    record
}

#[test]
fn a_block_copies_contents_once() {
    let (mut world, mut oracle) = world();
    for _ in 0..2 {
        let view = world.db.view();
        let before = view.get(&LARGE).expect("it has lamports");
        let mut block = world.open_block(0);
        let (own, mut expected) = run(&mut block, &tx(&world, &write(1)));
        assert_ne!(own, before.data.as_ptr(), "readers have the old buffer");
        for number in 2..300 {
            let script = write(number);
            let is_kept = number % 3 != 0;
            let script = if is_kept { script } else { failing(script) };
            let (address, bytes) = run(&mut block, &tx(&world, &script));
            assert_eq!(address, own, "transaction {number} writes the block's own buffer");
            if is_kept {
                expected[number as usize * 1_000..][..4].copy_from_slice(&number.to_le_bytes());
            }
            assert!(bytes == expected, "transaction {number}");
            let shown = view.get(&LARGE).expect("it has lamports").data;
            assert!(shown == before.data && shown.is_same(&before.data));
        }
        let in_place = block.in_place();
        assert_eq!((in_place.written, in_place.restored), (199, 99));
        let record = seal(block, &mut oracle);
        world.advance(record).expect("the record follows");
    }
}

#[test]
fn contents_go_back_whatever_becomes_of_a_transaction() {
    let (mut world, mut oracle) = world();
    let mut block = world.open_block(0);
    let (own, expected) = run(&mut block, &tx(&world, &write(1)));
    let unwritten = Script::new().then(Operation::Log("writes nothing".to_owned()));
    let lamports = Script::new().then(Operation::Move {
        from: 0,
        to: 2,
        lamports: 5,
    });
    let loads_too_much = [
        compute_budget::set_loaded_accounts_data_size_limit(10),
        probe(&write(2)),
    ];
    let grows = Script::new().then(Operation::Resize {
        account: 0,
        len: LEN as u64 + 100,
    });
    let old = wire(&[&payer()], &[probe(&unwritten)], Hash([3; 32]));
    let panics = Script::new().then(Operation::PanicWhileWriting { account: 0 });
    let is_replayed = tx(&world, &write(1));
    let cases = [
        ("written nothing", tx(&world, &unwritten)),
        ("balance alone", tx(&world, &lamports)),
        ("failed", tx(&world, &failing(write(3)))),
        ("grown and failed", tx(&world, &failing(grows))),
        ("panicked", tx(&world, &panics)),
        ("fees only", world.tx(&[&payer()], &loads_too_much)),
        ("expired", world.admit(&old).expect("it is valid")),
    ];
    for (name, tx) in cases {
        let (address, bytes) = run(&mut block, &tx);
        assert_eq!(address, own, "{name}");
        assert!(bytes == expected, "{name}");
        // The block above executes whatever it gets, a builder leaves out what has no effect.
        assert!(
            block.try_execute(&tx).is_err(),
            "{name}: it was executed, or expired"
        );
        assert!(
            block.account(&LARGE).expect("it has lamports").data.as_slice() == expected,
            "{name}"
        );
    }
    assert!(block.try_execute(&is_replayed).is_err());
    assert!(block.account(&LARGE).expect("it has lamports").data.as_slice() == expected);
    let record = seal(block, &mut oracle);
    let classes = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome.class);
    let count = |class| classes.clone().filter(|found| *found == class).count();
    assert_eq!((count(OutcomeClass::FeesOnly), count(OutcomeClass::NoOp)), (1, 1));
    world.advance(record).expect("the record follows");
}

/// A write of the header alone leaves the buffer to the image, which readers have.
#[test]
fn a_buffer_that_the_image_shares_is_copied_first() {
    let (mut world, mut oracle) = world();
    let view = world.db.view();
    let before = view.get(&LARGE).expect("it has lamports").data;
    let mut block = world.open_block(0);
    let gift = world.tx(&[&payer()], &[system::transfer(&payer().pubkey(), &LARGE, 9)]);
    let (address, _) = run(&mut block, &gift);
    assert_eq!(address, before.as_ptr(), "the contents did not change");
    let failed = tx(&world, &failing(write(4)));
    assert_eq!(run(&mut block, &failed).0, before.as_ptr());
    let (own, _) = run(&mut block, &tx(&world, &write(5)));
    assert_ne!(own, before.as_ptr());
    assert_eq!(run(&mut block, &tx(&world, &write(6))).0, own);
    assert_eq!(before.as_slice(), [1; LEN]);
    let record = seal(block, &mut oracle);
    world.advance(record).expect("the record follows");
}

#[test]
fn a_block_that_is_given_up_restores_what_it_changed_in_place() {
    let (mut world, mut oracle) = world();
    for _ in 0..2 {
        let before = world.db.view().get(&LARGE);
        let mut block = world.open_block(0);
        for number in 1..20 {
            let script = if number % 4 == 0 {
                failing(write(number))
            } else {
                write(number)
            };
            run(&mut block, &tx(&world, &script));
        }
        assert!(block.in_place().written > 10 && block.in_place().restored > 3);
        assert_eq!(block.abort().len(), 19);
        let after = world.db.view().get(&LARGE);
        assert_eq!(after, before);
        assert_eq!(
            after.map(|account| account.data.as_ptr()),
            before.map(|account| account.data.as_ptr())
        );
        let mut block = world.open_block(0);
        run(&mut block, &tx(&world, &write(7)));
        let record = seal(block, &mut oracle);
        world.advance(record).expect("the record follows");
    }
}
