//! Each instruction on a frame of plain accounts: which calls it makes, and the first error it reports.

#![allow(clippy::unwrap_used, reason = "the helpers unwrap as the tests do")]

use isobath_program_abi::{Instruction, InstructionError as E, Pubkey};
use isobath_program_associated_token::call;
use isobath_sdk::builtins::associated_token::{self as ata, associated_token_address};
use isobath_sdk::builtins::token::TokenInstruction;
use isobath_sdk::builtins::token::layout::{TOKEN_ACCOUNT_LEN, account_offset as at, mint_data};
use isobath_sdk::builtins::{system, token};
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::ids;
use isobath_sdk::program::TxState;
use isobath_sdk::sysvar::rent::Rent;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Given, Program, Ran, given};

const PAYER: Pubkey = Pubkey([1; 32]);
const WALLET: Pubkey = Pubkey([2; 32]);
const MINT: Pubkey = Pubkey([3; 32]);
const OTHER_MINT: Pubkey = Pubkey([4; 32]);
const RESERVE: u64 = (128 + 165) * 6_960;

/// Answers as the token program does when it is asked for a length.
fn answer(state: &mut TxState, call: &Instruction) -> Result<(), E> {
    let is_question = call.data.first() == Some(&TokenInstruction::GetAccountDataSize.tag());
    state.return_data = is_question.then(|| ReturnData {
        program: ids::TOKEN_PROGRAM,
        data: 165_u64.to_le_bytes().to_vec(),
    });
    Ok(())
}

/// Runs an instruction on the accounts that it names; those not among `accounts` are empty.
fn run(instruction: &Instruction, accounts: &[Given]) -> Ran {
    let program = Program {
        id: ids::ASSOCIATED_TOKEN_PROGRAM,
        entry: call,
        compute_units: 100_000,
    };
    let given = instruction.accounts.iter().map(|meta| {
        let known = accounts
            .iter()
            .find(|account| account.key == meta.pubkey)
            .cloned();
        let mut account = known.unwrap_or_else(|| given(meta.pubkey, 0));
        account.is_signer = meta.is_signer;
        account.is_writable = meta.is_writable;
        account
    });
    let given: Vec<Given> = given.collect();
    let host = MockHost::new()
        .answering(answer)
        .with_sysvar(ids::SYSVAR_RENT, &Rent::new(6_960).to_bytes());
    program.run(&instruction.data, &given, host)
}

fn address(wallet: &Pubkey, mint: &Pubkey) -> Pubkey {
    associated_token_address(wallet, mint, &ids::TOKEN_PROGRAM)
        .unwrap()
        .0
}

fn token_account(key: Pubkey, owner: Pubkey, mint: Pubkey, amount: u64) -> Given {
    let mut data = vec![0; TOKEN_ACCOUNT_LEN];
    data[at::MINT..at::OWNER].copy_from_slice(&mint.0);
    data[at::OWNER..at::AMOUNT].copy_from_slice(&owner.0);
    data[at::AMOUNT..at::DELEGATE_TAG].copy_from_slice(&amount.to_le_bytes());
    data[at::STATE] = 1;
    given(key, RESERVE).owner(ids::TOKEN_PROGRAM).data(&data)
}

fn mint(key: Pubkey) -> Given {
    given(key, 1)
        .owner(ids::TOKEN_PROGRAM)
        .data(&mint_data(6, [None, None], 10))
}

fn calls(ran: &Ran) -> Vec<Instruction> {
    ran.host.calls.iter().map(|(call, _)| call.clone()).collect()
}

#[test]
fn an_account_is_created_by_four_calls() {
    let ran = run(&ata::create(&PAYER, &WALLET, &MINT).unwrap(), &[]);
    assert_eq!(ran.result, Ok(()));
    let account = address(&WALLET, &MINT);
    let expected = [
        token::get_account_data_size(&MINT),
        system::create_account(&PAYER, &account, RESERVE, 165, &ids::TOKEN_PROGRAM),
        token::initialize_immutable_owner(&account),
        token::initialize_account3(&account, &MINT, &WALLET),
    ];
    assert_eq!(calls(&ran), expected);
    assert_eq!(ran.host.calls[1].1, [account], "it signs for itself");
    assert_eq!(
        ran.log()[..2],
        [
            "Program log: Create",
            "Program log: Initialize the associated token account"
        ]
    );
}

#[test]
fn an_address_with_lamports_is_filled_up_and_assigned() {
    let account = address(&WALLET, &MINT);
    let ran = run(
        &ata::create(&PAYER, &WALLET, &MINT).unwrap(),
        &[given(account, RESERVE - 5)],
    );
    let expected = [
        system::transfer(&PAYER, &account, 5),
        system::allocate(&account, 165),
        system::assign(&account, &ids::TOKEN_PROGRAM),
    ];
    assert_eq!(calls(&ran)[1..4], expected);
}

#[test]
fn an_account_that_exists_is_accepted_only_if_asked_for_and_right() {
    let account = address(&WALLET, &MINT);
    let here = |owner, mint| {
        [
            token_account(account, owner, mint, 0),
            given(ids::TOKEN_PROGRAM, 1),
        ]
    };
    let create = ata::create(&PAYER, &WALLET, &MINT).unwrap();
    assert_eq!(run(&create, &here(WALLET, MINT)).result, Err(E::IllegalOwner));
    let idempotent = ata::create_idempotent(&PAYER, &WALLET, &MINT).unwrap();
    let ran = run(&idempotent, &here(WALLET, MINT));
    assert_eq!((ran.result, calls(&ran)), (Ok(()), Vec::new()));
    assert_eq!(run(&idempotent, &here(PAYER, MINT)).result, Err(E::Custom(0)));
    assert_eq!(
        run(&idempotent, &here(WALLET, OTHER_MINT)).result,
        Err(E::InvalidAccountData)
    );
}

#[test]
fn another_address_is_refused_and_every_bump_is_paid_for() {
    let mut create = ata::create(&PAYER, &WALLET, &MINT).unwrap();
    create.accounts[1].pubkey = PAYER;
    let ran = run(&create, &[]);
    assert_eq!(ran.result, Err(E::InvalidSeeds));
    assert_eq!(
        ran.log()[1],
        "Program log: Error: Associated address does not match seed derivation"
    );
    let (_, bump) = associated_token_address(&WALLET, &MINT, &ids::TOKEN_PROGRAM).unwrap();
    let tried = u64::from(255 - bump) + 1;
    assert_eq!(ran.state.meter.consumed(), 2_800 + 1_500 * tried);
}

#[test]
fn a_nested_account_is_emptied_and_closed() {
    let owner = address(&WALLET, &MINT);
    let (nested, destination) = (address(&owner, &OTHER_MINT), address(&WALLET, &OTHER_MINT));
    let recover = ata::recover_nested(&WALLET, &MINT, &OTHER_MINT).unwrap();
    let accounts = [
        token_account(owner, WALLET, MINT, 0),
        token_account(nested, owner, OTHER_MINT, 9),
        mint(MINT),
        mint(OTHER_MINT),
    ];
    let ran = run(&recover, &accounts);
    assert_eq!(ran.result, Ok(()));
    let checked = token::CheckedAmount {
        amount: 9,
        decimals: 6,
    };
    let expected = [
        token::transfer_checked(&nested, &OTHER_MINT, &destination, &owner, checked),
        token::close_account(&nested, &WALLET, &owner),
    ];
    assert_eq!(calls(&ran), expected);
    let mut unsigned = recover;
    unsigned.accounts[5].is_signer = false;
    assert_eq!(run(&unsigned, &accounts).result, Err(E::MissingRequiredSignature));
}
