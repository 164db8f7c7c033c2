//! Rent exemption: the balances that a transaction may leave.
//!
//! Invariant: a transaction leaves every account it wrote either empty or rent-exempt; an account that was already
//! below the minimum may stay below if it neither grows nor gains. Rent is never collected. Rules: `solana-svm` 4.2.2,
//! `rent_calculator` and `transaction_account_state_info`.
//!
//! With `relax_post_exec_min_balance_check` (SIMD-0392) an account below the minimum may gain as well, and lose nothing:
//! it counts as exempt before, and afterwards if it kept its owner and balance and did not grow. The two forms differ
//! only for accounts below the minimum, which no chain has while every account of a genesis is exempt and its rate is
//! constant.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::AccountHeader;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::rules::{Feature, Rules};
use isobath_sdk::sysvar::rent::Rent;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RentState {
    Empty,
    Below { lamports: u64, data_len: usize },
    Exempt,
}

impl RentState {
    const fn of(account: &AccountHeader, rent: &Rent) -> Self {
        let data_len = account.data_len;
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

/// Whether the change from `before` to `after` leaves an account that may exist.
fn may_change(before: &AccountHeader, after: &AccountHeader, rules: &Rules) -> bool {
    let (was, is) = (
        RentState::of(before, &rules.rent),
        RentState::of(after, &rules.rent),
    );
    if !rules.is_active(Feature::RELAX_POST_EXEC_MIN_BALANCE_CHECK) {
        return was.may_become(is);
    }
    let has_kept = before.lamports > 0
        && after.owner == before.owner
        && after.data_len <= before.data_len
        && after.lamports >= before.lamports;
    has_kept || !matches!(is, RentState::Below { .. })
}

/// Fails if the change from `before` to `after` leaves the account below the rent minimum.
///
/// # Errors
/// `InsufficientFundsForRent` with `account_index`.
pub(crate) fn require_rent_exemption(
    key: &Pubkey,
    before: &AccountHeader,
    after: &AccountHeader,
    rules: &Rules,
    account_index: u8,
) -> Result<(), TransactionError> {
    if *key == ids::INCINERATOR || may_change(before, after, rules) {
        Ok(())
    } else {
        Err(TransactionError::InsufficientFundsForRent { account_index })
    }
}

#[cfg(test)]
mod tests {
    use isobath_program_abi::Pubkey;
    use isobath_sdk::chain::account::Account;
    use isobath_sdk::chain::genesis::Genesis;

    use super::*;

    const OWNER: Pubkey = Pubkey([1; 32]);
    /// The minimum of an account with one byte of data.
    const MINIMUM: u64 = 129 * 6_960;

    fn account(lamports: u64, len: usize) -> Account {
        Account {
            data: vec![0; len].into(),
            ..Account::new(lamports, OWNER)
        }
    }

    /// Whether the change is allowed, without the feature and with it.
    fn allowed(before: &Account, after: &Account) -> (bool, bool) {
        let rules = |is_relaxed| {
            let mut rules = Genesis::development().rules();
            let feature = Feature::RELAX_POST_EXEC_MIN_BALANCE_CHECK;
            rules.features = match is_relaxed {
                true => rules.features.with(feature),
                false => rules.features.without(feature),
            };
            rules
        };
        let (before, after) = (before.header(), after.header());
        let check =
            |rules: &Rules| require_rent_exemption(&Pubkey([2; 32]), &before, &after, rules, 3).is_ok();
        (check(&rules(false)), check(&rules(true)))
    }

    #[test]
    fn an_exempt_account_stays_exempt_or_ends() {
        let before = account(MINIMUM, 1);
        assert_eq!(allowed(&before, &account(MINIMUM, 1)), (true, true));
        assert_eq!(allowed(&before, &account(0, 1)), (true, true));
        assert_eq!(allowed(&before, &account(MINIMUM - 1, 1)), (false, false));
        assert_eq!(allowed(&before, &account(MINIMUM, 2)), (false, false));
        assert_eq!(allowed(&before, &account(MINIMUM - 6_960, 0)), (true, true));
    }

    #[test]
    fn a_new_account_is_exempt() {
        let before = Account::default();
        assert_eq!(allowed(&before, &account(MINIMUM, 1)), (true, true));
        assert_eq!(allowed(&before, &account(MINIMUM - 1, 1)), (false, false));
        assert_eq!(allowed(&before, &before), (true, true));
        // Whatever its owner: an account without lamports has nothing that it could keep.
        let emptied = account(0, 1);
        assert_eq!(allowed(&emptied, &account(MINIMUM - 1, 1)), (false, false));
    }

    #[test]
    fn an_account_below_the_minimum_may_lose_or_gain_by_the_feature() {
        let before = account(MINIMUM - 2, 1);
        assert_eq!(allowed(&before, &before), (true, true));
        assert_eq!(allowed(&before, &account(MINIMUM - 3, 1)), (true, false));
        assert_eq!(allowed(&before, &account(MINIMUM - 1, 1)), (false, true));
        assert_eq!(allowed(&before, &account(MINIMUM, 1)), (true, true));
        assert_eq!(allowed(&before, &account(MINIMUM - 2, 2)), (false, false));
        let mut given_away = account(MINIMUM - 2, 1);
        given_away.owner = Pubkey([3; 32]);
        assert_eq!(allowed(&before, &given_away), (true, false));
    }

    #[test]
    fn the_incinerator_holds_anything() {
        let rules = Genesis::development().rules();
        let (before, after) = (Account::default().header(), account(1, 0).header());
        let change = require_rent_exemption(&ids::INCINERATOR, &before, &after, &rules, 0);
        assert_eq!(change, Ok(()));
    }
}
