//! Both versions on frames of plain accounts.

use isobath_program_abi::{InstructionError as E, Pubkey};
use isobath_program_memo::{COMPUTE_UNITS, call, call_first};
use isobath_sdk::ids;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Program, given};

const FIRST: Program = Program {
    id: ids::MEMO_PROGRAM_V1,
    entry: call_first,
    compute_units: 1_000,
};
const MEMO: Program = Program {
    id: ids::MEMO_PROGRAM,
    entry: call,
    compute_units: 1_000,
};
const ALICE: Pubkey = Pubkey([1; 32]);
const BOB: Pubkey = Pubkey([2; 32]);

#[test]
fn the_first_version_accepts_text_and_nothing_else() {
    let run = |data: &[u8]| FIRST.run(data, &[given(ALICE, 1).unsigned()], MockHost::new());
    let ran = run("\u{1f406}".as_bytes());
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.log().len(), 1, "only what it consumed");
    assert_eq!(run(&[0xff]).result, Err(E::InvalidInstructionData));
}

#[test]
fn signers_and_text_are_logged() {
    let accounts = [given(ALICE, 1), given(BOB, 1), given(ALICE, 1)];
    let ran = MEMO.run(b"hello", &accounts, MockHost::new());
    assert_eq!(ran.result, Ok(()));
    let expected = [
        "Program log: Signed by:".to_owned(),
        format!("Program log: {ALICE}"),
        format!("Program log: {BOB}"),
        "Program log: Memo (len 5)".to_owned(),
        "Program log: hello".to_owned(),
    ];
    assert_eq!(ran.log()[..5], expected);
}

#[test]
fn a_missing_signature_is_noticed_after_all_signers() {
    let accounts = [given(ALICE, 1).unsigned(), given(BOB, 1)];
    let ran = MEMO.run(b"hello", &accounts, MockHost::new());
    assert_eq!(ran.result, Err(E::MissingRequiredSignature));
    assert_eq!(ran.log()[1], format!("Program log: {BOB}"));
}

#[test]
fn what_is_not_text_fails_and_what_is_not_paid_for_does_not_run() {
    let run = |data: &[u8], units| {
        let program = Program {
            compute_units: units,
            ..MEMO
        };
        program.run(data, &[], MockHost::new()).result
    };
    assert_eq!(run(&[0xff], 1_000), Err(E::ProgramFailedToComplete));
    assert_eq!(run(&[], COMPUTE_UNITS), Ok(()));
    assert_eq!(run(b"a", COMPUTE_UNITS), Err(E::ComputationalBudgetExceeded));
}
