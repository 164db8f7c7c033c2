//! A program that panics fails its instruction, at whatever depth, and nothing else.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{Operation, Passed, Place, Script};

use super::{Call, Lab, MINE, failed, only};
use crate::support::probe;

/// The account to write and probes 0 to 8, as probe 0 names them.
fn accounts() -> Vec<AccountMeta> {
    let probes = (0..9).map(|index| AccountMeta::readonly(probe(index)));
    std::iter::once(AccountMeta::writable(MINE))
        .chain(probes)
        .collect()
}

/// A script of probe `from` that calls probe after probe up to `depth`, where `last` runs.
fn chain(from: u8, depth: u8, last: &Script) -> Script {
    let next = from.checked_add(1).unwrap();
    if next == depth {
        return last.clone();
    }
    let passed = std::iter::once(Passed::writable(0))
        .chain((1..10).map(Passed::readonly))
        .collect();
    // Probe 0 is at position 1.
    let place = Place::Position(next.checked_add(1).unwrap());
    let call = Call::probe(place, passed, &chain(next, depth, last));
    // Each caller ignores the error, which must not help.
    let write = Operation::Write {
        account: 0,
        offset: 0,
        bytes: (&[9_u8][..]).into(),
    };
    let before = if from == 0 { only(write) } else { Script::new() };
    before.attempt(Operation::Invoke(call))
}

#[test]
fn a_panic_at_any_depth_fails_the_instruction_and_keeps_nothing() {
    let lab = Lab::new();
    for depth in 1..=9 {
        lab.allows(&chain(0, depth, &Script::new()), &accounts());
        let panic = only(Operation::Panic("the probe panics on request".to_owned()));
        let ran = lab.refuses(&chain(0, depth, &panic), &accounts(), E::ProgramFailedToComplete);
        assert_eq!(ran.invocations(), usize::from(depth));
        for index in 0..depth {
            ran.assert_logged(&failed(index, E::ProgramFailedToComplete));
        }
    }
}

#[test]
fn a_panic_below_direct_recursion_unwinds_every_level() {
    let lab = Lab::new();
    let accounts = [AccountMeta::writable(MINE), AccountMeta::readonly(probe(0))];
    let script = Script::new()
        .attempt(Operation::RecurseTo { depth: 9 })
        .then(Operation::Panic("the probe panics on request".to_owned()));
    let ran = lab.refuses(&script, &accounts, E::ProgramFailedToComplete);
    assert_eq!(ran.invocations(), 9);
    let lines = ran.logs().into_iter().filter(|line| line.contains(" failed: "));
    assert_eq!(lines.count(), 9);
}

#[test]
fn the_block_goes_on_after_a_panic() {
    let mut lab = Lab::new();
    let panic = only(Operation::Panic("the probe panics on request".to_owned()));
    let write = only(Operation::Write {
        account: 0,
        offset: 0,
        bytes: (&[9_u8][..]).into(),
    });
    let tx = |script: &Script| {
        lab.world
            .tx(&[&lab.payer], &[script.instruction(probe(0), accounts())])
    };
    let (panics, writes) = (tx(&panic), tx(&write));
    let record = lab.world.block(&[panics, writes]);
    let errors = record
        .history
        .executions
        .iter()
        .map(|execution| execution.outcome.error.is_some());
    assert_eq!(errors.collect::<Vec<_>>(), [true, false]);
    assert_eq!(lab.world.db.view().get(&MINE).unwrap().data[0], 9);
}

#[test]
fn what_a_panic_held_is_put_back_and_can_be_held_again() {
    let mut lab = Lab::new();
    let panic = only(Operation::PanicWhileWriting { account: 0 });
    let write = only(Operation::Write {
        account: 0,
        offset: 3,
        bytes: (&[9_u8][..]).into(),
    });
    lab.refuses(&panic, &accounts(), E::ProgramFailedToComplete);
    // Nine callers that all hold the account in turn, each ignoring what happened below it.
    let nested = Script::new()
        .attempt(Operation::RecurseTo { depth: 9 })
        .then(Operation::PanicWhileWriting { account: 0 });
    let ran = lab.refuses(&nested, &accounts(), E::ProgramFailedToComplete);
    assert_eq!(ran.invocations(), 9);
    let tx = |script: &Script| {
        lab.world
            .tx(&[&lab.payer], &[script.instruction(probe(0), accounts())])
    };
    let txs = [tx(&panic), tx(&write)];
    let record = lab.world.block(&txs);
    assert!(record.history.executions.get(0).unwrap().outcome.error.is_some());
    assert_eq!(record.history.executions.get(1).unwrap().outcome.error, None);
    assert_eq!(
        lab.world.db.view().get(&MINE).unwrap().data.as_slice(),
        [1, 2, 3, 9]
    );
}

#[test]
fn compute_units_spent_before_a_panic_stay_spent() {
    let lab = Lab::new();
    let script = Script::new()
        .then(Operation::Burn(5_000))
        .then(Operation::Panic("the probe panics on request".to_owned()));
    let ran = lab.refuses(&script, &accounts(), E::ProgramFailedToComplete);
    assert_eq!(ran.execution.outcome.compute_units, 100 + 10 + 5_000 + 10);
}
