//! Whether an account can pay a fee, and the account after paying it.
//!
//! A failure here makes the transaction a `NoOp`: it cannot pay, so it has no effect. Order and errors: `solana-svm`
//! 4.2.2 `validate_fee_payer`.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceState};
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::rules::Rules;
use isobath_sdk::sysvar::rent::Rent;

use super::rent::require_rent_exemption;

/// Debits `fee` lamports from `payer`.
///
/// # Errors
/// `AccountNotFound` for an account without lamports, `InvalidAccountForFee` for an account that is neither a plain
/// system account nor an initialized nonce account, `InsufficientFundsForFee`, and `InsufficientFundsForRent` if the
/// rest would be above zero but below the rent minimum.
pub(crate) fn charge_fee(
    key: &Pubkey,
    payer: &Account,
    fee: u64,
    rules: &Rules,
) -> Result<Account, TransactionError> {
    if payer.lamports == 0 {
        return Err(TransactionError::AccountNotFound);
    }
    let reserve = reserved_lamports(payer, &rules.rent).ok_or(TransactionError::InvalidAccountForFee)?;
    let spendable = payer.lamports.checked_sub(reserve);
    if spendable.is_none_or(|lamports| lamports < fee) {
        return Err(TransactionError::InsufficientFundsForFee);
    }
    let mut paid = payer.clone();
    paid.lamports = paid.lamports.saturating_sub(fee);
    require_rent_exemption(key, &payer.header(), &paid.header(), rules, 0)?;
    Ok(paid)
}

/// Lamports that the payer must keep, or `None` if it may not pay fees at all.
fn reserved_lamports(payer: &Account, rent: &Rent) -> Option<u64> {
    if payer.owner != ids::SYSTEM_PROGRAM {
        None
    } else if payer.data.is_empty() {
        Some(0)
    } else if is_initialized_nonce(&payer.data) {
        Some(rent.minimum_balance(payer.data.len() as u64))
    } else {
        None
    }
}

fn is_initialized_nonce(data: &[u8]) -> bool {
    let state = NonceState::from_bytes(data);
    data.len() == NONCE_ACCOUNT_LEN && state.is_ok_and(|state| state.data.is_some())
}
