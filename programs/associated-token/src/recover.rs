//! Emptying an account whose wallet is itself an associated account, which nobody can sign for but this program.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::associated_token::INVALID_OWNER;
use isobath_sdk::builtins::token::{self, CheckedAmount};
use isobath_sdk::program::Frame;

use crate::address::{Derivation, Seeds, require_accounts};
use crate::create::of_program;
use crate::strict;
use crate::units::COMPUTE_UNITS_TO_RECOVER;

const NESTED: usize = 0;
const NESTED_MINT: usize = 1;
const DESTINATION: usize = 2;
const OWNER: usize = 3;
const OWNER_MINT: usize = 4;
const WALLET: usize = 5;
const TOKEN_PROGRAM: usize = 6;
const ACCOUNT_COUNT: usize = 7;

/// Moves the tokens of the nested account to the wallet's own and closes it.
pub(crate) fn recover_nested(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    require_accounts(frame, ACCOUNT_COUNT)?;
    frame.consume(COMPUTE_UNITS_TO_RECOVER)?;
    let seeds = require_addresses(frame)?;
    if !frame.is_signer(WALLET)? {
        frame.log_message("Wallet of the owner associated token account must sign");
        return Err(InstructionError::MissingRequiredSignature);
    }
    require_owner(
        frame,
        OWNER_MINT,
        "Owner mint not owned by provided token program",
    )?;
    require_owning_account(frame)?;
    let amount = nested_amount(frame)?;
    let decimals = nested_decimals(frame)?;
    let token_program = frame.key(TOKEN_PROGRAM)?;
    strict::require_token_program(&token_program)?;
    let (nested, owner) = (frame.key(NESTED)?, frame.key(OWNER)?);
    let (mint, destination) = (frame.key(NESTED_MINT)?, frame.key(DESTINATION)?);
    let checked = CheckedAmount { amount, decimals };
    let transfer = token::transfer_checked(&nested, &mint, &destination, &owner, checked);
    frame.invoke(&of_program(transfer, &token_program), &[&seeds.parts()])?;
    let close = token::close_account(&nested, &frame.key(WALLET)?, &owner);
    frame.invoke(&of_program(close, &token_program), &[&seeds.parts()])
}

/// Fails unless all three accounts are at their addresses; what signs for the owning account.
fn require_addresses(frame: &mut Frame<'_>) -> Result<Seeds, InstructionError> {
    let derivation = |account, wallet, mint, name| Derivation {
        account,
        wallet,
        mint,
        token_program: TOKEN_PROGRAM,
        name,
    };
    let seeds = derivation(OWNER, WALLET, OWNER_MINT, "Owner associated").require(frame)?;
    derivation(NESTED, OWNER, NESTED_MINT, "Nested associated").require(frame)?;
    derivation(DESTINATION, WALLET, NESTED_MINT, "Destination associated").require(frame)?;
    Ok(seeds)
}

fn require_owning_account(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    require_owner(
        frame,
        OWNER,
        "Owner associated token account not owned by provided token program, recreate the owner associated token \
         account first",
    )?;
    let owner = strict::token_account(frame.account(OWNER)?.data())?.owner();
    if owner != frame.key(WALLET)? {
        frame.log_message("Owner associated token account not owned by provided wallet");
        return Err(INVALID_OWNER);
    }
    Ok(())
}

fn nested_amount(frame: &mut Frame<'_>) -> Result<u64, InstructionError> {
    require_owner(
        frame,
        NESTED,
        "Nested associated token account not owned by provided token program",
    )?;
    let nested = strict::token_account(frame.account(NESTED)?.data())?;
    let (owner, amount) = (nested.owner(), nested.amount());
    if owner != frame.key(OWNER)? {
        frame.log_message("Nested associated token account not owned by provided associated token account");
        return Err(INVALID_OWNER);
    }
    Ok(amount)
}

fn nested_decimals(frame: &mut Frame<'_>) -> Result<u8, InstructionError> {
    require_owner(
        frame,
        NESTED_MINT,
        "Nested mint account not owned by provided token program",
    )?;
    Ok(strict::mint(frame.account(NESTED_MINT)?.data())?.decimals())
}

fn require_owner(frame: &mut Frame<'_>, position: usize, message: &str) -> Result<(), InstructionError> {
    if *frame.account(position)?.owner() == frame.key(TOKEN_PROGRAM)? {
        return Ok(());
    }
    frame.log_message(message);
    Err(InstructionError::IllegalOwner)
}
