//! New mints, accounts and multisigs.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::token::layout::{
    Mint, Multisig, TokenAccountState, account_offset, mint_offset, multisig_offset,
};
use isobath_sdk::builtins::token::{NewMint, SIGNERS_MAX, SIGNERS_MIN, TokenError};
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::arguments::RentAccount;
use crate::fault::Fault;
use crate::state::{
    any_token_account, own_mint, rent_minimum, require_rent_account, write, write_optional_key,
};

/// Initializes a mint.
pub(crate) fn mint(
    frame: &mut Frame<'_>,
    accounts: Accounts,
    new: &NewMint,
    rent: RentAccount,
) -> Result<(), Fault> {
    let ([mint], rest) = accounts.take()?;
    take_rent_account(frame, rest, rent)?;
    let minimum = rent_minimum(frame, mint)?;
    let account = frame.account(mint)?;
    let current = Mint::new(account.data()).ok_or(Fault::INVALID_DATA)?;
    require_new(current.is_initialized(), account.lamports(), minimum)?;
    write(frame, mint, mint_offset::INITIALIZED, &[1])?;
    write_optional_key(
        frame,
        mint,
        [mint_offset::MINT_AUTHORITY_TAG, mint_offset::MINT_AUTHORITY],
        Some(&new.mint_authority),
    )?;
    write(frame, mint, mint_offset::DECIMALS, &[new.decimals])?;
    match &new.freeze_authority {
        Some(key) => write_optional_key(
            frame,
            mint,
            [mint_offset::FREEZE_AUTHORITY_TAG, mint_offset::FREEZE_AUTHORITY],
            Some(key),
        ),
        None => Ok(()),
    }
}

/// Initializes an account whose owner is the third account.
pub(crate) fn account_with_owner(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([account, mint, owner], rest) = accounts.take()?;
    let ([rent], _) = rest.take()?;
    require_rent_account(frame, rent)?;
    let owner = frame.key(owner)?;
    initialize_account(frame, account, mint, &owner)
}

/// Initializes an account of `owner`.
pub(crate) fn account(
    frame: &mut Frame<'_>,
    accounts: Accounts,
    owner: &Pubkey,
    rent: RentAccount,
) -> Result<(), Fault> {
    let ([account, mint], rest) = accounts.take()?;
    take_rent_account(frame, rest, rent)?;
    initialize_account(frame, account, mint, owner)
}

fn initialize_account(
    frame: &mut Frame<'_>,
    account: usize,
    mint: usize,
    owner: &Pubkey,
) -> Result<(), Fault> {
    let minimum = rent_minimum(frame, account)?;
    let (_, state) = any_token_account(frame, account)?;
    let lamports = frame.account(account)?.lamports();
    require_new(Some(state != TokenAccountState::Uninitialized), lamports, minimum)?;
    let mint_key = frame.key(mint)?;
    let is_native = mint_key == ids::NATIVE_MINT;
    if !is_native {
        own_mint(frame, mint)?;
    }
    write(
        frame,
        account,
        account_offset::STATE,
        &[TokenAccountState::Initialized.code()],
    )?;
    write(frame, account, account_offset::MINT, &mint_key.0)?;
    write(frame, account, account_offset::OWNER, &owner.0)?;
    if is_native {
        write(frame, account, account_offset::NATIVE_TAG, &[1])?;
        write(
            frame,
            account,
            account_offset::NATIVE_RESERVE,
            &minimum.to_le_bytes(),
        )?;
        let amount = lamports.saturating_sub(minimum);
        write(frame, account, account_offset::AMOUNT, &amount.to_le_bytes())?;
    }
    Ok(())
}

/// Initializes a multisig of the accounts that remain.
pub(crate) fn multisig(
    frame: &mut Frame<'_>,
    accounts: Accounts,
    required: u8,
    rent: RentAccount,
) -> Result<(), Fault> {
    let ([multisig], rest) = accounts.take()?;
    let signers = take_rent_account(frame, rest, rent)?;
    let minimum = rent_minimum(frame, multisig)?;
    let account = frame.account(multisig)?;
    let current = Multisig::new(account.data()).ok_or(Fault::INVALID_DATA)?;
    require_new(current.is_initialized(), account.lamports(), minimum)?;
    let count = u8::try_from(signers.positions().len()).unwrap_or(u8::MAX);
    if !(SIGNERS_MIN..=SIGNERS_MAX).contains(&count) {
        return Err(TokenError::InvalidNumberOfProvidedSigners.into());
    }
    if !(SIGNERS_MIN..=SIGNERS_MAX).contains(&required) {
        return Err(TokenError::InvalidNumberOfRequiredSigners.into());
    }
    write(frame, multisig, multisig_offset::REQUIRED, &[required, count, 1])?;
    let mut keys = [[0; 32]; SIGNERS_MAX as usize];
    for (key, position) in keys.iter_mut().zip(signers.positions()) {
        *key = frame.key(position)?.0;
    }
    let keys = &keys[..usize::from(count)];
    write(frame, multisig, multisig_offset::KEYS, keys.as_flattened())
}

/// Does nothing with an account that is not initialized yet.
pub(crate) fn immutable_owner(frame: &Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([account], _) = accounts.take()?;
    match any_token_account(frame, account)?.1 {
        TokenAccountState::Uninitialized => Ok(()),
        _ => Err(TokenError::AlreadyInUse.into()),
    }
}

/// The accounts after the Rent sysvar, if the instruction has it.
fn take_rent_account(frame: &Frame<'_>, accounts: Accounts, rent: RentAccount) -> Result<Accounts, Fault> {
    if rent == RentAccount::Absent {
        return Ok(accounts);
    }
    let ([position], rest) = accounts.take()?;
    require_rent_account(frame, position)?;
    Ok(rest)
}

/// Fails unless an account is not initialized yet and holds the rent minimum; `None` is a byte that says neither.
fn require_new(is_initialized: Option<bool>, lamports: u64, minimum: u64) -> Result<(), Fault> {
    match is_initialized {
        None => Err(Fault::INVALID_DATA),
        Some(true) => Err(TokenError::AlreadyInUse.into()),
        Some(false) if lamports < minimum => Err(TokenError::NotRentExempt.into()),
        Some(false) => Ok(()),
    }
}
