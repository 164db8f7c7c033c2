//! Reading and writing mints, accounts and multisigs in place.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::builtins::token::layout::{Mint, TokenAccount, TokenAccountState};
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::fault::Fault;

/// The initialized token account at `position`.
///
/// # Errors
/// `InvalidAccountData`, `UninitializedAccount`.
pub(crate) fn token_account<'f>(frame: &'f Frame<'_>, position: usize) -> Result<TokenAccount<'f>, Fault> {
    let (account, state) = any_token_account(frame, position)?;
    match state {
        TokenAccountState::Uninitialized => Err(Fault::UNINITIALIZED),
        _ => Ok(account),
    }
}

/// The token account at `position` and its state.
///
/// # Errors
/// `InvalidAccountData`.
pub(crate) fn any_token_account<'f>(
    frame: &'f Frame<'_>,
    position: usize,
) -> Result<(TokenAccount<'f>, TokenAccountState), Fault> {
    let account = TokenAccount::new(frame.account(position)?.data()).ok_or(Fault::INVALID_DATA)?;
    let state = account.state().ok_or(Fault::INVALID_DATA)?;
    Ok((account, state))
}

/// The initialized mint at `position`.
///
/// # Errors
/// `InvalidAccountData`, `UninitializedAccount`.
pub(crate) fn mint<'f>(frame: &'f Frame<'_>, position: usize) -> Result<Mint<'f>, Fault> {
    let mint = Mint::new(frame.account(position)?.data()).ok_or(Fault::INVALID_DATA)?;
    match mint.is_initialized() {
        Some(true) => Ok(mint),
        Some(false) => Err(Fault::UNINITIALIZED),
        None => Err(Fault::INVALID_DATA),
    }
}

/// The initialized mint at `position`, which must be the program's own.
///
/// # Errors
/// `IncorrectProgramId`, `InvalidMint`.
pub(crate) fn own_mint<'f>(frame: &'f Frame<'_>, position: usize) -> Result<Mint<'f>, Fault> {
    require_own(frame, position)?;
    mint(frame, position).map_err(|fault| match fault {
        Fault::Check(_) => TokenError::InvalidMint.into(),
        rule @ Fault::Rule(_) => rule,
    })
}

/// Fails unless the mint at `position` is that of an account.
///
/// # Errors
/// `MintMismatch`.
pub(crate) fn require_mint(frame: &Frame<'_>, position: usize, expected: &Pubkey) -> Result<(), Fault> {
    match frame.account(position)?.key() == expected {
        true => Ok(()),
        false => Err(TokenError::MintMismatch.into()),
    }
}

/// Fails if decimals are given and the mint at `position` has others.
///
/// # Errors
/// `MintDecimalsMismatch`, and those of [`mint`].
pub(crate) fn require_decimals(frame: &Frame<'_>, position: usize, decimals: u8) -> Result<(), Fault> {
    match mint(frame, position)?.decimals() == decimals {
        true => Ok(()),
        false => Err(TokenError::MintDecimalsMismatch.into()),
    }
}

/// Fails if an account is frozen.
///
/// # Errors
/// `AccountFrozen`.
pub(crate) fn require_thawed(account: &TokenAccount<'_>) -> Result<(), Fault> {
    match account.state() {
        Some(TokenAccountState::Frozen) => Err(TokenError::AccountFrozen.into()),
        _ => Ok(()),
    }
}

/// Fails unless the program owns the account at `position`; for accounts that an instruction does not write.
///
/// # Errors
/// `IncorrectProgramId`.
pub(crate) fn require_own(frame: &Frame<'_>, position: usize) -> Result<(), Fault> {
    match frame.account(position)?.owner() == frame.program_id() {
        true => Ok(()),
        false => Err(Fault::INCORRECT_PROGRAM),
    }
}

/// Whether tokens of the account are out of everyone's reach: its owner is the System program or the incinerator.
pub(crate) fn is_abandoned(account: &TokenAccount<'_>) -> bool {
    let owner = account.owner();
    owner == ids::SYSTEM_PROGRAM || owner == ids::INCINERATOR
}

/// The Rent sysvar must be at `position`.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn require_rent_account(frame: &Frame<'_>, position: usize) -> Result<(), Fault> {
    match *frame.account(position)?.key() == ids::SYSVAR_RENT {
        true => Ok(()),
        false => Err(Fault::INVALID_ARGUMENT),
    }
}

/// The rent minimum of the account at `position`.
pub(crate) fn rent_minimum(frame: &Frame<'_>, position: usize) -> Result<u64, Fault> {
    let data_len = frame.account(position)?.data().len();
    Ok(frame.rent()?.minimum_balance(data_len as u64))
}

/// Writes `bytes`, unless they are there already.
pub(crate) fn write(
    frame: &mut Frame<'_>,
    position: usize,
    offset: usize,
    bytes: &[u8],
) -> Result<(), Fault> {
    let data = frame.account(position)?.data();
    let is_same = data.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    if !is_same {
        frame.write_data(position, offset, bytes)?;
    }
    Ok(())
}

/// Writes a key and the first byte of the word before it, or that byte alone if there is none.
pub(crate) fn write_optional_key(
    frame: &mut Frame<'_>,
    position: usize,
    [tag_offset, offset]: [usize; 2],
    key: Option<&Pubkey>,
) -> Result<(), Fault> {
    write(frame, position, tag_offset, &[u8::from(key.is_some())])?;
    match key {
        Some(key) => write(frame, position, offset, &key.0),
        None => Ok(()),
    }
}

/// Sets a balance, unless it is that already.
pub(crate) fn set_lamports(frame: &mut Frame<'_>, position: usize, lamports: u64) -> Result<(), Fault> {
    if frame.account(position)?.lamports() != lamports {
        frame.set_lamports(position, lamports)?;
    }
    Ok(())
}
