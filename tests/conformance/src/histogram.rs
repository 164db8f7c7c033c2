//! How often each result was reached, to see what the sequences cover.

use std::collections::BTreeMap;
use std::fmt;

use isobath_sdk::errors::TransactionError;

use crate::ledger::Observed;

/// Counts of results by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<String, u64>,
}

impl Histogram {
    /// Counts one transaction.
    pub fn add(&mut self, observed: &Observed) {
        let name = match observed.error {
            None => "success".to_owned(),
            Some(TransactionError::InstructionError(_, error)) => format!("instruction: {error:?}"),
            Some(TransactionError::InsufficientFundsForRent { .. }) => "InsufficientFundsForRent".to_owned(),
            Some(TransactionError::DuplicateInstruction(_)) => "DuplicateInstruction".to_owned(),
            Some(error) => format!("{error:?}"),
        };
        *self.counts.entry(name).or_default() += 1;
    }

    /// How often this result was seen.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// All transactions.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The different results.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.counts.len()
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<_> = self.counts.iter().collect();
        rows.sort_by_key(|(name, count)| (u64::MAX - **count, (*name).clone()));
        for (name, count) in rows {
            writeln!(f, "{count:>8}  {name}")?;
        }
        Ok(())
    }
}
