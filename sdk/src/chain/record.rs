//! The record of one block: its history and its delta.
//!
//! *History* is what happened (header, transactions, executions, result); *delta* is what changed. They are separate
//! parts of a record because they age differently: history is kept for queries, while a delta may be dropped once a
//! checkpoint covers it. Both are encoded with borsh.
//!
//! Invariant of a [`Delta`]: ascending keys, none twice, and exactly the accounts whose bytes differ from the end of
//! the previous block. The runtime produces such deltas, and the accounts reject any other ([`RecordError`]).
//!
//! Decoding is total: arbitrary bytes give a value or an error, never a panic, and use memory in proportion to the
//! input.

use std::io::{self, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};

use super::account::{Account, delta_leaf};
use super::event::Event;
use super::header::Header;
use super::merkle::MerkleBuilder;
use super::outcome::Outcome;
use super::result::BlockResult;
use crate::errors::DecodeError;
use crate::hash::Hash;
use crate::pubkey::Pubkey;
use crate::wire::view::TransactionView;

/// The record of a block.
#[derive(Debug, Clone)]
pub struct BlockRecord<T = Vec<u8>> {
    /// What happened.
    pub history: History<T>,
    /// What changed.
    pub delta: Delta,
}

/// What happened in a block.
///
/// `T` holds a transaction: its wire bytes if the history was read from a ledger, the transaction as parsed at ingress
/// if the block was just executed. The canonical bytes are the same.
#[derive(Debug, Clone)]
pub struct History<T = Vec<u8>> {
    /// The sealed header.
    pub header: Header,
    /// The transactions, signatures included, in block order.
    pub transactions: Vec<T>,
    /// The executions of the transactions, in the same order.
    pub executions: Vec<Execution>,
    /// The result of the block.
    pub result: BlockResult,
}

impl<T: AsRef<[u8]>> BlockRecord<T> {
    /// The record as read from a ledger: its transactions as bytes, which are copied.
    #[must_use]
    pub fn into_stored(self) -> BlockRecord {
        let Self { history, delta } = self;
        let transactions = history.transactions.iter().map(|tx| tx.as_ref().to_vec());
        BlockRecord {
            history: History {
                transactions: transactions.collect(),
                header: history.header,
                executions: history.executions,
                result: history.result,
            },
            delta,
        }
    }
}

/// Records are equal if their canonical bytes are, whatever type holds their transactions.
impl<T: AsRef<[u8]>, U: AsRef<[u8]>> PartialEq<BlockRecord<U>> for BlockRecord<T> {
    fn eq(&self, other: &BlockRecord<U>) -> bool {
        self.history == other.history && self.delta == other.delta
    }
}

impl<T: AsRef<[u8]>> Eq for BlockRecord<T> {}

/// Histories are equal if their canonical bytes are, whatever type holds their transactions.
impl<T: AsRef<[u8]>, U: AsRef<[u8]>> PartialEq<History<U>> for History<T> {
    fn eq(&self, other: &History<U>) -> bool {
        let own = self.transactions.iter().map(AsRef::as_ref);
        own.eq(other.transactions.iter().map(AsRef::as_ref))
            && self.header == other.header
            && self.executions == other.executions
            && self.result == other.result
    }
}

impl<T: AsRef<[u8]>> Eq for History<T> {}

/// A transaction in a [`History`].
///
/// Bytes from a ledger are parsed and hashed on each call; a transaction that was just executed has both results
/// stored.
pub trait RecordedTransaction: AsRef<[u8]> {
    /// Its parts, read in place.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a transaction.
    fn view(&self) -> Result<TransactionView<'_>, DecodeError>;

    /// The replay identity of its message.
    ///
    /// # Errors
    /// As [`RecordedTransaction::view`].
    fn message_hash(&self) -> Result<Hash, DecodeError>;
}

impl RecordedTransaction for Vec<u8> {
    fn view(&self) -> Result<TransactionView<'_>, DecodeError> {
        TransactionView::parse(self)
    }

    fn message_hash(&self) -> Result<Hash, DecodeError> {
        Ok(TransactionView::parse(self)?.message_hash())
    }
}

impl<T: AsRef<[u8]>> BorshSerialize for History<T> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.header.serialize(writer)?;
        let count = u32::try_from(self.transactions.len()).map_err(io::Error::other)?;
        count.serialize(writer)?;
        for transaction in &self.transactions {
            transaction.as_ref().serialize(writer)?;
        }
        self.executions.serialize(writer)?;
        self.result.serialize(writer)
    }
}

impl BorshDeserialize for History {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        Ok(Self {
            header: BorshDeserialize::deserialize_reader(reader)?,
            transactions: BorshDeserialize::deserialize_reader(reader)?,
            executions: BorshDeserialize::deserialize_reader(reader)?,
            result: BorshDeserialize::deserialize_reader(reader)?,
        })
    }
}

/// The execution of one transaction.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Execution {
    /// Class, error, fee, compute units and return data.
    pub outcome: Outcome,
    /// Lamports of the transaction's accounts before it, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Lamports of the same accounts after it.
    pub post_balances: Vec<u64>,
    /// Keys that the transaction loaded from lookup tables; its own bytes do not contain them.
    pub loaded_addresses: LoadedAddresses,
    /// Logs and inner instructions, in the order of their occurrence.
    pub events: Vec<Event>,
}

/// Keys loaded by a transaction's lookups, each list in the order of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LoadedAddresses {
    /// Keys loaded as writable.
    pub writable: Vec<Pubkey>,
    /// Keys loaded as read-only.
    pub readonly: Vec<Pubkey>,
}

/// The accounts that a block changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Delta {
    /// State at the end of the block by ascending key; `None` for an account that was closed.
    pub accounts: Vec<(Pubkey, Option<Account>)>,
}

impl Delta {
    /// The root over (key, leaf or tombstone) in the order of the keys. Costs one hash of every
    /// changed account.
    #[must_use]
    pub fn root(&self) -> Hash {
        let leaves = self
            .accounts
            .iter()
            .map(|(key, account)| delta_leaf(key, account.as_ref()));
        leaves.collect::<MerkleBuilder>().finish()
    }
}

/// Why a record cannot follow the accounts at the end of the previous block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Record, header and result do not all belong to one block.
    #[error("record, header and result name different slots or heights")]
    SlotsDisagree,
    /// The delta is not sorted by key, or contains a key twice.
    #[error("the delta is not sorted by key at {0}")]
    Unsorted(Pubkey),
    /// The delta contains an account whose bytes did not change.
    #[error("the delta contains the unchanged account {0}")]
    Unchanged(Pubkey),
    /// The delta stores an account without lamports instead of closing it.
    #[error("the delta stores account {0} with zero lamports")]
    WithoutLamports(Pubkey),
    /// The result's capitalization is not the sum of the accounts after the delta.
    #[error("the result has capitalization {named} lamports, but the accounts sum to {summed}")]
    Capitalization {
        /// Capitalization in the result.
        named: u64,
        /// Sum over the accounts.
        summed: u128,
    },
    /// The delta does not hash to the root in the result.
    #[error("the delta does not hash to the delta root in the result")]
    DeltaRoot,
}
