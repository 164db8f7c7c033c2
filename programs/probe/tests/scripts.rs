//! The bytes of scripts, and the parts of the interpreter that need no second program.

use isobath_program_abi::{InstructionError as E, Pubkey};
use isobath_program_probe::{
    Bytes, COMPUTE_UNITS, Call, Operation, Passed, Place, STEP_COMPUTE_UNITS, Script, Step, UNEXPECTED, call,
};
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::program::TxState;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Program, given};

const PROBE: Pubkey = Pubkey([1; 32]);
const OTHER: Pubkey = Pubkey([2; 32]);

/// Runs `data` over one writable account of the probe with four bytes; 100,000 units.
fn run(data: &[u8]) -> (Result<(), E>, TxState, MockHost) {
    let program = Program {
        id: PROBE,
        entry: call,
        compute_units: 100_000,
    };
    let account = given(OTHER, 50).owner(PROBE).data(&[1, 2, 3, 4]);
    let ran = program.run(data, &[account], MockHost::new());
    (ran.result, ran.state, ran.host)
}

fn result_of(script: &Script) -> Result<(), E> {
    run(&script.encode()).0
}

fn long_script() -> Script {
    let inner = Script::new().then(Operation::Fail(E::Custom(7)));
    let call = Call::probe(Place::Position(0), vec![Passed::writable(0).signed()], &inner);
    Script::new()
        .then(Operation::Write {
            account: 0,
            offset: 1,
            bytes: Bytes::Zeros(2),
        })
        .attempt(Operation::Invoke(call.signed_by(&[b"seed", &[255]])))
        .then(Operation::ExpectReturned(Some(ReturnData {
            program: OTHER,
            data: vec![1],
        })))
        .step(Step {
            times: 3,
            swallows_errors: true,
            operation: Operation::Log("x".to_owned()),
        })
}

#[test]
fn scripts_survive_their_bytes_and_nothing_else_decodes() {
    let bytes = long_script().encode();
    assert_eq!(Script::decode(&bytes), Some(long_script()));
    for len in 0..bytes.len() {
        assert_eq!(Script::decode(&bytes[..len]), None);
    }
    assert_eq!(Script::decode(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(run(&[1, 2, 3]).0, Err(E::InvalidInstructionData));
}

#[test]
fn every_call_and_every_try_costs() {
    let nothing = Operation::Burn(0);
    let script = Script::new().step(Step {
        times: 5,
        swallows_errors: true,
        operation: nothing.clone(),
    });
    let (result, state, _) = run(&script.encode());
    assert_eq!(result, Ok(()));
    assert_eq!(state.meter.consumed(), COMPUTE_UNITS + 5 * STEP_COMPUTE_UNITS);
    let endless = Step {
        times: u16::MAX,
        swallows_errors: true,
        operation: nothing,
    };
    assert_eq!(
        result_of(&Script::new().step(endless)),
        Err(E::ComputationalBudgetExceeded)
    );
}

#[test]
fn an_error_ends_the_script_unless_it_is_swallowed() {
    let fail = Operation::Fail(E::Custom(7));
    let swallowed = Script::new()
        .attempt(fail.clone())
        .then(Operation::Log("after".to_owned()));
    let (result, state, _) = run(&swallowed.encode());
    assert_eq!(
        (result, render_logs(state.events.list())),
        (Ok(()), vec!["Program log: after".to_owned()])
    );
    assert_eq!(result_of(&Script::new().then(fail)), Err(E::Custom(7)));
}

#[test]
fn accounts_are_read_written_and_looked_at() {
    let script = Script::new()
        .then(Operation::Write {
            account: 0,
            offset: 1,
            bytes: Bytes::from(&[8, 9][..]),
        })
        .then(Operation::Read {
            account: 0,
            offset: 0,
            len: 4,
        })
        .then(Operation::ExpectAccount {
            account: 0,
            lamports: 50,
            len: 4,
        });
    let (result, state, _) = run(&script.encode());
    assert_eq!(
        (result, state.cells[0].account().data.to_vec()),
        (Ok(()), vec![1, 8, 9, 4])
    );
    assert_eq!(render_logs(state.events.list()), ["Program data: AQgJBA=="]);
    let unexpected = Operation::ExpectAccount {
        account: 0,
        lamports: 51,
        len: 4,
    };
    assert_eq!(
        result_of(&Script::new().then(unexpected)),
        Err(E::Custom(UNEXPECTED))
    );
    let past = Operation::Write {
        account: 0,
        offset: 3,
        bytes: Bytes::Zeros(2),
    };
    assert_eq!(result_of(&Script::new().then(past)), Err(E::AccountDataTooSmall));
    let past = Operation::Read {
        account: 0,
        offset: u32::MAX,
        len: u32::MAX,
    };
    assert_eq!(
        result_of(&Script::new().then(past)),
        Err(E::ComputationalBudgetExceeded)
    );
    let absent = Operation::Read {
        account: 1,
        offset: 0,
        len: 0,
    };
    assert_eq!(result_of(&Script::new().then(absent)), Err(E::MissingAccount));
}

#[test]
fn calls_are_made_as_they_are_described() {
    let (address, bump) = Pubkey::find_program_address(&[b"seed"], &PROBE).unwrap();
    let mut call = Call::probe(Place::Key(OTHER), vec![Passed::readonly(0)], &Script::new());
    call.last_account_again = 2;
    let script = Script::new()
        .then(Operation::Invoke(call.signed_by(&[b"seed", &[bump]])))
        .then(Operation::RecurseTo { depth: 2 })
        .then(Operation::RecurseTo { depth: 1 });
    let (result, _, host) = run(&script.encode());
    assert_eq!((result, host.calls.len()), (Ok(()), 2));
    let (described, signers) = &host.calls[0];
    assert_eq!((described.program_id, described.accounts.len()), (OTHER, 3));
    assert_eq!(signers, &[address]);
    let (own, _) = &host.calls[1];
    assert_eq!((own.program_id, &own.data), (PROBE, &script.encode()));
    assert!(own.accounts[0].is_signer && own.accounts[0].is_writable);
}

#[test]
#[should_panic(expected = "on request")]
fn it_panics_when_told_to() {
    let _ = result_of(&Script::new().then(Operation::Panic("on request".to_owned())));
}
