//! Several instructions in one.

use isobath_program_abi::InstructionError as E;
use isobath_sdk::builtins::token::{TokenError, TokenInstruction as I};
use isobath_testkit::instruction::{Given, Ran};

use crate::world::{ALICE, BOB, amount, run_data, signed, token, wallet};

fn batch(parts: &[(u8, I<'_>)], accounts: &[Given]) -> Ran {
    let mut data = vec![255];
    for (count, instruction) in parts {
        let part = instruction.encode();
        data.extend([*count, u8::try_from(part.len()).unwrap()]);
        data.extend(part);
    }
    run_data(&data, accounts)
}

#[test]
fn parts_run_in_turn_on_the_accounts_that_follow() {
    let transfer = I::Transfer { amount: 3 };
    let accounts = [
        token(1, ALICE, 10),
        token(2, BOB, 0),
        signed(ALICE),
        token(2, BOB, 0),
        token(1, ALICE, 10),
        signed(BOB),
    ];
    let ran = batch(&[(3, transfer), (3, I::Transfer { amount: 1 })], &accounts);
    assert_eq!(ran.result, Ok(()));
    assert_eq!((amount(&ran.accounts()[0]), amount(&ran.accounts()[1])), (8, 2));
    assert!(ran.log()[0].contains("consumed 202 of"));
}

#[test]
fn an_account_that_an_earlier_part_closed_is_not_the_programs_any_more() {
    let accounts = [
        token(1, ALICE, 0),
        wallet(BOB),
        signed(ALICE),
        token(1, ALICE, 0),
        signed(ALICE),
    ];
    let ran = batch(&[(3, I::CloseAccount), (2, I::Revoke)], &accounts);
    assert_eq!(ran.result, Err(E::IncorrectProgramId));
}

#[test]
fn parts_are_whole_and_no_batches() {
    let invalid = Err(TokenError::InvalidInstruction.into());
    for data in [
        &[255][..],
        &[255, 0],
        &[255, 0, 0],
        &[255, 0, 2, 17],
        &[255, 0, 1, 255],
    ] {
        assert_eq!(run_data(data, &[]).result, invalid, "{data:?}");
    }
    let short = run_data(&[255, 2, 1, 17], &[wallet(BOB)]);
    assert_eq!(short.result, Err(E::NotEnoughAccountKeys));
}
