//! Where two runs of the same sequence differ.

use std::fmt;

use isobath_sdk::errors::TransactionError as E;
use isobath_sdk::instruction_error::InstructionError;

use crate::ledger::{Observed, ObservedBlock};
use crate::sequence::Oracle;

/// One difference. Blocks count from 0 within the sequence, transactions within their block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The block.
    pub block: usize,
    /// What differs there.
    pub what: What,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// One transaction.
    Transaction {
        /// Its number in the block.
        index: usize,
        /// What Solana's runtime made of it.
        expected: Observed,
        /// What Isobath made of it.
        found: Observed,
    },
    /// The accounts at the end of the block.
    Accounts,
    /// The runs have different numbers of blocks or transactions.
    Shape,
}

impl Difference {
    /// Whether it is the deliberate one of order: neither side took the transaction in, Solana's named a fault of a
    /// lookup table, Isobath one that the bytes alone show.
    #[must_use]
    pub const fn is_order_of_faults(&self) -> bool {
        let What::Transaction { expected, found, .. } = &self.what else {
            return false;
        };
        let names_table = matches!(
            expected.error,
            Some(
                E::AddressLookupTableNotFound
                    | E::InvalidAddressLookupTableOwner
                    | E::InvalidAddressLookupTableData
                    | E::InvalidAddressLookupTableIndex
                    | E::AccountLoadedTwice
            )
        );
        let names_bytes = matches!(
            found.error,
            Some(
                E::TooManyAccountLocks
                    | E::AccountLoadedTwice
                    | E::InstructionError(_, InstructionError::InvalidInstructionData)
                    | E::InvalidLoadedAccountsDataSizeLimit
            )
        );
        names_table && names_bytes && is_refused(expected) && is_refused(found)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}", self.block)?;
        match &self.what {
            What::Transaction {
                index,
                expected,
                found,
            } => write!(f, " transaction {index}: expected {expected:?}, found {found:?}"),
            What::Accounts => write!(f, ": the accounts at its end differ"),
            What::Shape => write!(f, ": there are more or fewer of them"),
        }
    }
}

/// The first difference of the two runs. What follows it follows from it.
#[must_use]
pub fn first_difference(
    oracle: Oracle,
    expected: &[ObservedBlock],
    found: &[ObservedBlock],
) -> Option<Difference> {
    for (block, (expected, found)) in expected.iter().zip(found).enumerate() {
        let pairs = expected.transactions.iter().zip(&found.transactions);
        for (index, (expected, found)) in pairs.enumerate() {
            if !agree(oracle, expected, found) {
                let (expected, found) = (expected.clone(), found.clone());
                let what = What::Transaction {
                    index,
                    expected,
                    found,
                };
                return Some(Difference { block, what });
            }
        }
        if expected.transactions.len() != found.transactions.len() {
            return Some(Difference {
                block,
                what: What::Shape,
            });
        }
        if expected.accounts != found.accounts {
            return Some(Difference {
                block,
                what: What::Accounts,
            });
        }
    }
    let block = expected.len().min(found.len());
    (expected.len() != found.len()).then_some(Difference {
        block,
        what: What::Shape,
    })
}

/// Whether the two results are the same. litesvm looks for the faults of a transaction in an order of its own, so where
/// it does not take one in, that is all that is compared.
fn agree(oracle: Oracle, expected: &Observed, found: &Observed) -> bool {
    expected == found || (oracle == Oracle::Instructions && is_refused(expected) && is_refused(found))
}

/// Whether the transaction was not accepted: each accepted one pays a fee.
const fn is_refused(observed: &Observed) -> bool {
    observed.error.is_some() && observed.fee == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn refused(error: E) -> Observed {
        crate::isobath::refused(error)
    }

    fn block(transactions: Vec<Observed>, accounts: u64) -> Vec<ObservedBlock> {
        vec![ObservedBlock {
            transactions,
            accounts,
        }]
    }

    #[test]
    fn every_field_is_compared() {
        let paid = Observed {
            error: None,
            fee: 5_000,
            units: Some(150),
        };
        let expected = block(vec![paid.clone()], 1);
        for found in [
            block(vec![], 1),
            block(vec![paid.clone()], 2),
            block(vec![refused(E::AlreadyProcessed)], 1),
            block(
                vec![Observed {
                    fee: 1,
                    ..paid.clone()
                }],
                1,
            ),
            block(vec![Observed { units: None, ..paid }], 1),
            vec![],
        ] {
            assert!(first_difference(Oracle::Instructions, &expected, &found).is_some());
        }
        assert_eq!(first_difference(Oracle::Ledger, &expected, &expected), None);
    }

    #[test]
    fn the_order_of_faults_is_told_from_other_differences() {
        let is_order = |expected: Observed, found: Observed| {
            let (expected, found) = (block(vec![expected], 1), block(vec![found], 1));
            let difference = first_difference(Oracle::Ledger, &expected, &found);
            difference.is_some_and(|difference| difference.is_order_of_faults())
        };
        let (table, bytes) = (E::AddressLookupTableNotFound, E::TooManyAccountLocks);
        assert!(is_order(refused(table), refused(bytes)));
        assert!(!is_order(refused(bytes), refused(table)));
        assert!(!is_order(refused(table), refused(E::BlockhashNotFound)));
        let paid = Observed {
            fee: 5_000,
            ..refused(bytes)
        };
        assert!(!is_order(refused(table), paid));
    }

    #[test]
    fn only_a_bank_says_which_fault_comes_first() {
        let expected = block(vec![refused(E::AlreadyProcessed)], 1);
        let found = block(vec![refused(E::BlockhashNotFound)], 1);
        assert!(first_difference(Oracle::Ledger, &expected, &found).is_some());
        assert_eq!(first_difference(Oracle::Instructions, &expected, &found), None);
    }
}
