//! Wrapped lamports, lamports above the rent minimum, amounts as text.

use isobath_program_abi::InstructionError as E;
use isobath_sdk::builtins::token::layout::TOKEN_ACCOUNT_LEN;
use isobath_sdk::builtins::token::{TokenError, TokenInstruction as I};
use isobath_sdk::ids;

use crate::world::{ALICE, BOB, RESERVE, amount, mint, native, own, run, signed, token, view, wallet};

#[test]
fn lamports_move_with_wrapped_tokens() {
    let accounts = [native(1, ALICE, 10), native(2, BOB, 1), signed(ALICE)];
    let ran = run(&I::Transfer { amount: 4 }, &accounts);
    assert_eq!((ran.result, ran.state.lamports_sum), (Ok(()), 0));
    let accounts = ran.accounts();
    assert_eq!((amount(&accounts[0]), accounts[0].lamports), (6, RESERVE + 6));
    assert_eq!((amount(&accounts[1]), accounts[1].lamports), (5, RESERVE + 5));
}

#[test]
fn a_new_native_account_and_a_synced_one_hold_what_is_above_the_reserve() {
    let new = own(1, RESERVE + 5, &[0; TOKEN_ACCOUNT_LEN]);
    let native_mint = wallet(ids::NATIVE_MINT).owner(ids::TOKEN_PROGRAM);
    let ran = run(&I::InitializeAccount3 { owner: ALICE }, &[new, native_mint]);
    let account = &ran.accounts()[0];
    assert_eq!(
        (amount(account), view(account).native_reserve()),
        (5, Some(RESERVE))
    );
    let mut synced = native(1, ALICE, 5);
    synced.account.lamports += 3;
    let ran = run(&I::SyncNative, &[synced]);
    assert_eq!(amount(&ran.accounts()[0]), 8);
    assert_eq!(
        run(&I::SyncNative, &[token(1, ALICE, 5)]).result,
        Err(TokenError::NonNativeNotSupported.into())
    );
}

#[test]
fn an_account_below_the_rent_minimum_is_not_initialized() {
    let new = own(1, RESERVE - 1, &[0; TOKEN_ACCOUNT_LEN]);
    let ran = run(
        &I::InitializeAccount3 { owner: ALICE },
        &[new, mint(None, None, 0)],
    );
    assert_eq!(ran.result, Err(TokenError::NotRentExempt.into()));
    let foreign_mint = mint(None, None, 0).owner(BOB);
    let new = own(1, RESERVE, &[0; TOKEN_ACCOUNT_LEN]);
    let ran = run(&I::InitializeAccount3 { owner: ALICE }, &[new, foreign_mint]);
    assert_eq!(ran.result, Err(E::IncorrectProgramId));
}

#[test]
fn wrapped_lamports_are_unwrapped_in_part_or_all() {
    let unwrap = |amount| {
        let accounts = [native(1, ALICE, 10), wallet(BOB), signed(ALICE)];
        run(&I::UnwrapLamports { amount }, &accounts)
    };
    let accounts = unwrap(Some(4)).accounts();
    assert_eq!((amount(&accounts[0]), accounts[1].lamports), (6, 1_000_004));
    assert_eq!(amount(&unwrap(None).accounts()[0]), 0);
    assert_eq!(unwrap(Some(11)).result, Err(TokenError::InsufficientFunds.into()));
}

#[test]
fn excess_lamports_leave_an_account_but_not_a_native_one() {
    let mut source = token(1, ALICE, 10);
    source.account.lamports += 77;
    let ran = run(&I::WithdrawExcessLamports, &[source, wallet(BOB), signed(ALICE)]);
    let accounts = ran.accounts();
    assert_eq!((accounts[0].lamports, accounts[1].lamports), (RESERVE, 1_000_077));
    let native = [native(1, ALICE, 10), wallet(BOB), signed(ALICE)];
    let ran = run(&I::WithdrawExcessLamports, &native);
    assert_eq!(ran.result, Err(TokenError::NativeNotSupported.into()));
}

#[test]
fn amounts_are_returned_as_text_and_back() {
    let returned = |instruction: &I<'_>| {
        let ran = run(instruction, &[mint(None, None, 0)]);
        ran.state.return_data.unwrap().data
    };
    assert_eq!(returned(&I::AmountToUiAmount { amount: 1_500_000 }), b"1.5");
    assert_eq!(
        returned(&I::UiAmountToAmount { text: "1.5" }),
        1_500_000_u64.to_le_bytes()
    );
    assert_eq!(returned(&I::GetAccountDataSize), 165_u64.to_le_bytes());
    let refused = run(&I::UiAmountToAmount { text: "x" }, &[mint(None, None, 0)]);
    assert_eq!(refused.result, Err(E::InvalidArgument));
}
