//! Decodes one instruction and runs it.

use isobath_sdk::builtins::token::{TokenError, TokenInstruction};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::arguments::{RentAccount, Tokens};
use crate::fault::Fault;
use crate::{amounts, authorities, close, delegate, freeze, initialize, lamports, supply, transfer, units};

/// Runs one instruction, which is not a batch.
pub(crate) fn run(frame: &mut Frame<'_>, accounts: Accounts, data: &[u8]) -> Result<(), Fault> {
    use TokenInstruction as I;
    frame.consume(units::of(data.first().copied()))?;
    match TokenInstruction::decode(data)? {
        I::InitializeMint(mint) => initialize::mint(frame, accounts, &mint, RentAccount::Given),
        I::InitializeMint2(mint) => initialize::mint(frame, accounts, &mint, RentAccount::Absent),
        I::InitializeAccount => initialize::account_with_owner(frame, accounts),
        I::InitializeAccount2 { owner } => initialize::account(frame, accounts, &owner, RentAccount::Given),
        I::InitializeAccount3 { owner } => initialize::account(frame, accounts, &owner, RentAccount::Absent),
        I::InitializeMultisig { required } => {
            initialize::multisig(frame, accounts, required, RentAccount::Given)
        }
        I::InitializeMultisig2 { required } => {
            initialize::multisig(frame, accounts, required, RentAccount::Absent)
        }
        I::Transfer { amount } => transfer::transfer(frame, accounts, Tokens::unchecked(amount)),
        I::TransferChecked(checked) => transfer::transfer(frame, accounts, Tokens::checked(checked)),
        I::Approve { amount } => delegate::approve(frame, accounts, Tokens::unchecked(amount)),
        I::ApproveChecked(checked) => delegate::approve(frame, accounts, Tokens::checked(checked)),
        I::Revoke => delegate::revoke(frame, accounts),
        I::SetAuthority { authority, new } => authorities::set(frame, accounts, authority, new),
        I::MintTo { amount } => supply::mint_to(frame, accounts, Tokens::unchecked(amount)),
        I::MintToChecked(checked) => supply::mint_to(frame, accounts, Tokens::checked(checked)),
        I::Burn { amount } => supply::burn(frame, accounts, Tokens::unchecked(amount)),
        I::BurnChecked(checked) => supply::burn(frame, accounts, Tokens::checked(checked)),
        I::CloseAccount => close::close(frame, accounts),
        I::FreezeAccount => freeze::freeze(frame, accounts),
        I::ThawAccount => freeze::thaw(frame, accounts),
        I::SyncNative => lamports::sync_native(frame, accounts),
        I::GetAccountDataSize => amounts::account_len(frame, accounts),
        I::InitializeImmutableOwner => initialize::immutable_owner(frame, accounts),
        I::AmountToUiAmount { amount } => amounts::to_text(frame, accounts, amount),
        I::UiAmountToAmount { text } => amounts::from_text(frame, accounts, text),
        I::WithdrawExcessLamports => lamports::withdraw_excess(frame, accounts),
        I::UnwrapLamports { amount } => lamports::unwrap(frame, accounts, amount),
        I::Batch { .. } => Err(TokenError::InvalidInstruction.into()),
    }
}
