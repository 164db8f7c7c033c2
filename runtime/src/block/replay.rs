//! Executes a block that another producer ordered, and compares it with its header.
//!
//! Invariant: the record that it returns is the producer's; any difference is an error.

use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::errors::TransactionError;

use super::execution::BlockExecution;
use crate::admission::{Tx, admit};
use crate::chain::{AnchorError, Chain};
use crate::ruleset::Ruleset;

/// Why a block is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// A transaction that no block may contain.
    #[error("transaction {index} is invalid: {source}")]
    InvalidTransaction {
        /// Index in the block.
        index: usize,
        /// The broken rule.
        source: TransactionError,
    },
    /// The block contains the same message twice.
    #[error("transaction {index} has the same message as an earlier transaction of the block")]
    RepeatedMessage {
        /// Index of the second one.
        index: usize,
    },
    /// The anchor in the header is not one that the block may have.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The header is not that of this order on this parent.
    #[error("the header differs from the header that execution computes")]
    Header,
}

/// Executes the sealed order `transactions` under `header`. The caller has checked the signatures.
///
/// # Errors
/// [`BlockError`] if the block is invalid on this parent.
pub(crate) fn execute_block<'a, S: BlockAccounts>(
    rules: &'a Ruleset,
    chain: &'a Chain,
    accounts: S,
    header: &Header,
    transactions: &[Vec<u8>],
) -> Result<(BlockRecord<Tx>, S::Ended), BlockError> {
    chain.check_anchor(&header.anchor)?;
    let key_hasher = accounts.key_hasher();
    let mut block = BlockExecution::open(rules, chain, accounts, header.timestamp_ms);
    for (index, wire) in transactions.iter().enumerate() {
        let tx = admit(wire, rules.rules(), key_hasher)
            .map_err(|source| BlockError::InvalidTransaction { index, source })?;
        block.execute(&tx);
        if block.has_repeated() {
            return Err(BlockError::RepeatedMessage { index });
        }
    }
    let (record, ended) = block.seal_with(header.anchor)?;
    if record.history.header == *header {
        Ok((record, ended))
    } else {
        Err(BlockError::Header)
    }
}
