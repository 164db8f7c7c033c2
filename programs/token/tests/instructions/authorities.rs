//! Multisigs, authorities, freezing, closing.

use isobath_program_abi::{InstructionError as E, Pubkey};
use isobath_sdk::builtins::token::layout::MULTISIG_LEN;
use isobath_sdk::builtins::token::{AuthorityType, TokenError, TokenInstruction as I};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_testkit::instruction::Given;

use crate::world::{ALICE, BOB, RESERVE, amount, mint, own, run, signed, token, view, wallet};

const CAROL: Pubkey = Pubkey([23; 32]);
/// Key of the multisig.
const JOINT: Pubkey = Pubkey([30; 32]);

/// A multisig of Alice, Bob and Carol, of whom two must sign.
fn joint() -> Given {
    let new = own(30, (128 + 355) * 6_960, &[0; MULTISIG_LEN]);
    let accounts = [new, wallet(ALICE), wallet(BOB), wallet(CAROL)];
    let ran = run(&I::InitializeMultisig2 { required: 2 }, &accounts);
    assert_eq!(ran.result, Ok(()));
    let data = ran.accounts()[0].data.to_vec();
    own(30, (128 + 355) * 6_960, &data).readonly()
}

#[test]
fn as_many_signers_of_a_multisig_as_it_requires_must_sign() {
    let moved = |signers: &[Given]| {
        let mut accounts = vec![token(1, JOINT, 10), token(2, BOB, 0), joint()];
        accounts.extend(signers.iter().cloned());
        run(&I::Transfer { amount: 4 }, &accounts).result
    };
    assert_eq!(moved(&[signed(ALICE), signed(CAROL)]), Ok(()));
    assert_eq!(moved(&[signed(CAROL), signed(BOB), signed(ALICE)]), Ok(()));
    let refused = Err(E::MissingRequiredSignature);
    assert_eq!(moved(&[signed(ALICE)]), refused);
    assert_eq!(moved(&[signed(ALICE), signed(ALICE)]), refused);
    assert_eq!(moved(&[signed(ALICE), wallet(BOB)]), refused);
    assert_eq!(moved(&[signed(ALICE), signed(Pubkey([40; 32]))]), refused);
}

#[test]
fn a_multisig_has_one_to_eleven_signers() {
    let made = |required, count: u8| {
        let mut accounts = vec![own(30, (128 + 355) * 6_960, &[0; MULTISIG_LEN])];
        accounts.extend((0..count).map(|index| wallet(Pubkey([100 + index; 32]))));
        run(&I::InitializeMultisig2 { required }, &accounts).result
    };
    assert_eq!((made(1, 1), made(11, 11)), (Ok(()), Ok(())));
    let (provided, required) = (
        TokenError::InvalidNumberOfProvidedSigners,
        TokenError::InvalidNumberOfRequiredSigners,
    );
    assert_eq!(
        (made(1, 0), made(1, 12)),
        (Err(provided.into()), Err(provided.into()))
    );
    assert_eq!(
        (made(0, 1), made(12, 1)),
        (Err(required.into()), Err(required.into()))
    );
}

#[test]
fn a_new_owner_has_no_delegate() {
    let mut source = token(1, ALICE, 10);
    source.account = run(
        &I::Approve { amount: 5 },
        &[source.clone(), wallet(BOB), signed(ALICE)],
    )
    .accounts()[0]
        .clone();
    let set = |new| {
        let instruction = I::SetAuthority {
            authority: AuthorityType::AccountOwner,
            new,
        };
        run(&instruction, &[source.clone(), signed(ALICE)])
    };
    let accounts = set(Some(CAROL)).accounts();
    let account = view(&accounts[0]);
    assert_eq!(
        (account.owner(), account.delegate(), account.delegated_amount()),
        (CAROL, None, 0)
    );
    assert_eq!(set(None).result, Err(TokenError::InvalidInstruction.into()));
}

#[test]
fn a_frozen_account_stays_as_it_is_until_it_is_thawed() {
    let toggle = |instruction: I<'_>, account: &Given| {
        run(
            &instruction,
            &[account.clone(), mint(None, Some(BOB), 10), signed(BOB)],
        )
    };
    let mut account = token(1, ALICE, 10);
    let refused = Err(TokenError::InvalidState.into());
    assert_eq!(toggle(I::ThawAccount, &account).result, refused);
    account.account = toggle(I::FreezeAccount, &account).accounts()[0].clone();
    assert_eq!(toggle(I::FreezeAccount, &account).result, refused);
    let burn = run(
        &I::Burn { amount: 1 },
        &[account.clone(), mint(None, None, 10), signed(ALICE)],
    );
    assert_eq!(burn.result, Err(TokenError::AccountFrozen.into()));
    account.account = toggle(I::ThawAccount, &account).accounts()[0].clone();
    assert_eq!(amount(&account.account), 10);
    assert_eq!(account.account, token(1, ALICE, 10).account);
}

#[test]
fn a_closed_account_leaves_nothing_but_its_lamports_elsewhere() {
    let close = |amount, authority| {
        run(
            &I::CloseAccount,
            &[token(1, ALICE, amount), wallet(BOB), authority],
        )
    };
    let accounts = close(0, signed(ALICE)).accounts();
    assert_eq!(accounts[0], Account::new(0, ids::SYSTEM_PROGRAM));
    assert_eq!(accounts[1].lamports, 1_000_000 + RESERVE);
    assert_eq!(
        close(1, signed(ALICE)).result,
        Err(TokenError::NonNativeHasBalance.into())
    );
    assert_eq!(
        close(0, signed(BOB)).result,
        Err(TokenError::OwnerMismatch.into())
    );
}

#[test]
fn an_abandoned_account_is_closed_to_the_incinerator_by_anyone() {
    let abandoned = || token(1, ids::INCINERATOR, 0);
    let burned = run(
        &I::CloseAccount,
        &[abandoned(), wallet(ids::INCINERATOR), wallet(BOB)],
    );
    assert_eq!(burned.result, Ok(()));
    let taken = run(&I::CloseAccount, &[abandoned(), wallet(BOB), signed(BOB)]);
    assert_eq!(taken.result, Err(E::InvalidAccountData));
}
