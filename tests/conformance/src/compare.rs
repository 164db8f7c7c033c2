//! Where two runs of the same sequence differ.

use std::fmt;

use crate::ledger::{Observed, ObservedBlock};

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
pub fn first_difference(expected: &[ObservedBlock], found: &[ObservedBlock]) -> Option<Difference> {
    for (block, (expected, found)) in expected.iter().zip(found).enumerate() {
        let pairs = expected.transactions.iter().zip(&found.transactions);
        for (index, (expected, found)) in pairs.enumerate() {
            if expected != found {
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
