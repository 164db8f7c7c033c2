//! Which programs can be called: those among the caller's accounts, and the caller itself, but none that waits for a
//! call.

use isobath_program_abi::AccountMeta;
use isobath_program_abi::InstructionError as E;
use isobath_program_abi::Pubkey;
use isobath_program_probe::{Call, Operation, Passed, Place, Script};
use isobath_sdk::chain::event::Event;
use isobath_sdk::ids;

use super::{BALANCE, Lab, MINE, PROBE_0, PROBE_1, THEIRS, both, call_probe, failed, only};
use crate::support::{PROBE_COUNT, probe};

const NOTHING: Script = Script::new();

/// All accounts of [`both`] as they are, for calls that hand everything on.
fn everything() -> Vec<Passed> {
    vec![
        Passed::writable(0),
        Passed::writable(1),
        Passed::readonly(2),
        Passed::readonly(3),
    ]
}

/// A call with everything.
fn hand_on(program: u8, script: &Script) -> Script {
    only(call_probe(program, everything(), script))
}

#[test]
fn a_call_shows_in_log_and_trace() {
    let lab = Lab::new();
    let ran = lab.allows(
        &hand_on(PROBE_1, &only(Operation::Log("hello".to_owned()))),
        &both(),
    );
    let (outer, inner) = (probe(0), probe(1));
    assert_eq!(
        ran.logs(),
        [
            format!("Program {outer} invoke [1]"),
            format!("Program {inner} invoke [2]"),
            "Program log: hello".to_owned(),
            format!("Program {inner} success"),
            format!("Program {outer} success"),
        ]
    );
    let data = only(Operation::Log("hello".to_owned())).encode();
    let view = ran.record.history.transactions[0].clone();
    let view = isobath_sdk::wire::view::TransactionView::parse(&view).unwrap();
    let index = |key: Pubkey| {
        let at = (0..view.static_key_count())
            .position(|at| view.static_key(at) == key)
            .unwrap();
        u8::try_from(at).unwrap()
    };
    let expected = Event::InnerInstruction {
        outer_index: 0,
        depth: 2,
        program_id_index: index(inner),
        accounts: vec![index(MINE), index(THEIRS), index(inner), index(outer)],
        data,
    };
    assert_eq!(ran.execution.events[1], expected);
}

#[test]
fn a_program_must_be_named_by_the_caller() {
    let lab = Lab::new();
    let call = |key| only(Operation::Invoke(Call::probe(Place::Key(key), vec![], &NOTHING)));
    let ran = lab.refuses(&call(probe(2)), &both(), E::MissingAccount);
    ran.assert_logged(&format!("Unknown program {}", probe(2)));
    // The transaction calls probe 2 itself, but the calling instruction does not name it.
    let beside = NOTHING.instruction(probe(2), vec![]);
    let borrow = call(probe(2)).instruction(probe(0), both().to_vec());
    let ran = lab.refuses_all(&[beside, borrow], 1, E::MissingAccount);
    ran.assert_logged(&format!("Unknown program {}", probe(2)));
    // Calling needs no privilege on the program, so read-only is enough, and writable does no harm.
    lab.allows(&call(probe(1)), &both());
    lab.allows(&call(probe(1)), &[AccountMeta::writable(probe(1))]);
    // A program needs no account of its own instruction to be called by the transaction, but to call itself.
    lab.refuses(&call(probe(0)), &[], E::MissingAccount);
}

#[test]
fn what_is_no_program_is_not_run() {
    let lab = Lab::new();
    let unlisted = probe(PROBE_COUNT - 1);
    let payer = lab.payer.pubkey();
    for key in [MINE, payer, unlisted, ids::SYSVAR_CLOCK, Pubkey([0x77; 32])] {
        let call = only(Operation::Invoke(Call::probe(Place::Key(key), vec![], &NOTHING)));
        let ran = lab.refuses(&call, &[AccountMeta::readonly(key)], E::UnsupportedProgramId);
        assert_eq!(ran.invocations(), 1);
    }
    // Linked in and native, but not a program that does anything.
    let call = Call {
        data: Call::of(&isobath_sdk::builtins::compute_budget::set_compute_unit_limit(1)).data,
        ..Call::probe(Place::Key(ids::COMPUTE_BUDGET_PROGRAM), vec![], &NOTHING)
    };
    lab.allows(
        &only(Operation::Invoke(call)),
        &[AccountMeta::readonly(ids::COMPUTE_BUDGET_PROGRAM)],
    );
}

#[test]
fn a_program_may_call_itself_but_not_a_caller_above() {
    let lab = Lab::new();
    let refused = |script: &Script| lab.refuses(script, &both(), E::ReentrancyNotAllowed);
    lab.allows(&hand_on(PROBE_0, &NOTHING), &both());
    lab.allows(&hand_on(PROBE_0, &hand_on(PROBE_0, &NOTHING)), &both());
    lab.allows(&hand_on(PROBE_1, &hand_on(PROBE_1, &NOTHING)), &both());
    // A, B, A.
    let ran = refused(&hand_on(PROBE_1, &hand_on(PROBE_0, &NOTHING)));
    assert_eq!(ran.invocations(), 2);
    ran.assert_logged(&failed(1, E::ReentrancyNotAllowed));
    ran.assert_logged(&failed(0, E::ReentrancyNotAllowed));
    // A, A, B, A and A, B, B, A.
    refused(&hand_on(PROBE_0, &hand_on(PROBE_1, &hand_on(PROBE_0, &NOTHING))));
    refused(&hand_on(PROBE_1, &hand_on(PROBE_1, &hand_on(PROBE_0, &NOTHING))));
    // No program waits any more when the second call is made.
    let call = || call_probe(PROBE_1, everything(), &NOTHING);
    lab.allows(&Script::new().then(call()).then(call()), &both());
}

