//! Creating and destroying tokens.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::builtins::token::layout::{account_offset, mint_offset};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::arguments::Tokens;
use crate::authority::Authority;
use crate::delegate::write_delegated_amount;
use crate::fault::Fault;
use crate::state::{
    is_abandoned, mint, require_decimals, require_mint, require_own, require_thawed, token_account, write,
};

/// Creates tokens in an account.
pub(crate) fn mint_to(frame: &mut Frame<'_>, accounts: Accounts, tokens: Tokens) -> Result<(), Fault> {
    let ([mint_at, destination, position], signers) = accounts.take()?;
    let authority = Authority { position, signers };
    let account = token_account(frame, destination)?;
    require_thawed(&account)?;
    if account.is_native() {
        return Err(TokenError::NativeNotSupported.into());
    }
    require_mint(frame, mint_at, &account.mint())?;
    let mint = mint(frame, mint_at)?;
    if let Some(decimals) = tokens.decimals {
        require_decimals(frame, mint_at, decimals)?;
    }
    let expected = mint.mint_authority().ok_or(TokenError::FixedSupply)?;
    authority.require(frame, &expected)?;
    if tokens.amount == 0 {
        require_own(frame, mint_at)?;
        return require_own(frame, destination);
    }
    let supply = mint.supply().checked_add(tokens.amount);
    let supply = supply.ok_or(TokenError::Overflow)?;
    // An account holds no more than the supply, unless no instruction wrote its bytes.
    let amount = account.amount().wrapping_add(tokens.amount);
    write(frame, mint_at, mint_offset::SUPPLY, &supply.to_le_bytes())?;
    write(frame, destination, account_offset::AMOUNT, &amount.to_le_bytes())
}

/// Destroys tokens of an account.
pub(crate) fn burn(frame: &mut Frame<'_>, accounts: Accounts, tokens: Tokens) -> Result<(), Fault> {
    let ([source, mint_at, position], signers) = accounts.take()?;
    let authority = Authority { position, signers };
    let account = token_account(frame, source)?;
    let mint = mint(frame, mint_at)?;
    require_thawed(&account)?;
    if account.is_native() {
        return Err(TokenError::NativeNotSupported.into());
    }
    let amount = account.amount().checked_sub(tokens.amount);
    let amount = amount.ok_or(TokenError::InsufficientFunds)?;
    require_mint(frame, mint_at, &account.mint())?;
    if let Some(decimals) = tokens.decimals {
        require_decimals(frame, mint_at, decimals)?;
    }
    let delegated_amount = match is_abandoned(&account) {
        true => None,
        false => authority.require_delegate_or_owner(frame, &account, tokens.amount)?,
    };
    if tokens.amount == 0 {
        require_own(frame, source)?;
        require_own(frame, mint_at)?;
    }
    // The supply is at least what the account holds, unless no instruction wrote its bytes.
    let supply = mint.supply().wrapping_sub(tokens.amount);
    write(frame, source, account_offset::AMOUNT, &amount.to_le_bytes())?;
    if let Some(left) = delegated_amount {
        write_delegated_amount(frame, source, left)?;
    }
    write(frame, mint_at, mint_offset::SUPPLY, &supply.to_le_bytes())
}
