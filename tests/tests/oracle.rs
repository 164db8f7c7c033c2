//! The oracle beside the fast executor: it notices planted bugs, and every difference between records is named.

use isobath_runtime::{Difference, Oracle, OracleError, PlantedBug, Tx};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, Execution, ExecutionRef, History};
use isobath_sdk::hash::Hash;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::programs::program_table;
use isobath_testkit::world::World;

fn worlds(bug: Option<PlantedBug>) -> (World, Oracle) {
    let genesis = Genesis::development();
    let oracle = Oracle::new(genesis.clone(), program_table()).expect("its programs are linked in");
    let mut world = World::new(genesis, program_table());
    if let Some(bug) = bug {
        world.runtime = world.runtime.with_planted_bug(bug);
    }
    (world, oracle)
}

/// A transfer that succeeds, and one whose second instruction fails after the first changed something.
fn instructions() -> [Vec<Instruction>; 2] {
    let keys = dev_keypairs();
    let (from, to) = (keys[0].pubkey(), Pubkey([7; 32]));
    let good = system::transfer(&from, &to, 2_000_000);
    let bad = system::transfer(&from, &to, u64::MAX);
    [vec![good.clone()], vec![good, bad]]
}

fn block(world: &World) -> BlockRecord {
    let payer = &dev_keypairs()[0];
    let txs = instructions().map(|instructions| world.tx(&[payer], &instructions));
    world.dry_block(&txs)
}

fn compare(oracle: &Oracle, record: &BlockRecord) -> Result<(), Difference> {
    let executed = oracle.try_block(&record.history.header, &record.history.transactions);
    Difference::find(record, &executed.expect("the block is valid"))
}

#[test]
fn agrees_block_after_block() {
    let (mut world, mut oracle) = worlds(None);
    for _ in 0..5 {
        let record = block(&world);
        let History {
            header, transactions, ..
        } = &record.history;
        let executed = oracle.execute_block(header, transactions).unwrap();
        assert_eq!(Difference::find(&record, &executed), Ok(()));
        world.advance(record).unwrap();
    }
}

/// Executes a block with both and publishes it.
fn advance(world: &mut World, oracle: &mut Oracle, txs: &[Tx]) {
    let record = world.dry_block(txs);
    let History {
        header, transactions, ..
    } = &record.history;
    let executed = oracle
        .execute_block(header, transactions)
        .expect("the block follows");
    assert_eq!(Difference::find(&record, &executed), Ok(()));
    world.advance(record).expect("the record follows");
}

/// An account that is closed and comes back as it was has not changed, whatever the epoch of its last change.
#[test]
fn agrees_on_an_account_that_comes_back_in_a_later_epoch() {
    let mut genesis = Genesis::development();
    genesis.slots_per_epoch = 32;
    let mut oracle = Oracle::new(genesis.clone(), program_table()).expect("its programs are linked in");
    let mut world = World::new(genesis, program_table());
    let [payer, one, other, ..] = dev_keypairs();
    let (from, key) = (payer.pubkey(), one.pubkey());
    for _ in 0..32 {
        advance(&mut world, &mut oracle, &[]);
    }
    let gift = world.tx(&[&payer], &[system::transfer(&from, &key, 1)]);
    advance(&mut world, &mut oracle, &[gift]);
    for _ in 0..32 {
        advance(&mut world, &mut oracle, &[]);
    }
    let all = world.balance(&key);
    let there = world.tx(&[&payer, &one], &[system::transfer(&key, &other.pubkey(), all)]);
    let back = world.tx(&[&payer, &other], &[system::transfer(&other.pubkey(), &key, all)]);
    advance(&mut world, &mut oracle, &[there, back]);
}

#[test]
fn notices_each_planted_bug() {
    for (bug, part) in [
        (
            PlantedBug::FreeFailure,
            "the list of balances after of transaction 1",
        ),
        (
            PlantedBug::LeakyRollback,
            "the list of balances after of transaction 1",
        ),
        (PlantedBug::BurnCredited, "the balance of account "),
    ] {
        let (world, oracle) = worlds(Some(bug));
        let difference = compare(&oracle, &block(&world)).unwrap_err();
        assert!(difference.part.starts_with(part), "{bug:?}: {difference}");
    }
}

#[test]
fn a_block_that_is_tried_leaves_nothing() {
    let (world, oracle) = worlds(None);
    let record = block(&world);
    assert_eq!(compare(&oracle, &record), Ok(()));
    assert_eq!(compare(&oracle, &record), Ok(()));
}

#[test]
fn checks_the_anchor_of_a_header() {
    let (mut world, mut oracle) = worlds(None);
    let genesis = world.chain.newest_anchor();
    for block in 0..20_u64 {
        let open = world.open_block(0);
        match open.seal_with(genesis) {
            Ok((record, _)) => {
                assert!(block < 16, "within the lag of 16");
                let record = record.into_stored();
                assert_eq!(compare(&oracle, &record), Ok(()));
                oracle.execute_block(&record.history.header, &[]).unwrap();
                world.advance(record).unwrap();
            }
            Err(_) => {
                assert_eq!(block, 16);
                break;
            }
        }
    }
    assert_eq!(oracle.newest_anchor(), world.chain.newest_anchor());
    let mut header = world.open_block(0).seal().0.history.header;
    header.anchor = genesis;
    assert_eq!(
        oracle.execute_block(&header, &[]).unwrap_err().to_string(),
        "the anchor is wrong: slot 0 is 17 blocks before the block, more than the 16 that are allowed"
    );
}

