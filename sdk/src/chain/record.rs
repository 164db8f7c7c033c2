//! The record of one block: its history and its delta.
//!
//! *History* is what happened (header, transactions, executions, result); *delta* is what changed. They are separate
//! parts of a record because they age differently: history is kept for queries, while a delta may be dropped once a
//! checkpoint covers it. Both are encoded with borsh.
//!
//! ```text
//!  Delta          the changed accounts as they are after the block: in memory
//!    |  ^
//!    |  | with the accounts before the block
//!    v  |
//!  RecordedDelta  what changed in them: on disk
//! ```
//!
//! Decoding is total: arbitrary bytes give a value or an error, never a panic, and use memory in proportion to the
//! input.

mod delta;
mod error;
mod execution;
mod executions;
mod ranges;
mod recorded;

use std::io::{self, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};

pub use self::delta::Delta;
pub use self::error::RecordError;
pub use self::execution::{Execution, ExecutionRef, LoadedAddresses};
pub use self::executions::{ExecutionIter, Executions, Room};
pub use self::ranges::{ByteRange, DataChange, RANGE_GAP_MIN, RECORDED_DATA_LEN_MAX};
pub use self::recorded::{AccountHeader, Change, FULL_DATA_LEN_MAX, RecordedDelta};
use super::header::Header;
use super::result::BlockResult;
use crate::errors::DecodeError;
use crate::hash::Hash;
use crate::wire::view::TransactionView;

/// The record of a block.
///
/// `T` holds a transaction, as in [`History`]; `D` holds what changed: a [`Delta`] in memory, a [`RecordedDelta`] on disk.
#[derive(Debug, Clone)]
pub struct BlockRecord<T = Vec<u8>, D = Delta> {
    /// What happened.
    pub history: History<T>,
    /// What changed.
    pub delta: D,
}

/// A record as it is on disk. The accounts before the block turn it into a [`BlockRecord`].
pub type StoredRecord = BlockRecord<Vec<u8>, RecordedDelta>;

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
    pub executions: Executions,
    /// The result of the block.
    pub result: BlockResult,
}

/// Bytes by which a transaction may lengthen the data of its accounts, at most: that of the rules.
pub const TRANSACTION_DATA_GROWTH_MAX: u64 = 20 << 20;

/// Length of a transaction with one signature, two keys and one instruction, in bytes: none that calls a program is
/// shorter.
const CALLING_TRANSACTION_LEN_MIN: usize = 1 + 64 + 3 + 1 + 2 * 32 + 32 + 1 + 3;

impl<T: AsRef<[u8]>> History<T> {
    /// Bytes by which the block can have lengthened the data of all accounts, at most: what a transaction may add, for
    /// each that succeeded and is long enough to call a program, and once more.
    ///
    /// Every block keeps it, because only programs lengthen data, in transactions that succeed, and the runtime counts
    /// what each transaction adds beyond what it removes. It depends on no budget, so it does not matter how much its
    /// producer packs into a block. It keeps a record of a few bytes, damaged or made up, from taking any amount of memory.
    #[must_use]
    pub fn data_growth_max(&self) -> u64 {
        let pairs = self.transactions.iter().zip(self.executions.iter());
        let growing = pairs.filter(|(wire, execution)| {
            wire.as_ref().len() >= CALLING_TRANSACTION_LEN_MIN && execution.outcome.error.is_none()
        });
        let count = (growing.count() as u64).saturating_add(1);
        count.saturating_mul(TRANSACTION_DATA_GROWTH_MAX)
    }
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
