//! Whether the accounts of the load hold exactly the expected lamports.
//!
//! Transfers only move lamports between the accounts of the load, so their sum shrinks by exactly the fees:
//! `after = before - fee * transactions in blocks`. A transfer whose fate is unknown at the end of an interrupted run
//! may have paid its fee or not, so with `u` of those the sum may be up to `u` whole fees lower.

use serde::Serialize;

use super::plan::FEE_LAMPORTS;

/// The comparison of balances before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Conservation {
    /// Whether the balances agree.
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
}

impl Conservation {
    /// Compares the sums; `in_blocks` counts the transfers known to be in a block, successful or not.
    pub(crate) fn compare(before: u64, after: u64, in_blocks: u64, unresolved: u64) -> Self {
        let fees = in_blocks.saturating_mul(FEE_LAMPORTS);
        let expected = before.checked_sub(fees);
        let holds = expected
            .and_then(|expected| expected.checked_sub(after))
            .is_some_and(|missing| missing % FEE_LAMPORTS == 0 && missing / FEE_LAMPORTS <= unresolved);
        Self {
            holds,
            before_lamports: before,
            fees_lamports: fees,
            expected_lamports: expected.unwrap_or(0),
            after_lamports: after,
            unresolved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_balances_hold() {
        let result = Conservation::compare(1_000_000, 1_000_000 - 3 * FEE_LAMPORTS, 3, 0);
        assert!(result.holds);
        assert_eq!(
            (result.fees_lamports, result.expected_lamports),
            (15_000, 985_000)
        );
    }

    #[test]
    fn a_difference_of_one_lamport_is_noticed_in_both_directions() {
        for off in [984_999, 985_001] {
            assert!(!Conservation::compare(1_000_000, off, 3, 0).holds, "{off}");
            assert!(!Conservation::compare(1_000_000, off, 3, 10).holds, "{off}");
        }
    }

    #[test]
    fn unresolved_transfers_may_have_paid() {
        for (paid, holds) in [(0, true), (1, true), (2, true), (3, false)] {
            let after = 1_000_000 - (3 + paid) * FEE_LAMPORTS;
            assert_eq!(
                Conservation::compare(1_000_000, after, 3, 2).holds,
                holds,
                "{paid} more fees"
            );
        }
    }

    #[test]
    fn fees_beyond_the_balance_do_not_hold() {
        assert!(!Conservation::compare(10, 0, 1, 0).holds);
    }
}
