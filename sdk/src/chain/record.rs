//! What one block leaves behind: its history and its delta.
//!
//! *History* is what happened (header, transactions, executions, result); *delta* is what changed.
//! They are separate parts of a record because they age differently: history is kept for queries,
//! while a delta may be dropped once a checkpoint covers it. Both are encoded with borsh.
//!
//! Invariant of a [`Delta`]: ascending keys, none twice, and exactly the accounts whose bytes differ
//! from the end of the block before. The runtime makes such deltas, and the accounts refuse any other ([`RecordError`]).
//!
//! Decoding is total: arbitrary bytes give a value or an error, never a panic, and memory in
//! proportion to the input.

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

/// Everything a block leaves behind.
#[derive(Debug, Clone)]
pub struct BlockRecord<T = Vec<u8>> {
    /// What happened.
    pub history: History<T>,
    /// What changed.
    pub delta: Delta,
}

/// What happened in a block.
///
/// `T` is what holds a transaction: its wire bytes where a history is read from a ledger, the transaction as it was
/// parsed at ingress where a block was just executed. The canonical bytes are the same.
#[derive(Debug, Clone)]
pub struct History<T = Vec<u8>> {
    /// The sealed header.
    pub header: Header,
    /// The transactions, signatures included, in block order.
    pub transactions: Vec<T>,
    /// What executing each transaction gave, in the same order.
    pub executions: Vec<Execution>,
    /// The result of the block.
    pub result: BlockResult,
}

impl<T: AsRef<[u8]>> BlockRecord<T> {
    /// The record as a ledger gives it back: its transactions as bytes, which are copied.
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

/// Records are equal if their canonical bytes are, whatever holds their transactions.
impl<T: AsRef<[u8]>, U: AsRef<[u8]>> PartialEq<BlockRecord<U>> for BlockRecord<T> {
    fn eq(&self, other: &BlockRecord<U>) -> bool {
        self.history == other.history && self.delta == other.delta
    }
}

impl<T: AsRef<[u8]>> Eq for BlockRecord<T> {}

/// Histories are equal if their canonical bytes are, whatever holds their transactions.
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

/// A transaction as a [`History`] holds it.
///
/// Bytes from a ledger are parsed and hashed for each answer; a transaction that was just executed knows the answers.
pub trait RecordedTransaction: AsRef<[u8]> {
    /// Its parts, read in place.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not a transaction.
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

/// What executing one transaction gave.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Execution {
    /// Class, error, fee, compute units and return data.
    pub outcome: Outcome,
    /// Lamports of the transaction's accounts before it, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Lamports of the same accounts after it.
    pub post_balances: Vec<u64>,
    /// Keys that lookup tables gave the transaction, which its own bytes do not hold.
    pub loaded_addresses: LoadedAddresses,
    /// Logs and inner instructions, in the order they arose.
    pub events: Vec<Event>,
}

/// What a transaction's lookups resolved to, each list in the order of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LoadedAddresses {
    /// Keys asked for writing.
    pub writable: Vec<Pubkey>,
    /// Keys asked for reading.
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

/// Why a record cannot follow the accounts at the end of the block before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Record, header and result are not all of one block.
    #[error("record, header and result name different slots or heights")]
    SlotsDisagree,
    /// The delta is not sorted by key, or names a key twice.
    #[error("the delta is not in ascending order at {0}")]
    Unsorted(Pubkey),
    /// The delta names an account whose bytes did not change.
    #[error("the delta names {0}, which did not change")]
    Unchanged(Pubkey),
    /// The delta stores an account without lamports instead of closing it.
    #[error("the delta stores {0} without lamports")]
    WithoutLamports(Pubkey),
    /// The result's capitalization is not the sum of the accounts after the delta.
    #[error("the result names a capitalization of {named} lamports, the accounts sum to {summed}")]
    Capitalization {
        /// What the result says.
        named: u64,
        /// What the accounts sum to.
        summed: u128,
    },
    /// The delta does not hash to the root in the result.
    #[error("the delta does not hash to the root that the result names")]
    DeltaRoot,
}
