//! The oracle: a chain that executes one block after the other.

use std::collections::BTreeMap;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, Header};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::program::ProgramTable;

use super::accounts::Accounts;
use super::block::{self, BlockInput};
use super::past::{AnchorFault, Past, identity};
use crate::admission::{Tx, admit};
use crate::ruleset::{Ruleset, RulesetError};

/// The oracle looks no account up by the hash of its key, so any seed will do.
const UNUSED_HASHER: KeyHasher = KeyHasher::new([0; 2]);

/// Why an order of transactions is no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OracleError {
    /// A transaction that no block may contain.
    #[error("transaction {index} is invalid: {source}")]
    InvalidTransaction {
        /// Index in the block.
        index: usize,
        /// The broken rule.
        source: TransactionError,
    },
    /// The header may not have its anchor.
    #[error("the anchor is wrong: {0}")]
    Anchor(#[from] AnchorFault),
    /// The block contains the same message twice.
    #[error("transaction {index} has the same message as transaction {earlier}")]
    RepeatedMessage {
        /// Index of the second one.
        index: usize,
        /// Index of the first one.
        earlier: usize,
    },
}

/// The chain of one genesis, executed from its first block on.
#[derive(Debug)]
pub struct Oracle {
    rules: Ruleset,
    past: Past,
    accounts: Accounts,
}

impl Oracle {
    /// The chain of `genesis` before its first block, with the linked-in `programs`.
    ///
    /// # Errors
    /// [`RulesetError`] if the genesis requires something that this build does not have.
    pub fn new(genesis: Genesis, programs: ProgramTable) -> Result<Self, RulesetError> {
        let accounts = genesis.initial_accounts();
        Ok(Self {
            past: Past::new(&genesis),
            accounts: accounts.into_iter().collect(),
            rules: Ruleset::new(genesis, programs)?,
        })
    }

    /// Executes `transactions` as the next block and returns its record. Of `header` only the time and the anchor are
    /// inputs; the header in the record is computed, so that the caller can compare the two. Signatures are the caller's to check.
    ///
    /// # Errors
    /// [`OracleError`] if the transactions make no block; nothing has changed then.
    pub fn execute_block(
        &mut self,
        header: &Header,
        transactions: &[Vec<u8>],
    ) -> Result<BlockRecord, OracleError> {
        let (record, accounts) = self.execute(header, transactions)?;
        self.past.append(&record.history);
        self.accounts = accounts;
        Ok(record)
    }

    /// As [`Self::execute_block`], but keeps nothing: the block before stays the newest one.
    ///
    /// # Errors
    /// Those of [`Self::execute_block`].
    pub fn try_block(&self, header: &Header, transactions: &[Vec<u8>]) -> Result<BlockRecord, OracleError> {
        self.execute(header, transactions).map(|(record, _)| record)
    }

    /// The account after the newest block.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<&Account> {
        self.accounts.get(key)
    }

    /// The newest block and its result, which the anchor of the next header may name.
    #[must_use]
    pub fn newest_anchor(&self) -> Anchor {
        Anchor {
            slot: self.past.next().saturating_sub(1),
            result_hash: self.past.newest_result(),
        }
    }

    fn execute(
        &self,
        header: &Header,
        transactions: &[Vec<u8>],
    ) -> Result<(BlockRecord, Accounts), OracleError> {
        self.past.check_anchor(&header.anchor)?;
        let txs = decode(&self.rules, transactions)?;
        let input = BlockInput {
            timestamp_ms: header.timestamp_ms,
            anchor: header.anchor,
            wires: transactions,
            txs: &txs,
        };
        Ok(block::execute(&self.rules, &self.past, &self.accounts, &input))
    }
}

/// Decodes and admits every transaction; no message may occur twice.
fn decode(rules: &Ruleset, transactions: &[Vec<u8>]) -> Result<Vec<Tx>, OracleError> {
    let mut txs = Vec::new();
    let mut messages = BTreeMap::new();
    for (index, wire) in transactions.iter().enumerate() {
        let tx = admit(wire, rules.rules(), UNUSED_HASHER);
        let tx = tx.map_err(|source| OracleError::InvalidTransaction { index, source })?;
        if let Some(earlier) = messages.insert(identity(&tx.message_hash()), index) {
            return Err(OracleError::RepeatedMessage { index, earlier });
        }
        txs.push(tx);
    }
    Ok(txs)
}
