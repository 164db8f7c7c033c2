//! Changing and dropping authorities of mints and accounts.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::token::layout::{MINT_LEN, TOKEN_ACCOUNT_LEN, account_offset, mint_offset};
use isobath_sdk::builtins::token::{AuthorityType, TokenError};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::authority::Authority;
use crate::delegate::dismiss;
use crate::fault::Fault;
use crate::state::{mint, require_thawed, token_account, write, write_optional_key};

/// Changes an authority of the first account.
pub(crate) fn set(
    frame: &mut Frame<'_>,
    accounts: Accounts,
    kind: AuthorityType,
    new: Option<Pubkey>,
) -> Result<(), Fault> {
    let ([target, position], signers) = accounts.take()?;
    let authority = Authority { position, signers };
    match frame.account(target)?.data().len() {
        TOKEN_ACCOUNT_LEN => set_of_account(frame, target, authority, kind, new),
        MINT_LEN => set_of_mint(frame, target, authority, kind, new),
        _ => Err(Fault::INVALID_ARGUMENT),
    }
}

fn set_of_account(
    frame: &mut Frame<'_>,
    target: usize,
    authority: Authority,
    kind: AuthorityType,
    new: Option<Pubkey>,
) -> Result<(), Fault> {
    let account = token_account(frame, target)?;
    require_thawed(&account)?;
    match kind {
        AuthorityType::AccountOwner => {
            authority.require(frame, &account.owner())?;
            let owner = new.ok_or(TokenError::InvalidInstruction)?;
            let is_native = account.is_native();
            write(frame, target, account_offset::OWNER, &owner.0)?;
            dismiss(frame, target)?;
            if is_native {
                write(frame, target, account_offset::CLOSE_AUTHORITY_TAG, &[0])?;
            }
            Ok(())
        }
        AuthorityType::CloseAccount => {
            let expected = account.close_authority().unwrap_or_else(|| account.owner());
            authority.require(frame, &expected)?;
            let offsets = [
                account_offset::CLOSE_AUTHORITY_TAG,
                account_offset::CLOSE_AUTHORITY,
            ];
            write_optional_key(frame, target, offsets, new.as_ref())
        }
        _ => Err(TokenError::AuthorityTypeNotSupported.into()),
    }
}

fn set_of_mint(
    frame: &mut Frame<'_>,
    target: usize,
    authority: Authority,
    kind: AuthorityType,
    new: Option<Pubkey>,
) -> Result<(), Fault> {
    let mint = mint(frame, target)?;
    let (current, missing, offsets) = match kind {
        AuthorityType::MintTokens => (
            mint.mint_authority(),
            TokenError::FixedSupply,
            [mint_offset::MINT_AUTHORITY_TAG, mint_offset::MINT_AUTHORITY],
        ),
        AuthorityType::FreezeAccount => (
            mint.freeze_authority(),
            TokenError::MintCannotFreeze,
            [mint_offset::FREEZE_AUTHORITY_TAG, mint_offset::FREEZE_AUTHORITY],
        ),
        _ => return Err(TokenError::AuthorityTypeNotSupported.into()),
    };
    authority.require(frame, &current.ok_or(missing)?)?;
    write_optional_key(frame, target, offsets, new.as_ref())
}
