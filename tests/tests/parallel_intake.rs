//! Who appends transactions to a block is not held up by those that execute it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use isobath_runtime::ParallelBuffers;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, dev_keypairs};
use isobath_sdk::program::Frame;
use isobath_sdk::{Instruction, InstructionError, Pubkey, TransactionError};
use isobath_testkit::programs::program_table;
use isobath_testkit::world::World;

const PROGRAM: Pubkey = Pubkey([0x91; 32]);
/// How long the program waits for leave to end.
const PATIENCE: Duration = Duration::from_secs(5);

static IS_RUNNING: AtomicBool = AtomicBool::new(false);
static MAY_END: AtomicBool = AtomicBool::new(false);

/// A program that runs until it may end.
fn run_long(_frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    IS_RUNNING.store(true, Ordering::Release);
    wait_for(&MAY_END);
    Ok(())
}

fn wait_for(flag: &AtomicBool) {
    let begun = Instant::now();
    while !flag.load(Ordering::Acquire) && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_running_transaction_has_no_end_yet_and_nobody_waits_for_it() {
    let mut genesis = Genesis::development();
    genesis.builtin_programs.push(BuiltinProgram {
        program_id: PROGRAM,
        name: "runs_long".to_owned(),
    });
    let mut programs = program_table();
    programs.insert(PROGRAM, run_long);
    let world = World::new(genesis, programs);
    let payer = &dev_keypairs()[0];
    let tx = world.tx(&[payer], &[Instruction::new(PROGRAM, Vec::new(), Vec::new())]);
    let mut buffers = ParallelBuffers::new(2, world.runtime.rules());
    let accounts = world.db.open_block();
    let mut block = world
        .runtime
        .open_parallel(&world.chain, accounts, 0, &mut buffers);
    let (mut intake, lanes) = block.split();
    let ends = thread::scope(|scope| {
        let threads: Vec<_> = lanes
            .into_iter()
            .map(|lane| scope.spawn(move || lane.run(|| false)))
            .collect();
        intake.push([tx]);
        wait_for(&IS_RUNNING);
        let begun = Instant::now();
        let end = intake.end_of(0);
        let waited = begun.elapsed();
        MAY_END.store(true, Ordering::Release);
        intake.close();
        assert!(end.is_none() && waited < PATIENCE / 2, "{end:?} after {waited:?}");
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|end| end.expect("no lane panics")).collect()
    });
    drop(intake);
    assert_eq!(block.abort(ends).len(), 1);
}

/// Programs have room of their own in the record, which transfers do not need.
#[test]
fn a_program_without_room_in_the_record_is_left_out() {
    let mut genesis = Genesis::development();
    genesis.builtin_programs.push(BuiltinProgram {
        program_id: PROGRAM,
        name: "does_nothing".to_owned(),
    });
    let mut programs = program_table();
    programs.insert(PROGRAM, |_: &mut Frame<'_>| Ok(()));
    let world = World::new(genesis, programs);
    let (payer, other) = (&dev_keypairs()[0], dev_keypairs()[1].pubkey());
    let call = Instruction::new(PROGRAM, Vec::new(), Vec::new());
    let txs = [
        world.tx(&[payer], &[call]),
        world.tx(&[payer], &[system::transfer(&payer.pubkey(), &other, 1)]),
    ];
    for (room, expected) in [
        (0, Some(TransactionError::WouldExceedAccountDataBlockLimit)),
        (100 << 20, None),
    ] {
        let mut buffers = ParallelBuffers::new(1, world.runtime.rules());
        let accounts = world.db.open_block();
        let block = world
            .runtime
            .open_parallel(&world.chain, accounts, 0, &mut buffers);
        let mut block = block.limiting_programs(room);
        let (mut intake, lanes) = block.split();
        intake.push(txs.clone());
        intake.close();
        let ends: Vec<_> = lanes.into_iter().map(|lane| lane.run(|| false)).collect();
        assert_eq!(intake.end_of(0).expect("it has ended").err(), expected);
        assert!(intake.end_of(1).expect("it has ended").is_ok());
        drop(intake);
        assert_eq!(block.abort(ends).len(), 1 + usize::from(expected.is_none()));
    }
}
