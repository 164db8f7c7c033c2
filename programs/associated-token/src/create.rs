//! Creating an associated token account.

use isobath_program_abi::{Instruction, InstructionError, Pubkey};
use isobath_sdk::builtins::associated_token::INVALID_OWNER;
use isobath_sdk::builtins::{system, token};
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::address::{Derivation, Seeds, require_accounts};
use crate::strict;
use crate::units::COMPUTE_UNITS_TO_CREATE;

const PAYER: usize = 0;
const ACCOUNT: usize = 1;
const WALLET: usize = 2;
const MINT: usize = 3;
const TOKEN_PROGRAM: usize = 5;
const ACCOUNT_COUNT: usize = 6;

/// What an account that exists already means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Refused,
    Accepted,
}

/// Creates the account at position 1.
pub(crate) fn create(frame: &mut Frame<'_>, existing: Existing) -> Result<(), InstructionError> {
    require_accounts(frame, ACCOUNT_COUNT)?;
    let derivation = Derivation {
        account: ACCOUNT,
        wallet: WALLET,
        mint: MINT,
        token_program: TOKEN_PROGRAM,
        name: "Associated",
    };
    let seeds = derivation.require(frame)?;
    if existing == Existing::Accepted && is_there(frame)? {
        return Ok(());
    }
    frame.consume(COMPUTE_UNITS_TO_CREATE)?;
    if *frame.account(ACCOUNT)?.owner() != ids::SYSTEM_PROGRAM {
        return Err(InstructionError::IllegalOwner);
    }
    let token_program = frame.key(TOKEN_PROGRAM)?;
    let (account, mint, wallet) = (frame.key(ACCOUNT)?, frame.key(MINT)?, frame.key(WALLET)?);
    let len = account_len(frame, &token_program, &mint)?;
    allocate(frame, &seeds, len, &token_program)?;
    frame.log_message("Initialize the associated token account");
    let call = token::initialize_immutable_owner(&account);
    frame.invoke(&of_program(call, &token_program), &[])?;
    let call = token::initialize_account3(&account, &mint, &wallet);
    frame.invoke(&of_program(call, &token_program), &[])
}

/// Whether the account exists and is that of the wallet and the mint.
fn is_there(frame: &mut Frame<'_>) -> Result<bool, InstructionError> {
    let view = frame.account(ACCOUNT)?;
    if view.owner() != frame.account(TOKEN_PROGRAM)?.key() {
        return Ok(false);
    }
    let Ok(account) = strict::token_account(view.data()) else {
        return Ok(false);
    };
    if account.owner() != *frame.account(WALLET)?.key() {
        frame.log_message("Associated token account owner does not match address derivation");
        return Err(INVALID_OWNER);
    }
    match account.mint() == *frame.account(MINT)?.key() {
        true => Ok(true),
        false => Err(InstructionError::InvalidAccountData),
    }
}

/// The length of an account of the mint, as the token program says.
fn account_len(
    frame: &mut Frame<'_>,
    token_program: &Pubkey,
    mint: &Pubkey,
) -> Result<u64, InstructionError> {
    strict::require_token_program(token_program)?;
    let call = of_program(token::get_account_data_size(mint), token_program);
    frame.invoke(&call, &[])?;
    let returned = frame
        .return_data()
        .ok_or(InstructionError::InvalidInstructionData)?;
    if returned.program != *token_program {
        return Err(InstructionError::IncorrectProgramId);
    }
    let len = returned.data.as_slice().try_into();
    len.map(u64::from_le_bytes)
        .map_err(|_| InstructionError::InvalidInstructionData)
}

/// Allocates the account, pays its rent minimum and assigns it to the token program.
fn allocate(
    frame: &mut Frame<'_>,
    seeds: &Seeds,
    len: u64,
    token_program: &Pubkey,
) -> Result<(), InstructionError> {
    let (payer, account) = (frame.key(PAYER)?, frame.key(ACCOUNT)?);
    let balance = frame.account(ACCOUNT)?.lamports();
    let minimum = frame.rent()?.minimum_balance(len).max(1);
    if balance == 0 {
        let create = system::create_account(&payer, &account, minimum, len, token_program);
        return frame.invoke(&create, &[&seeds.parts()]);
    }
    let missing = minimum.saturating_sub(balance);
    if missing > 0 {
        frame.invoke(&system::transfer(&payer, &account, missing), &[])?;
    }
    frame.invoke(&system::allocate(&account, len), &[&seeds.parts()])?;
    frame.invoke(&system::assign(&account, token_program), &[&seeds.parts()])
}

/// The instruction as one of the given token program.
pub(crate) fn of_program(instruction: Instruction, token_program: &Pubkey) -> Instruction {
    Instruction {
        program_id: *token_program,
        ..instruction
    }
}
