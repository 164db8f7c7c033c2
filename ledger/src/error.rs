//! Errors of a ledger, with texts for an operator.
//!
//! Every error here is a failure of the environment or of the bytes on disk, never a transaction result. The types
//! answer three questions: *which operation on which path failed* (the cause is always kept as `source`), *where is the
//! damage* (slot, offset, kind), and *how to cure it* (in the text, if there is a cure).

use std::path::PathBuf;

use isobath_sdk::Hash;
use isobath_sdk::chain::genesis::GenesisError;
use isobath_sdk::chain::record::RecordError;
use isobath_storage::{FolderError, StorageError};
use thiserror::Error;

/// How the bytes of a ledger are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// The header at the start of the file fails its checksum.
    #[error("the ledger header fails its checksum")]
    LedgerHeader,
    /// The genesis after the ledger header does not have the hash in the header.
    #[error("the stored genesis does not match the genesis hash in the ledger header")]
    Genesis,
    /// A record header is missing or fails its checksum.
    #[error("the record header fails its checksum")]
    FrameHeader,
    /// A record header is authentic but has a format that this version does not know.
    #[error("the record has unknown format {0}")]
    FrameFormat(u32),
    /// The record belongs to another slot.
    #[error("the record belongs to slot {found}")]
    Slot {
        /// The slot in the record.
        found: u64,
    },
    /// The record does not continue the previous one.
    #[error("the record does not continue the previous record")]
    Link,
    /// The record is longer than the file, or than the limit of a record.
    #[error("the record extends past the end of the file")]
    Length,
    /// The history part fails its checksum.
    #[error("the history part fails its checksum")]
    History,
    /// The delta part fails its checksum.
    #[error("the delta part fails its checksum")]
    Delta,
    /// The checksum of the history part holds, but the part does not decode.
    #[error("the history part does not decode")]
    HistoryEncoding,
    /// The checksum of the delta part holds, but the part does not decode.
    #[error("the delta part does not decode")]
    DeltaEncoding,
    /// The record is intact but does not follow from the accounts before it.
    #[error("the record contradicts the ledger: {0}")]
    Record(#[from] RecordError),
}

/// Why a ledger was not opened. Nothing on disk changed unless the text says so.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder is in use.
    #[error("the ledger folder {} is in use by another process; stop that process or choose another folder", .dir.display())]
    Locked {
        /// The ledger folder.
        dir: PathBuf,
    },
    /// A storage operation failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The given genesis cannot start a ledger.
    #[error("invalid genesis: {0}")]
    InvalidGenesis(#[from] GenesisError),
    /// The ledger belongs to another chain.
    #[error(
        "the ledger has genesis {ledger}, but genesis {given} was given; use the ledger's genesis or choose another folder"
    )]
    GenesisMismatch {
        /// Hash of the genesis that the ledger was created with.
        ledger: Hash,
        /// Hash of the genesis passed by the caller.
        given: Hash,
    },
    /// The file was written by a version with another format.
    #[error(
        "the ledger was written by format {found}, this version reads format {supported}; start a new ledger in another folder, or open this one with the version that wrote it"
    )]
    UnsupportedFormat {
        /// Format of the file.
        found: u32,
        /// The one format that this version reads.
        supported: u32,
    },
    /// Bytes that were durable, or that are intact, are wrong. Nothing was cut.
    #[error(
        "the ledger is damaged in slot {slot}, at byte {offset}: {what}; this is not a torn tail, so nothing was cut; restore the ledger from a backup"
    )]
    Corrupt {
        /// Slot of the first bad record; 0 for the start of the file.
        slot: u64,
        /// Byte offset of that record in the file.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The caller rejected a valid record during replay.
    #[error("the record of slot {slot} was rejected: {reason}")]
    Rejected {
        /// Slot of the record.
        slot: u64,
        /// The caller's reason.
        reason: String,
    },
}

/// Why a block was not committed. None of it can be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommitError {
    /// A storage operation failed; whether the block survives is unknown until the ledger is opened again.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An earlier commit failed in the storage; reopen the ledger.
    #[error("an earlier commit failed and this ledger handle is dead; reopen the ledger")]
    Poisoned,
    /// The block is not the next one. Nothing was written.
    #[error("expected the block of slot {expected}, found slot {found}")]
    OutOfOrder {
        /// The slot after the last committed one.
        expected: u64,
        /// The slot of the record.
        found: u64,
    },
    /// The previous block was committed but is not published. Nothing was written.
    #[error("the block of slot {slot} is committed but not published")]
    Unpublished {
        /// Slot of the unpublished block.
        slot: u64,
    },
    /// The encoded record exceeds the limit of a record. Nothing was written.
    #[error("the record has {len_bytes} bytes, more than the limit of {max_bytes}")]
    TooLarge {
        /// Encoded length of both parts.
        len_bytes: u64,
        /// The limit of that length.
        max_bytes: u64,
    },
    /// The record does not follow from the published view. Nothing was written.
    #[error("the record contradicts the accounts: {0}")]
    Record(#[from] RecordError),
}

/// Why a stored block could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A storage operation failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The record was damaged since the ledger was opened.
    #[error("the record of slot {slot}, at byte {offset}, is damaged: {what}")]
    Corrupt {
        /// Slot of the record.
        slot: u64,
        /// Byte offset of the record in the file.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
}

impl From<FolderError> for OpenError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Locked { dir } => Self::Locked { dir },
            FolderError::Storage(error) => Self::Storage(error),
        }
    }
}
