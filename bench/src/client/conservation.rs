//! Whether the accounts of the load hold exactly the expected lamports.
//!
//! Two checks: every account holds what the outcomes of its transfers leave it ([`Books`](super::books::Books)), and
//! the sum shrank by exactly the fees, since transfers only move lamports between these accounts:
//! `after = before - fee * transactions in blocks`. A transfer whose fate is unknown at the end of an interrupted run
//! may have paid its fee or not, so with `u` of those the sum may be up to `u` whole fees lower.

use isobath_sdk::Pubkey;
use serde::Serialize;

use super::plan::FEE_LAMPORTS;

/// The comparison of balances before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Conservation {
    /// Whether sum and accounts agree.
    pub(crate) holds: bool,
    /// Sum of the accounts before the first transfer.
    pub(crate) before_lamports: u64,
    /// Fees of all transfers that are known to be in a block.
    pub(crate) fees_lamports: u64,
    /// `before_lamports - fees_lamports`.
    pub(crate) expected_lamports: u64,
    /// Sum of the accounts after the last confirmation.
    pub(crate) after_lamports: u64,
    /// Transfers whose fate was not known at the end; each may have paid one more fee.
    pub(crate) unresolved: u64,
    /// Accounts that do not hold what their transfers leave them.
    pub(crate) wrong_accounts: u64,
    /// The first of them.
    pub(crate) first_wrong: Option<WrongAccount>,
}

/// An account that does not hold what its transfers leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WrongAccount {
    pub(crate) address: Pubkey,
    pub(crate) lamports: u64,
    pub(crate) expected_lamports: u64,
}

/// The sums that are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums {
    pub(crate) before: u128,
    pub(crate) after: u128,
    /// Transfers known to be in a block, successful or not.
    pub(crate) in_blocks: u64,
    /// Transfers whose fate is unknown.
    pub(crate) unresolved: u64,
}

impl Conservation {
    /// Compares the sums and adds the verdict on the accounts.
    pub(crate) fn new(sums: Sums, wrong_accounts: u64, first_wrong: Option<WrongAccount>) -> Self {
        let fees_of = |transfers: u64| u128::from(transfers).saturating_mul(FEE_LAMPORTS.into());
        let fees = fees_of(sums.in_blocks);
        let expected = sums.before.checked_sub(fees);
        let sum_holds = expected
            .and_then(|expected| expected.checked_sub(sums.after))
            .is_some_and(|missing| {
                missing.is_multiple_of(FEE_LAMPORTS.into()) && missing <= fees_of(sums.unresolved)
            });
        let report = |sum: u128| u64::try_from(sum).unwrap_or(u64::MAX);
        Self {
            holds: sum_holds && wrong_accounts == 0,
            before_lamports: report(sums.before),
            fees_lamports: report(fees),
            expected_lamports: report(expected.unwrap_or(0)),
            after_lamports: report(sums.after),
            unresolved: sums.unresolved,
            wrong_accounts,
            first_wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(before: u64, after: u64, in_blocks: u64, unresolved: u64) -> Conservation {
        let sums = Sums {
            before: before.into(),
            after: after.into(),
            in_blocks,
            unresolved,
        };
        Conservation::new(sums, 0, None)
    }

    #[test]
    fn exact_balances_hold() {
        let result = compare(1_000_000, 1_000_000 - 3 * FEE_LAMPORTS, 3, 0);
        assert!(result.holds);
        assert_eq!(
            (result.fees_lamports, result.expected_lamports),
            (15_000, 985_000)
        );
    }

    #[test]
    fn a_difference_of_one_lamport_is_noticed_in_both_directions() {
        for off in [984_999, 985_001] {
            assert!(!compare(1_000_000, off, 3, 0).holds, "{off}");
            assert!(!compare(1_000_000, off, 3, 10).holds, "{off}");
        }
    }

    #[test]
    fn unresolved_transfers_may_have_paid() {
        for (paid, holds) in [(0, true), (1, true), (2, true), (3, false)] {
            let after = 1_000_000 - (3 + paid) * FEE_LAMPORTS;
            assert_eq!(compare(1_000_000, after, 3, 2).holds, holds, "{paid} more fees");
        }
    }

    #[test]
    fn fees_beyond_the_balance_do_not_hold() {
        assert!(!compare(10, 0, 1, 0).holds);
    }
}
