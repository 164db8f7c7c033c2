//! Rent exemption: the balances that a transaction may leave.
//!
//! Invariant: a transaction leaves every account it wrote either empty or rent-exempt; an account that was already
//! below the minimum (only a genesis can contain one) may stay below if it neither grows nor gains. Rent is never
//! collected. Rules: `solana-svm` 4.2.2, `rent_calculator`.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::sysvar::rent::Rent;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RentState {
    Empty,
    Below { lamports: u64, data_len: usize },
    Exempt,
}

impl RentState {
    fn of(account: &Account, rent: &Rent) -> Self {
        let data_len = account.data.len();
        if account.lamports == 0 {
            Self::Empty
        } else if account.lamports >= rent.minimum_balance(data_len as u64) {
            Self::Exempt
        } else {
            Self::Below {
                lamports: account.lamports,
                data_len,
            }
        }
    }

    const fn may_become(self, after: Self) -> bool {
        match (self, after) {
            (_, Self::Empty | Self::Exempt) => true,
            (
                Self::Below {
                    lamports: lamports_before,
                    data_len: len_before,
                },
                Self::Below { lamports, data_len },
            ) => data_len == len_before && lamports <= lamports_before,
            (_, Self::Below { .. }) => false,
        }
    }
}

/// Fails if the change from `before` to `after` leaves the account below the rent minimum.
///
/// # Errors
/// `InsufficientFundsForRent` with `account_index`.
pub(crate) fn require_rent_exemption(
    key: &Pubkey,
    before: &Account,
    after: &Account,
    rent: &Rent,
    account_index: u8,
) -> Result<(), TransactionError> {
    let is_allowed =
        *key == ids::INCINERATOR || RentState::of(before, rent).may_become(RentState::of(after, rent));
    if is_allowed {
        Ok(())
    } else {
        Err(TransactionError::InsufficientFundsForRent { account_index })
    }
}