#[test]
fn a_refused_call_is_not_in_the_trace() {
    let lab = Lab::new();
    let ran = lab.refuses(
        &hand_on(PROBE_1, &hand_on(PROBE_0, &NOTHING)),
        &both(),
        E::ReentrancyNotAllowed,
    );
    let inner = ran
        .execution
        .events
        .iter()
        .filter(|event| matches!(event, Event::InnerInstruction { .. }));
    assert_eq!(inner.count(), 1, "the call of probe 1, and not the one back");
}

#[test]
fn an_inner_error_that_is_swallowed_still_ends_the_instruction() {
    let lab = Lab::new();
    let fail = |code| call_probe(PROBE_1, everything(), &only(Operation::Fail(E::Custom(code))));
    let write = || Operation::Write {
        account: 0,
        offset: 0,
        bytes: (&[9_u8][..]).into(),
    };
    let script = Script::new()
        .then(write())
        .attempt(fail(7))
        .then(write())
        .attempt(fail(8));
    let ran = lab.refuses(&script, &both(), E::Custom(7));
    assert_eq!(ran.invocations(), 2, "no call is made after one that failed");
    ran.assert_logged(&failed(1, E::Custom(7)));
    ran.assert_logged(&failed(0, E::Custom(7)));
    // Also two levels up, and when an outer program reports something else.
    let deep = Script::new().attempt(call_probe(PROBE_0, everything(), &Script::new().attempt(fail(7))));
    lab.refuses(&deep, &both(), E::Custom(7));
    let renamed = Script::new().attempt(fail(7)).then(Operation::Fail(E::Custom(9)));
    lab.refuses(&renamed, &both(), E::Custom(7));
}

#[test]
fn every_error_passes_through_calls_unchanged() {
    let lab = Lab::new();
    for error in [
        E::GenericError,
        E::Custom(0),
        E::Custom(u32::MAX),
        E::AccountBorrowFailed,
        E::BorshIoError,
    ] {
        let ran = lab.refuses(&hand_on(PROBE_1, &only(Operation::Fail(error))), &both(), error);
        ran.assert_logged(&failed(1, error));
        ran.assert_logged(&failed(0, error));
    }
}

#[test]
fn a_failure_after_successful_calls_takes_their_changes_back() {
    let lab = Lab::new();
    let write = only(Operation::Write {
        account: 1,
        offset: 0,
        bytes: (&[9_u8][..]).into(),
    });
    let call = || call_probe(PROBE_1, everything(), &write);
    lab.refuses(
        &Script::new().then(call()).then(Operation::Fail(E::Custom(3))),
        &both(),
        E::Custom(3),
    );
    let fails = only(Operation::Fail(E::Custom(4))).instruction(probe(2), vec![]);
    let works = only(call()).instruction(probe(0), both().to_vec());
    lab.refuses_all(&[works, fails], 1, E::Custom(4));
}

#[test]
fn the_callee_sees_the_callers_changes_and_the_caller_the_callees() {
    let lab = Lab::new();
    let inner = Script::new()
        .then(Operation::ExpectAccount {
            account: 0,
            lamports: BALANCE - 5,
            len: 6,
        })
        .then(Operation::ExpectAccount {
            account: 1,
            lamports: BALANCE + 5,
            len: 4,
        })
        .then(Operation::Resize { account: 1, len: 9 })
        .then(Operation::Move {
            from: 1,
            to: 0,
            lamports: 8,
        });
    let outer = Script::new()
        .then(Operation::Resize { account: 0, len: 6 })
        .then(Operation::Move {
            from: 0,
            to: 1,
            lamports: 5,
        })
        .then(call_probe(PROBE_1, everything(), &inner))
        .then(Operation::ExpectAccount {
            account: 0,
            lamports: BALANCE + 3,
            len: 6,
        })
        .then(Operation::ExpectAccount {
            account: 1,
            lamports: BALANCE - 3,
            len: 9,
        });
    let ran = lab.allows(&outer, &both());
    assert_eq!(ran.account(&THEIRS).unwrap().data.len(), 9);
}

#[test]
fn data_that_does_not_decode_fails_where_it_is() {
    let lab = Lab::new();
    let garbage = Call {
        data: (&[1_u8, 2, 3][..]).into(),
        ..Call::probe(Place::Position(PROBE_1), vec![], &NOTHING)
    };
    let ran = lab.refuses(
        &only(Operation::Invoke(garbage)),
        &both(),
        E::InvalidInstructionData,
    );
    ran.assert_logged(&failed(1, E::InvalidInstructionData));
}
