//! What a transaction makes a node do, in counted quantities.

use isobath_program_abi::{AccountMeta, Instruction};
use isobath_program_probe::{Bytes, Operation, Script};
use isobath_runtime::Simulation;
use isobath_sdk::builtins::system;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::program::Work;
use isobath_testkit::keys::unfunded_key;

use super::{Lab, MINE, only};
use crate::support::probe;

const MEBIBYTES_10: u64 = 10 * 1024 * 1024;

fn simulate(lab: &Lab, signers: &[&Keypair], instructions: &[Instruction]) -> Simulation {
    let world = &lab.world;
    let tx = world.tx(signers, instructions);
    world.runtime.simulate(&world.chain, &world.db.view(), &tx)
}

/// The work of a script of probe 0 on the account [`MINE`].
fn work_of(lab: &Lab, script: &Script) -> Work {
    let instruction = script.instruction(probe(0), vec![AccountMeta::writable(MINE)]);
    simulate(lab, &[&lab.payer], &[instruction]).work
}

/// A chain on which [`MINE`] holds this many bytes.
fn lab_with(len: u64) -> Lab {
    let mut lab = Lab::new();
    let grow = only(Operation::Resize { account: 0, len });
    let instruction = grow.instruction(probe(0), vec![AccountMeta::writable(MINE)]);
    let tx = lab.world.tx(&[&lab.payer], &[instruction]);
    let record = lab.world.block(&[tx]);
    assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
    lab
}

const fn write(offset: u32, len: u32) -> Operation {
    Operation::Write {
        account: 0,
        offset,
        bytes: Bytes::Zeros(len),
    }
}

#[test]
fn lamports_move_into_ten_mebibytes_without_touching_them() {
    let lab = Lab::new();
    let (payer, new) = (lab.payer.pubkey(), unfunded_key(1));
    let work_with = |transfers: usize| {
        let mut instructions = vec![system::allocate(&new.pubkey(), MEBIBYTES_10)];
        instructions.extend(vec![system::transfer(&payer, &new.pubkey(), 1); transfers]);
        let simulation = simulate(&lab, &[&lab.payer, &new], &instructions);
        assert_eq!(
            simulation.outcome.compute_units,
            150 * (transfers as u64 + 1),
            "every instruction ran"
        );
        simulation.work
    };
    let (few, many) = (work_with(1), work_with(55));
    assert!(many.copied_bytes < 2 * MEBIBYTES_10, "{many:?}");
    assert_eq!(
        (few.copied_bytes, few.zeroed_bytes),
        (many.copied_bytes, many.zeroed_bytes)
    );
    assert_eq!(many.zeroed_bytes, MEBIBYTES_10);
}

#[test]
fn contents_are_copied_once_and_only_if_they_are_written() {
    let lab = lab_with(MEBIBYTES_10);
    let read = Operation::Read {
        account: 0,
        offset: 0,
        len: 100,
    };
    assert_eq!(work_of(&lab, &only(read)).copied_bytes, 0);
    let once = work_of(&lab, &only(write(0, 1)));
    assert_eq!(once.copied_bytes, MEBIBYTES_10);
    let often = (0..50).fold(Script::new(), |script, offset| script.then(write(offset, 1)));
    assert_eq!(work_of(&lab, &often).copied_bytes, MEBIBYTES_10);
}

#[test]
fn a_small_write_into_large_contents_is_recorded_and_hashed_as_such() {
    let lab = lab_with(MEBIBYTES_10);
    let base = work_of(&lab, &Script::new());
    let small = work_of(&lab, &only(write(5_000, 10)));
    let large = work_of(&lab, &only(write(5_000, 1_000_000)));
    assert!(small.recorded_bytes - base.recorded_bytes < 300, "{small:?}");
    assert!(small.hash_blocks - base.hash_blocks < 300, "{small:?}");
    assert!(large.recorded_bytes > 1_000_000, "{large:?}");
    assert!(large.hash_blocks > 1_000_000 / 64, "{large:?}");
}

#[test]
fn failed_transactions_count_what_they_did() {
    let lab = lab_with(MEBIBYTES_10);
    let fail = Operation::Fail(isobath_program_abi::InstructionError::GenericError);
    let failed = work_of(&lab, &only(write(0, 1)).then(fail));
    assert_eq!(failed.copied_bytes, MEBIBYTES_10);
    assert!(
        failed.recorded_bytes < 1_000,
        "the change is not recorded: {failed:?}"
    );
}

#[test]
fn a_search_for_bytes_that_are_not_zero_is_not_free() {
    let lab = lab_with(MEBIBYTES_10);
    let assign = Operation::Assign {
        account: 0,
        owner: probe(0),
    };
    // The first bytes are those of the lab; the search ends there, each time.
    let early = (0..15).fold(Script::new(), |script, _| script.attempt(assign.clone()));
    assert!(work_of(&lab, &early).copied_bytes < 100_000);
    let zero = only(write(0, 4));
    let once = zero.clone().then(assign.clone());
    assert_eq!(work_of(&lab, &once).copied_bytes, 2 * MEBIBYTES_10);
    let again = (0..15).fold(once, |script, _| script.then(assign.clone()));
    assert_eq!(work_of(&lab, &again).copied_bytes, 2 * MEBIBYTES_10);
    // A write makes what follows it unknown again.
    let rewritten = zero.then(assign.clone()).then(write(1024, 1)).then(assign);
    assert_eq!(work_of(&lab, &rewritten).copied_bytes, 3 * MEBIBYTES_10 - 1024);
}

#[test]
fn every_key_and_every_change_is_looked_up() {
    let lab = Lab::new();
    let payer = lab.payer.pubkey();
    let transfer = |index: u8| system::transfer(&payer, &unfunded_key(index).pubkey(), 1_000_000_000);
    let one = simulate(&lab, &[&lab.payer], &[transfer(1)]).work;
    let two = simulate(&lab, &[&lab.payer], &[transfer(1), transfer(2)]).work;
    assert!(two.table_probes > one.table_probes, "{one:?} {two:?}");
    assert!(two.recorded_bytes > one.recorded_bytes + 150);
}