#[test]
fn refuses_what_no_block_may_contain() {
    let (world, mut oracle) = worlds(None);
    let record = block(&world);
    let History {
        header, transactions, ..
    } = &record.history;
    let twice = [&transactions[..], &transactions[..1]].concat();
    assert_eq!(
        oracle.execute_block(header, &twice).unwrap_err().to_string(),
        "transaction 2 has the same message as transaction 0"
    );
    let cut = [transactions[0].clone(), transactions[1][1..].to_vec()];
    let refused = oracle.execute_block(header, &cut).unwrap_err();
    assert!(
        matches!(refused, OracleError::InvalidTransaction { index: 1, .. }),
        "{refused}"
    );
    assert_eq!(
        compare(&oracle, &record),
        Ok(()),
        "a refused block leaves nothing"
    );
}

/// One change of a record, and the part that is named.
type Change = (fn(&mut BlockRecord), &'static str);

/// Changes the executions of a record, as plain vectors.
fn edit(record: &mut BlockRecord, change: impl FnOnce(&mut Vec<Execution>)) {
    let executions = record.history.executions.iter();
    let mut plain: Vec<Execution> = executions.map(ExecutionRef::to_execution).collect();
    change(&mut plain);
    record.history.executions = plain.into_iter().collect();
}

#[test]
fn every_change_of_a_record_is_named() {
    let (world, oracle) = worlds(None);
    let record = block(&world);
    let changes: [Change; 24] = [
        (
            |record| drop(record.history.transactions.pop()),
            "the number of transactions",
        ),
        (
            |record| record.history.transactions[1][1] ^= 1,
            "the bytes of transaction 1",
        ),
        (
            |record| edit(record, |executions| drop(executions.pop())),
            "the number of outcomes",
        ),
        (
            |record| {
                edit(record, |executions| {
                    executions[0].outcome.class = OutcomeClass::NoOp
                })
            },
            "the class of transaction 0",
        ),
        (
            |record| edit(record, |executions| executions[1].outcome.error = None),
            "the error of transaction 1",
        ),
        (
            |record| edit(record, |executions| executions[0].outcome.fee += 1),
            "the fee of transaction 0",
        ),
        (
            |record| edit(record, |executions| executions[0].outcome.compute_units += 1),
            "the number of compute units of transaction 0",
        ),
        (
            |record| edit(record, |executions| executions[0].pre_balances[1] += 1),
            "the list of balances before of transaction 0",
        ),
        (
            |record| edit(record, |executions| executions[0].post_balances[1] += 1),
            "the list of balances after of transaction 0",
        ),
        (
            |record| {
                edit(record, |executions| {
                    executions[0].loaded_addresses.readonly.push(Pubkey([1; 32]));
                })
            },
            "the list of loaded addresses of transaction 0",
        ),
        (
            |record| edit(record, |executions| executions[0].events[0] = Event::LogTruncated),
            "event 0 of transaction 0",
        ),
        (
            |record| edit(record, |executions| drop(executions[1].events.pop())),
            "the number of events of transaction 1",
        ),
        (
            |record| record.delta.accounts[0].0 = Pubkey([9; 32]),
            "whether the block changes account ",
        ),
        (
            |record| record.delta.accounts[0].1 = None,
            "the existence of account ",
        ),
        (|record| account(record).lamports += 1, "the balance of account "),
        (
            |record| account(record).owner = Pubkey([1; 32]),
            "the owner of account ",
        ),
        (
            |record| account(record).executable = true,
            "the executable flag of account ",
        ),
        (
            |record| account(record).last_change_epoch += 1,
            "the epoch of the last change of account ",
        ),
        (
            |record| account(record).data = vec![0].into(),
            "the length of the data of account ",
        ),
        (
            |record| drop(record.delta.accounts.pop()),
            "whether the block changes account ",
        ),
        (
            |record| record.history.header.parent_hash = Hash([9; 32]),
            "parent_hash in the header",
        ),
        (
            |record| record.history.header.transactions_root = Hash([9; 32]),
            "transactions_root in the header",
        ),
        (
            |record| record.history.result.delta_root = Hash([9; 32]),
            "delta_root in the result",
        ),
        (
            |record| record.history.result.capitalization -= 1,
            "capitalization in the result",
        ),
    ];
    let executed = oracle
        .try_block(&record.history.header, &record.history.transactions)
        .unwrap();
    for (change, part) in changes {
        let mut changed = record.clone();
        change(&mut changed);
        let difference = Difference::find(&changed, &executed).unwrap_err();
        assert!(difference.part.starts_with(part), "{part}: {difference}");
    }
}

fn account(record: &mut BlockRecord) -> &mut Account {
    record.delta.accounts[0].1.as_mut().expect("nothing was closed")
}
