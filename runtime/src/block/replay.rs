//! Executes a block that another producer ordered, and compares it with its header.
//!
//! Invariant: the record that it returns is the producer's; any difference is an error.

use std::collections::HashSet;

use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::errors::TransactionError;

use super::execution::BlockExecution;
use crate::admission::{Tx, admit};
use crate::chain::Chain;
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
    /// The header is not that of this order on this parent.
    #[error("the header differs from the header that execution computes")]
    Header,
}

/// Executes the sealed order `transactions` under `header`. The caller has checked the signatures.
///
/// # Errors
/// [`BlockError`] if the block is invalid on this parent.
pub(crate) fn execute_block<'a>(
    rules: &'a Ruleset,
    chain: &'a Chain,
    parent: impl ReadAccounts,
    header: &Header,
    transactions: &[Vec<u8>],
) -> Result<BlockRecord<Tx>, BlockError> {
    let key_hasher = parent.key_hasher();
    let mut block = BlockExecution::open(rules, chain, parent, header.timestamp_ms);
    let mut messages = HashSet::new();
    for (index, wire) in transactions.iter().enumerate() {
        let tx = admit(wire, rules.rules(), key_hasher)
            .map_err(|source| BlockError::InvalidTransaction { index, source })?;
        if !messages.insert(tx.message_hash()) {
            return Err(BlockError::RepeatedMessage { index });
        }
        block.execute(&tx);
    }
    let record = block.seal();
    if record.history.header == *header {
        Ok(record)
    } else {
        Err(BlockError::Header)
    }
}
