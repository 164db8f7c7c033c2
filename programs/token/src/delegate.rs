//! Delegates: who else may move tokens of an account, and how many.

use isobath_sdk::builtins::token::layout::account_offset;
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::arguments::Tokens;
use crate::authority::Authority;
use crate::fault::Fault;
use crate::state::{
    require_decimals, require_mint, require_thawed, token_account, write, write_optional_key,
};

/// Lets a delegate move tokens.
pub(crate) fn approve(frame: &mut Frame<'_>, accounts: Accounts, tokens: Tokens) -> Result<(), Fault> {
    let (source, mint, delegate, authority) = match tokens.decimals {
        None => {
            let ([source, delegate, position], signers) = accounts.take()?;
            (source, None, delegate, Authority { position, signers })
        }
        Some(decimals) => {
            let ([source, mint, delegate, position], signers) = accounts.take()?;
            let authority = Authority { position, signers };
            (source, Some((mint, decimals)), delegate, authority)
        }
    };
    let account = token_account(frame, source)?;
    require_thawed(&account)?;
    if let Some((mint, decimals)) = mint {
        require_mint(frame, mint, &account.mint())?;
        require_decimals(frame, mint, decimals)?;
    }
    authority.require(frame, &account.owner())?;
    let delegate = frame.key(delegate)?;
    write_optional_key(
        frame,
        source,
        [account_offset::DELEGATE_TAG, account_offset::DELEGATE],
        Some(&delegate),
    )?;
    let amount = tokens.amount.to_le_bytes();
    write(frame, source, account_offset::DELEGATED_AMOUNT, &amount)
}

/// Dismisses the delegate, who may do that too.
pub(crate) fn revoke(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([source], rest) = accounts.take()?;
    let account = token_account(frame, source)?;
    let ([position], signers) = rest.take()?;
    require_thawed(&account)?;
    let key = frame.key(position)?;
    let is_delegate = account.delegate() == Some(key);
    let expected = if is_delegate { key } else { account.owner() };
    Authority { position, signers }.require(frame, &expected)?;
    dismiss(frame, source)
}

/// Leaves an account without a delegate.
pub(crate) fn dismiss(frame: &mut Frame<'_>, account: usize) -> Result<(), Fault> {
    write(frame, account, account_offset::DELEGATE_TAG, &[0])?;
    write(frame, account, account_offset::DELEGATED_AMOUNT, &[0; 8])
}

/// Writes what the delegate may still move; a delegate who may move nothing is dismissed.
pub(crate) fn write_delegated_amount(frame: &mut Frame<'_>, account: usize, left: u64) -> Result<(), Fault> {
    match left {
        0 => dismiss(frame, account),
        _ => write(
            frame,
            account,
            account_offset::DELEGATED_AMOUNT,
            &left.to_le_bytes(),
        ),
    }
}
