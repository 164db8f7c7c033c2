//! Freezing and thawing accounts.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::builtins::token::layout::{TokenAccountState, account_offset};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::authority::Authority;
use crate::fault::Fault;
use crate::state::{mint, require_mint, token_account, write};

/// Freezes an account.
pub(crate) fn freeze(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    set_state(frame, accounts, TokenAccountState::Frozen)
}

/// Thaws an account.
pub(crate) fn thaw(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    set_state(frame, accounts, TokenAccountState::Initialized)
}

fn set_state(frame: &mut Frame<'_>, accounts: Accounts, state: TokenAccountState) -> Result<(), Fault> {
    let ([source, mint_at, position], signers) = accounts.take()?;
    let account = token_account(frame, source)?;
    if account.state() == Some(state) {
        return Err(TokenError::InvalidState.into());
    }
    if account.is_native() {
        return Err(TokenError::NativeNotSupported.into());
    }
    require_mint(frame, mint_at, &account.mint())?;
    let expected = mint(frame, mint_at)?.freeze_authority();
    let expected = expected.ok_or(TokenError::MintCannotFreeze)?;
    Authority { position, signers }.require(frame, &expected)?;
    write(frame, source, account_offset::STATE, &[state.code()])
}
