//! Transfers, delegates, creating and destroying.

use isobath_program_abi::InstructionError as E;
use isobath_sdk::builtins::token::layout::Mint;
use isobath_sdk::builtins::token::{CheckedAmount, TokenError, TokenInstruction as I};
use isobath_testkit::instruction::{Given, Ran};

use crate::world::{ALICE, BOB, amount, mint, run, signed, token, view, wallet};

fn transfer(moved: u64, accounts: &[Given]) -> Ran {
    run(&I::Transfer { amount: moved }, accounts)
}

#[test]
fn a_transfer_moves_tokens_and_records_eight_bytes_of_each_account() {
    let ran = transfer(4, &[token(1, ALICE, 10), token(2, BOB, 1), signed(ALICE)]);
    assert_eq!(ran.result, Ok(()));
    let accounts = ran.accounts();
    assert_eq!((amount(&accounts[0]), amount(&accounts[1])), (6, 5));
    assert_eq!(
        (view(&accounts[0]).owner(), view(&accounts[1]).owner()),
        (ALICE, BOB)
    );
    let is_written = [true, true, false];
    let cells = ran.state.cells.iter().map(|cell| cell.is_written());
    assert!(cells.eq(is_written));
}

#[test]
fn a_transfer_to_itself_or_of_nothing_writes_nothing() {
    let to_itself = transfer(4, &[token(1, ALICE, 10), token(1, ALICE, 10), signed(ALICE)]);
    let of_nothing = transfer(0, &[token(1, ALICE, 10), token(2, BOB, 1), signed(ALICE)]);
    for ran in [to_itself, of_nothing] {
        assert_eq!(ran.result, Ok(()));
        assert!(ran.state.cells.iter().all(|cell| !cell.is_written()));
    }
    let foreign = token(2, BOB, 1).owner(BOB);
    let ran = transfer(0, &[token(1, ALICE, 10), foreign, signed(ALICE)]);
    assert_eq!(ran.result, Err(E::IncorrectProgramId));
}

#[test]
fn a_transfer_reports_its_first_error() {
    let mut frozen = token(2, BOB, 0);
    frozen.account.data.to_mut()[108] = 2;
    let mut other_mint = token(2, BOB, 0);
    other_mint.account.data.to_mut()[0] = 0;
    let cases: [(Given, Given, E); 5] = [
        (frozen, signed(ALICE), TokenError::AccountFrozen.into()),
        (other_mint, signed(ALICE), TokenError::MintMismatch.into()),
        (token(2, BOB, 0), signed(BOB), TokenError::OwnerMismatch.into()),
        (token(2, BOB, 0), wallet(ALICE), E::MissingRequiredSignature),
        (wallet(BOB), signed(ALICE), E::InvalidAccountData),
    ];
    for (destination, authority, error) in cases {
        let ran = transfer(1, &[token(1, ALICE, 10), destination, authority]);
        assert_eq!(ran.result, Err(error));
    }
    let ran = transfer(1, &[token(1, ALICE, 10), token(2, BOB, 0)]);
    assert_eq!(ran.result, Err(E::NotEnoughAccountKeys));
}

#[test]
fn a_checked_transfer_needs_the_decimals_of_the_mint() {
    let checked = |decimals| {
        let amount = CheckedAmount { amount: 4, decimals };
        let accounts = [
            token(1, ALICE, 10),
            mint(None, None, 11),
            token(2, BOB, 1),
            signed(ALICE),
        ];
        run(&I::TransferChecked(amount), &accounts)
    };
    assert_eq!(checked(6).result, Ok(()));
    assert_eq!(checked(5).result, Err(TokenError::MintDecimalsMismatch.into()));
}

#[test]
fn a_delegate_moves_what_it_may_and_is_dismissed_at_the_end() {
    let approved = run(
        &I::Approve { amount: 5 },
        &[token(1, ALICE, 10), wallet(BOB), signed(ALICE)],
    );
    let mut source = token(1, ALICE, 10);
    source.account = approved.accounts()[0].clone();
    let moved = |amount| transfer(amount, &[source.clone(), token(2, BOB, 0), signed(BOB)]);
    assert_eq!(moved(6).result, Err(TokenError::InsufficientFunds.into()));
    let accounts = moved(3).accounts();
    assert_eq!(
        (
            view(&accounts[0]).delegate(),
            view(&accounts[0]).delegated_amount()
        ),
        (Some(BOB), 2)
    );
    assert_eq!(view(&moved(5).accounts()[0]).delegate(), None);
    let revoked = run(&I::Revoke, &[source.clone(), signed(BOB)]);
    assert_eq!(view(&revoked.accounts()[0]).delegate(), None);
}

#[test]
fn supply_follows_what_is_created_and_destroyed() {
    let supply = |ran: &Ran, position: usize| Mint::new(&ran.accounts()[position].data).unwrap().supply();
    let minted = run(
        &I::MintTo { amount: 7 },
        &[mint(Some(ALICE), None, 10), token(1, BOB, 10), signed(ALICE)],
    );
    assert_eq!((supply(&minted, 0), amount(&minted.accounts()[1])), (17, 17));
    let burned = run(
        &I::Burn { amount: 4 },
        &[token(1, BOB, 10), mint(None, None, 10), signed(BOB)],
    );
    assert_eq!((amount(&burned.accounts()[0]), supply(&burned, 1)), (6, 6));
    let fixed = run(
        &I::MintTo { amount: 7 },
        &[mint(None, None, 10), token(1, BOB, 10), signed(ALICE)],
    );
    assert_eq!(fixed.result, Err(TokenError::FixedSupply.into()));
    let too_many = run(
        &I::MintTo { amount: u64::MAX },
        &[mint(Some(ALICE), None, 10), token(1, BOB, 10), signed(ALICE)],
    );
    assert_eq!(too_many.result, Err(TokenError::Overflow.into()));
}
