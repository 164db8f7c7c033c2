//! Return data: its caller and the client get the data of the last program that set some.

use isobath_program_abi::InstructionError as E;
use isobath_program_probe::{Bytes, Operation, Passed, Script};
use isobath_sdk::chain::outcome::ReturnData;

use super::{Lab, PROBE_1, both, call_probe, only};
use crate::support::probe;

fn give(bytes: &[u8]) -> Operation {
    Operation::Return(bytes.into())
}

fn expect(from: Option<u8>, bytes: &[u8]) -> Operation {
    let returned = from.map(|index| ReturnData {
        program: probe(index),
        data: bytes.to_vec(),
    });
    Operation::ExpectReturned(returned)
}

fn call(script: &Script) -> Operation {
    call_probe(PROBE_1, vec![Passed::readonly(0)], script)
}

#[test]
fn what_is_returned_is_logged_and_stands_in_the_outcome() {
    let lab = Lab::new();
    let script = Script::new()
        .then(expect(None, &[]))
        .then(give(&[1]))
        .then(give(&[2, 3]));
    let ran = lab.allows(&script.then(expect(Some(0), &[2, 3])), &both());
    assert_eq!(ran.returned(), Some((probe(0), &[2, 3][..])));
    ran.assert_logged(&format!("Program return: {} AgM=", probe(0)));
}

#[test]
fn a_caller_reads_what_the_callee_returned_and_may_answer_over_it() {
    let lab = Lab::new();
    let heard = Script::new()
        .then(call(&only(give(&[7]))))
        .then(expect(Some(1), &[7]));
    let ran = lab.allows(&heard, &both());
    assert_eq!(ran.returned().unwrap().0, probe(1));
    // The caller's line shows the data that it passes on, which is what it received.
    let returns: Vec<String> = ran
        .logs()
        .into_iter()
        .filter(|line| line.starts_with("Program return: "))
        .collect();
    assert_eq!(
        returns,
        [1, 0].map(|index| format!("Program return: {} Bw==", probe(index)))
    );
    let answered = heard.then(give(&[8]));
    let ran = lab.allows(&answered, &both());
    assert_eq!(ran.returned().unwrap().1, [8]);
}

#[test]
fn a_call_begins_with_nothing_returned_and_clears_what_the_caller_said() {
    let lab = Lab::new();
    let script = Script::new()
        .then(give(&[1]))
        .then(call(&only(expect(None, &[]))))
        .then(expect(None, &[]));
    let ran = lab.allows(&script, &both());
    assert_eq!(ran.execution.outcome.return_data, None);
    // The next instruction begins afresh too.
    let says = only(give(&[1])).instruction(probe(0), both().to_vec());
    let hears = only(expect(None, &[])).instruction(probe(1), both().to_vec());
    assert_eq!(lab.run(&[says, hears]).execution.outcome.return_data, None);
}

#[test]
fn returning_nothing_takes_back_what_was_returned() {
    let lab = Lab::new();
    let script = Script::new()
        .then(give(&[1]))
        .then(give(&[]))
        .then(expect(None, &[]));
    let ran = lab.allows(&script, &both());
    assert_eq!(ran.execution.outcome.return_data, None);
    assert!(
        ran.logs()
            .iter()
            .all(|line| !line.starts_with("Program return: ")),
        "{:#?}",
        ran.logs()
    );
}

#[test]
fn what_failed_returns_what_it_had_said() {
    let lab = Lab::new();
    let script = Script::new().then(give(&[5])).then(Operation::Fail(E::Custom(1)));
    let ran = lab.refuses(&script, &both(), E::Custom(1));
    assert_eq!(ran.returned().unwrap().1, [5]);
    ran.assert_logged(&format!("Program return: {} BQ==", probe(0)));
}

#[test]
fn a_kibibyte_can_be_returned_and_no_more() {
    let lab = Lab::new();
    let ran = lab.allows(&only(Operation::Return(Bytes::Zeros(1_024))), &both());
    assert_eq!(ran.returned().unwrap().1, [0; 1_024]);
    lab.refuses(
        &only(Operation::Return(Bytes::Zeros(1_025))),
        &both(),
        E::InvalidArgument,
    );
    // Rejected return data leaves the earlier data in place.
    let script = Script::new()
        .then(give(&[5]))
        .attempt(Operation::Return(Bytes::Zeros(1_025)));
    let ran = lab.allows(&script, &both());
    assert_eq!(ran.returned().unwrap().1, [5]);
}
