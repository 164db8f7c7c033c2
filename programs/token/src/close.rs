//! Closing accounts.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::authority::Authority;
use crate::fault::Fault;
use crate::state::{is_abandoned, set_lamports, token_account};

/// Closes an account without tokens and moves its lamports to another account. One that is out of everyone's reach can be
/// closed by everyone, to the incinerator.
pub(crate) fn close(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([source, destination, position], signers) = accounts.take()?;
    let destination_key = frame.key(destination)?;
    if frame.key(source)? == destination_key {
        return Err(Fault::INVALID_DATA);
    }
    let account = token_account(frame, source)?;
    if !account.is_native() && account.amount() != 0 {
        return Err(TokenError::NonNativeHasBalance.into());
    }
    if !is_abandoned(&account) {
        let expected = account.close_authority().unwrap_or_else(|| account.owner());
        Authority { position, signers }.require(frame, &expected)?;
    } else if destination_key != ids::INCINERATOR {
        return Err(Fault::INVALID_DATA);
    }
    let lamports = frame.account(source)?.lamports();
    set_lamports(frame, source, 0)?;
    frame.resize_data(source, 0)?;
    frame.set_owner(source, &ids::SYSTEM_PROGRAM)?;
    // All lamports there are fit a u64.
    let balance = frame.account(destination)?.lamports().wrapping_add(lamports);
    set_lamports(frame, destination, balance)
}
