//! Reading accounts as this program does: by the rules of the newer token program, whose accounts may be longer, and
//! which refuses words before optional values that are neither 0 nor 1.

use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::builtins::token::layout::{
    MINT_LEN, MULTISIG_LEN, Mint, TOKEN_ACCOUNT_LEN, TokenAccount, TokenAccountState,
};
use isobath_sdk::ids;

/// The byte behind the longest base that says what a longer account is.
const MINT_TYPE: u8 = 1;
const ACCOUNT_TYPE: u8 = 2;

/// The initialized token account in `data`.
///
/// # Errors
/// `InvalidAccountData`, `UninitializedAccount`.
pub(crate) fn token_account(data: &[u8]) -> Result<TokenAccount<'_>, InstructionError> {
    let (base, rest) = split(data, TOKEN_ACCOUNT_LEN)?;
    let account = TokenAccount::new(base).ok_or(InstructionError::InvalidAccountData)?;
    let state = account.state().filter(|_| account.has_strict_options());
    match state {
        None => return Err(InstructionError::InvalidAccountData),
        Some(TokenAccountState::Uninitialized) => return Err(InstructionError::UninitializedAccount),
        Some(_) => {}
    }
    require_type(rest, 0, ACCOUNT_TYPE)?;
    Ok(account)
}

/// The initialized mint in `data`.
///
/// # Errors
/// `InvalidAccountData`, `UninitializedAccount`.
pub(crate) fn mint(data: &[u8]) -> Result<Mint<'_>, InstructionError> {
    let (base, rest) = split(data, MINT_LEN)?;
    let mint = Mint::new(base).ok_or(InstructionError::InvalidAccountData)?;
    match mint.is_initialized().filter(|_| mint.has_strict_options()) {
        None => return Err(InstructionError::InvalidAccountData),
        Some(false) => return Err(InstructionError::UninitializedAccount),
        Some(true) => {}
    }
    require_type(rest, TOKEN_ACCOUNT_LEN.saturating_sub(MINT_LEN), MINT_TYPE)?;
    Ok(mint)
}

/// Fails unless `key` is a token program.
///
/// # Errors
/// `IncorrectProgramId`.
pub(crate) fn require_token_program(key: &Pubkey) -> Result<(), InstructionError> {
    match [ids::TOKEN_PROGRAM, ids::TOKEN_2022_PROGRAM].contains(key) {
        true => Ok(()),
        false => Err(InstructionError::IncorrectProgramId),
    }
}

fn split(data: &[u8], base_len: usize) -> Result<(&[u8], &[u8]), InstructionError> {
    data.split_at_checked(base_len)
        .filter(|_| data.len() != MULTISIG_LEN)
        .ok_or(InstructionError::InvalidAccountData)
}

/// Fails unless nothing follows the base, or zeros up to the byte of the type and that byte.
fn require_type(rest: &[u8], padding_len: usize, expected: u8) -> Result<(), InstructionError> {
    if rest.is_empty() {
        return Ok(());
    }
    let (padding, rest) = rest
        .split_at_checked(padding_len)
        .ok_or(InstructionError::InvalidAccountData)?;
    let is_type = rest.first() == Some(&expected);
    match is_type && padding.iter().all(|byte| *byte == 0) {
        true => Ok(()),
        false => Err(InstructionError::InvalidAccountData),
    }
}
