//! The compute meter of one transaction.
//!
//! Invariant: `consumed <= limit`. A charge that exceeds what is left spends all of it and fails, as on Solana, so a
//! transaction that ran out reports its whole limit as consumed. The meter remembers that it ran out, so a program
//! cannot ignore the failure and continue.

use crate::instruction_error::InstructionError;

/// Counts the compute units that a transaction has spent of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComputeMeter {
    limit: u64,
    remaining: u64,
    has_run_out: bool,
}

impl ComputeMeter {
    /// A full meter of `limit` compute units.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self {
            limit,
            remaining: limit,
            has_run_out: false,
        }
    }

    /// Spends `units`.
    ///
    /// # Errors
    /// [`InstructionError::ComputationalBudgetExceeded`] when fewer are left; the meter is then empty.
    pub const fn consume(&mut self, units: u64) -> Result<(), InstructionError> {
        match self.remaining.checked_sub(units) {
            Some(left) => {
                self.remaining = left;
                Ok(())
            }
            None => {
                self.remaining = 0;
                self.has_run_out = true;
                Err(InstructionError::ComputationalBudgetExceeded)
            }
        }
    }

    /// Compute units that are left.
    #[must_use]
    pub const fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Whether a charge exceeded what was left. Spending exactly the limit is not running out.
    #[must_use]
    pub const fn has_run_out(&self) -> bool {
        self.has_run_out
    }

    /// Compute units spent so far, at most the limit.
    #[must_use]
    pub const fn consumed(&self) -> u64 {
        // `remaining` starts at `limit` and only falls.
        self.limit.saturating_sub(self.remaining)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_that_does_not_fit_empties_the_meter() {
        let mut meter = ComputeMeter::new(200);
        assert_eq!(meter.consume(150), Ok(()));
        assert_eq!((meter.remaining(), meter.consumed()), (50, 150));
        assert_eq!(
            meter.consume(51),
            Err(InstructionError::ComputationalBudgetExceeded)
        );
        assert_eq!((meter.remaining(), meter.consumed()), (0, 200));
        assert_eq!(meter.consume(0), Ok(()));
        assert!(meter.has_run_out());
    }

    #[test]
    fn a_charge_of_exactly_what_is_left_fits() {
        let mut meter = ComputeMeter::new(150);
        assert_eq!(meter.consume(150), Ok(()));
        assert_eq!(meter.remaining(), 0);
        assert!(!meter.has_run_out());
    }
}
