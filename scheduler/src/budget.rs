//! What one block may still hold: transactions, compute units and bytes.
//!
//! Invariant: for each of the three, charged + remaining = limit, exactly; a charge that exceeds one of the three
//! changes nothing. All operations are O(1). A block charges what a transaction *may* use (its compute unit limit),
//! known before it runs; unused units are not given back, so the order of a block never depends on the results of
//! execution.

/// The limits of one block. Every value is allowed; with a 0 in any field no transaction fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// Number of transactions.
    pub transactions: u64,
    /// Sum of the compute unit limits.
    pub compute_units: u64,
    /// Sum of the wire sizes.
    pub bytes: u64,
}

/// What one transaction charges to a budget, besides counting as one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Its compute unit limit.
    pub compute_units: u64,
    /// Its wire size.
    pub size_bytes: u64,
}

impl BudgetLimits {
    /// Whether an empty block of these limits holds such a transaction.
    ///
    /// A transaction that does not fit an empty block never fits. It must not enter the pending pool, where it would
    /// block others until it expires.
    #[must_use]
    pub const fn admits(self, cost: Cost) -> bool {
        self.minus(cost).is_some()
    }

    /// What is left after one transaction, or `None` if it does not fit.
    const fn minus(self, cost: Cost) -> Option<Self> {
        // `?` is not available in const functions.
        match (
            self.transactions.checked_sub(1),
            self.compute_units.checked_sub(cost.compute_units),
            self.bytes.checked_sub(cost.size_bytes),
        ) {
            (Some(transactions), Some(compute_units), Some(bytes)) => Some(Self {
                transactions,
                compute_units,
                bytes,
            }),
            _ => None,
        }
    }
}

/// The capacity left in the block being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Each field is at most that of the initial limits.
    remaining: BudgetLimits,
}

impl Budget {
    /// The budget of an empty block.
    #[must_use]
    pub const fn new(limits: BudgetLimits) -> Self {
        Self { remaining: limits }
    }

    /// What is left.
    #[must_use]
    pub const fn remaining(&self) -> BudgetLimits {
        self.remaining
    }

    /// Whether a transaction of this cost still fits.
    #[must_use]
    pub const fn fits(&self, cost: Cost) -> bool {
        self.remaining.admits(cost)
    }

    /// Whether no transaction fits any more, however small.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        !self.fits(Cost {
            compute_units: 0,
            size_bytes: 0,
        })
    }

    /// Charges the cost of one transaction; `false`, with nothing changed, if it does not fit.
    #[must_use = "a charge that does not fit changes nothing"]
    pub const fn try_charge(&mut self, cost: Cost) -> bool {
        match self.remaining.minus(cost) {
            Some(remaining) => {
                self.remaining = remaining;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::arithmetic_side_effects,
        reason = "the oracle's sums are of few and small numbers, in u128"
    )]

    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const LIMITS: BudgetLimits = BudgetLimits {
        transactions: 2,
        compute_units: 1_000,
        bytes: 500,
    };

    const fn cost(compute_units: u64, size_bytes: u64) -> Cost {
        Cost {
            compute_units,
            size_bytes,
        }
    }

    #[test]
    fn a_budget_can_be_used_up_exactly() {
        let mut budget = Budget::new(LIMITS);
        assert!(budget.try_charge(cost(1_000, 200)));
        assert!(!budget.try_charge(cost(1, 0)), "no compute units left");
        assert!(!budget.try_charge(cost(0, 301)), "a byte too many");
        assert!(!budget.is_exhausted());
        assert!(budget.try_charge(cost(0, 300)));
        assert!(budget.is_exhausted());
        assert!(!budget.try_charge(cost(0, 0)), "no transactions left");
        assert_eq!(
            budget.remaining(),
            BudgetLimits {
                transactions: 0,
                compute_units: 0,
                bytes: 0
            }
        );
    }

    #[test]
    fn limits_admit_what_fits_an_empty_block() {
        assert!(LIMITS.admits(cost(1_000, 500)));
        assert!(!LIMITS.admits(cost(1_001, 500)));
        assert!(!LIMITS.admits(cost(1_000, 501)));
        assert!(
            !BudgetLimits {
                transactions: 0,
                ..LIMITS
            }
            .admits(cost(0, 0))
        );
        assert!(!LIMITS.admits(cost(u64::MAX, u64::MAX)));
    }

    proptest! {
        #[test]
        fn charges_are_exact_and_all_or_nothing(
            limits in (0..6_u64, 0..5_000_u64, 0..5_000_u64),
            costs in vec((0..3_000_u64, 0..3_000_u64), 0..12),
        ) {
            let (transactions, compute_units, bytes) = limits;
            let mut budget = Budget::new(BudgetLimits { transactions, compute_units, bytes });
            // The oracle keeps what was charged, as sums in a wider type.
            let mut charged = [0_u128; 3];
            for (units, size) in costs {
                let next = [charged[0] + 1, charged[1] + u128::from(units), charged[2] + u128::from(size)];
                let limits = [transactions, compute_units, bytes].map(u128::from);
                let expected = next.iter().zip(&limits).all(|(sum, limit)| sum <= limit);
                prop_assert_eq!(budget.fits(cost(units, size)), expected);
                prop_assert_eq!(budget.try_charge(cost(units, size)), expected);
                if expected {
                    charged = next;
                }
                let left = budget.remaining();
                let left = [left.transactions, left.compute_units, left.bytes].map(u128::from);
                for ((limit, charged), left) in limits.iter().zip(&charged).zip(&left) {
                    prop_assert_eq!(charged + left, *limit);
                }
            }
        }
    }
}
