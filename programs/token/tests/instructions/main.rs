//! Instructions on a frame of plain accounts: what they write, and the first error they report. What the published
//! program does with random ones is recorded in the conformance fixtures.

#![allow(clippy::unwrap_used, reason = "the helpers unwrap as the tests do")]

mod authorities;
mod batches;
mod moves;
mod native;
mod world;

use isobath_program_abi::InstructionError as E;
use isobath_sdk::builtins::token::{TokenError, TokenInstruction as I};

use crate::world::{ALICE, MINT, run, signed, token, wallet};

#[test]
fn an_error_of_the_program_is_logged_with_its_text_and_its_units() {
    let ran = run(
        &I::Transfer { amount: 11 },
        &[token(1, ALICE, 10), token(2, ALICE, 0), signed(ALICE)],
    );
    assert_eq!(ran.result, Err(TokenError::InsufficientFunds.into()));
    assert_eq!(
        ran.log(),
        [
            "Program log: Error: insufficient funds",
            "Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA consumed 76 of 1000 compute units",
        ]
    );
}

#[test]
fn an_account_rule_that_is_broken_is_not_logged_by_the_program() {
    let ran = run(
        &I::Transfer { amount: 1 },
        &[token(1, ALICE, 10).readonly(), token(2, ALICE, 0), signed(ALICE)],
    );
    assert_eq!(ran.result, Err(E::ReadonlyDataModified));
    assert_eq!(ran.log().len(), 1);
}

#[test]
fn empty_and_unknown_data_is_refused_and_charged() {
    for (data, lines) in [(&[][..], 1), (&[99], 2), (&[255], 2), (&[3, 1], 2)] {
        let ran = world::run_data(data, &[wallet(MINT)]);
        assert_eq!(ran.result, Err(TokenError::InvalidInstruction.into()), "{data:?}");
        assert_eq!(ran.log().len(), lines, "{data:?}");
    }
}

#[test]
fn a_call_that_cannot_pay_runs_nothing() {
    let accounts = [token(1, ALICE, 10), token(2, ALICE, 0), signed(ALICE)];
    let ran = world::run_with(75, &I::Transfer { amount: 1 }.encode(), &accounts);
    assert_eq!(ran.result, Err(E::ComputationalBudgetExceeded));
    assert_eq!(ran.accounts()[0], accounts[0].account);
}
