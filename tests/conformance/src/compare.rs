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
    /// The accounts at the end of the block, by their digests.
    Accounts {
        /// Those of Solana's runtime.
        expected: u32,
        /// Those of Isobath.
        found: u32,
    },
    /// Logs, inner instructions, return data, balances or sizes of its transactions, by their digests.
    Traces {
        /// Those of Solana's runtime.
        expected: u32,
        /// Those of Isobath.
        found: u32,
    },
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

impl Difference {
    /// Whether it is the deliberate one about tables that are created in the block: neither side accepted the
    /// transaction, Solana's found the table without the key, Isobath found no table.
    #[must_use]
    pub const fn is_table_of_the_block(&self) -> bool {
        let What::Transaction { expected, found, .. } = &self.what else {
            return false;
        };
        matches!(expected.error, Some(E::InvalidAddressLookupTableIndex))
            && matches!(found.error, Some(E::AddressLookupTableNotFound))
            && is_refused(expected)
            && is_refused(found)
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
            } => write!(f, " transaction {index}: expected {expected}, found {found}"),
            What::Accounts { expected, found } => {
                write!(f, " accounts: expected {expected:08x}, found {found:08x}")
            }
            What::Traces { expected, found } => {
                write!(f, " traces: expected {expected:08x}, found {found:08x}")
            }
            What::Shape => write!(f, ": there are more or fewer of them"),
        }
    }
}

/// The first difference of the two runs. What follows it may follow from it.
#[must_use]
pub fn first_difference(
    oracle: Oracle,
    expected: &[ObservedBlock],
    found: &[ObservedBlock],
) -> Option<Difference> {
    differences(oracle, expected, found).into_iter().next()
}

/// All differences of the two runs, in order.
#[must_use]
pub fn differences(oracle: Oracle, expected: &[ObservedBlock], found: &[ObservedBlock]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (block, (expected, found)) in expected.iter().zip(found).enumerate() {
        let in_block = differences_of_block(oracle, expected, found);
        differences.extend(in_block.into_iter().map(|what| Difference { block, what }));
    }
    if expected.len() != found.len() {
        differences.push(Difference {
            block: expected.len().min(found.len()),
            what: What::Shape,
        });
    }
    differences
}

fn differences_of_block(oracle: Oracle, expected: &ObservedBlock, found: &ObservedBlock) -> Vec<What> {
    let pairs = expected.transactions.iter().zip(&found.transactions);
    let mut different: Vec<What> = pairs
        .enumerate()
        .filter(|(_, (expected, found))| !agree(oracle, expected, found))
        .map(|(index, (expected, found))| What::Transaction {
            index,
            expected: expected.clone(),
            found: found.clone(),
        })
        .collect();
    if expected.transactions.len() != found.transactions.len() {
        different.push(What::Shape);
    }
    if expected.accounts != found.accounts {
        let (expected, found) = (expected.accounts, found.accounts);
        different.push(What::Accounts { expected, found });
    }
    if expected.traces != found.traces {
        let (expected, found) = (expected.traces, found.traces);
        different.push(What::Traces { expected, found });
    }
    different
}

/// One line that says all of them.
#[must_use]
pub fn describe(differences: &[Difference]) -> String {
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    texts.join("; ")
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

    fn refused(error: E) -> Observed {
        crate::isobath::refused(error).0
    }

    fn block(transactions: Vec<Observed>, accounts: u32) -> Vec<ObservedBlock> {
        vec![ObservedBlock {
            transactions,
            accounts,
            traces: 0,
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
            vec![ObservedBlock {
                traces: 1,
                ..block(vec![paid.clone()], 1).remove(0)
            }],
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
    fn all_differences_are_described() {
        let expected = block(
            vec![refused(E::AlreadyProcessed), refused(E::BlockhashNotFound)],
            1,
        );
        let found = block(
            vec![refused(E::BlockhashNotFound), refused(E::BlockhashNotFound)],
            0x20,
        );
        assert_eq!(
            describe(&differences(Oracle::Ledger, &expected, &found)),
            "block 0 transaction 0: expected AlreadyProcessed, found BlockhashNotFound; \
             block 0 accounts: expected 00000001, found 00000020"
        );
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
