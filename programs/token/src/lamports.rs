//! Native accounts, whose tokens are lamports, and lamports above the rent minimum.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::builtins::token::layout::{MINT_LEN, MULTISIG_LEN, TOKEN_ACCOUNT_LEN, account_offset};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::authority::Authority;
use crate::delegate::write_delegated_amount;
use crate::fault::Fault;
use crate::state::{
    mint, rent_minimum, require_own, require_rent_account, set_lamports, token_account, write,
};

/// Sets the amount of a native account to its lamports above the rent minimum.
pub(crate) fn sync_native(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([position], rest) = accounts.take()?;
    require_own(frame, position)?;
    if let Some(rent) = rest.first() {
        require_rent_account(frame, rent)?;
    }
    let minimum = rent_minimum(frame, position)?;
    if !token_account(frame, position)?.is_native() {
        return Err(TokenError::NonNativeNotSupported.into());
    }
    let amount = frame.account(position)?.lamports().checked_sub(minimum);
    let amount = amount.ok_or(TokenError::Overflow)?;
    write(
        frame,
        position,
        account_offset::NATIVE_RESERVE,
        &minimum.to_le_bytes(),
    )?;
    write(frame, position, account_offset::AMOUNT, &amount.to_le_bytes())
}

/// Moves wrapped lamports out of a native account: `amount` of them, or all.
pub(crate) fn unwrap(frame: &mut Frame<'_>, accounts: Accounts, amount: Option<u64>) -> Result<(), Fault> {
    let ([source, destination, position], signers) = accounts.take()?;
    let account = token_account(frame, source)?;
    if !account.is_native() {
        return Err(TokenError::NonNativeNotSupported.into());
    }
    let amount = amount.unwrap_or_else(|| account.amount());
    let left = account.amount().checked_sub(amount);
    let left = left.ok_or(TokenError::InsufficientFunds)?;
    let authority = Authority { position, signers };
    let delegated_amount = authority.require_delegate_or_owner(frame, &account, amount)?;
    if amount == 0 {
        require_own(frame, source)?;
    }
    let is_to_itself = frame.account(source)?.key() == frame.account(destination)?.key();
    let moved = if is_to_itself { 0 } else { amount };
    // A native account holds at least its amount, unless no instruction wrote its bytes.
    let balance = frame.account(source)?.lamports().wrapping_sub(moved);
    set_lamports(frame, source, balance)?;
    write(frame, source, account_offset::AMOUNT, &left.to_le_bytes())?;
    if let Some(left) = delegated_amount {
        write_delegated_amount(frame, source, left)?;
    }
    let balance = frame.account(destination)?.lamports().wrapping_add(moved);
    set_lamports(frame, destination, balance)
}

/// Moves the lamports above the rent minimum out of a mint, a multisig or an account that is not native.
pub(crate) fn withdraw_excess(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([source, destination, position], signers) = accounts.take()?;
    require_withdrawal(frame, source, Authority { position, signers })?;
    let minimum = rent_minimum(frame, source)?;
    let excess = frame.account(source)?.lamports().checked_sub(minimum);
    let excess = excess.ok_or(TokenError::NotRentExempt)?;
    if frame.account(source)?.key() == frame.account(destination)?.key() {
        return Ok(());
    }
    set_lamports(frame, source, minimum)?;
    // All lamports there are fit a u64.
    let balance = frame.account(destination)?.lamports().wrapping_add(excess);
    set_lamports(frame, destination, balance)
}

/// Fails unless the owner of an account, the authority of a mint or the multisig itself allows a withdrawal.
fn require_withdrawal(frame: &Frame<'_>, source: usize, authority: Authority) -> Result<(), Fault> {
    let view = frame.account(source)?;
    match view.data().len() {
        TOKEN_ACCOUNT_LEN => {
            let account = token_account(frame, source)?;
            if account.is_native() {
                return Err(TokenError::NativeNotSupported.into());
            }
            authority.require(frame, &account.owner())
        }
        MINT_LEN => match mint(frame, source)?.mint_authority() {
            Some(expected) => authority.require(frame, &expected),
            None if frame.account(authority.position)?.key() != view.key() => {
                Err(TokenError::AuthorityTypeNotSupported.into())
            }
            None if !frame.is_signer(authority.position)? => Err(Fault::NOT_SIGNED),
            None => Ok(()),
        },
        MULTISIG_LEN => authority.require(frame, view.key()),
        _ => Err(TokenError::InvalidState.into()),
    }
}
