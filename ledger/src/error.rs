//! What can go wrong with a ledger, in the words an operator needs.
//!
//! Every error here is a failure of the environment or of the bytes on disk, never a transaction
//! result. Three questions shaped the types: *which operation on which path failed* (the cause is
//! always kept as `source`), *where is the damage* (slot, offset, what), and *what cures it* (in the
//! text wherever there is a cure).

use std::path::PathBuf;

use isobath_sdk::Hash;
use isobath_sdk::chain::genesis::GenesisError;
use isobath_sdk::chain::record::RecordError;
use isobath_storage::{FolderError, StorageError};
use thiserror::Error;

/// What is wrong with the bytes of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// The header at the start of the file fails its checksum.
    #[error("the ledger header fails its checksum")]
    LedgerHeader,
    /// The genesis behind the ledger header does not have the hash that the header names.
    #[error("the stored genesis does not have the hash that the ledger header names")]
    Genesis,
    /// A record header fails its checksum, or there is none.
    #[error("the record header fails its checksum")]
    FrameHeader,
    /// A record header is sound but of a format that this version does not know.
    #[error("the record has format {0}, which this version does not know")]
    FrameFormat(u32),
    /// A record that belongs elsewhere.
    #[error("the record is that of slot {found}")]
    Slot {
        /// The slot that the record names.
        found: u64,
    },
    /// A record that does not continue the one before it.
    #[error("the record does not continue the record before it")]
    Link,
    /// A record that is longer than the file, or than any record may be.
    #[error("the record is longer than the file holds")]
    Length,
    /// The history part fails its checksum.
    #[error("the history part fails its checksum")]
    History,
    /// The delta part fails its checksum.
    #[error("the delta part fails its checksum")]
    Delta,
    /// The checksums hold but the history part does not decode.
    #[error("the history part does not decode")]
    HistoryEncoding,
    /// The checksums hold but the delta part does not decode.
    #[error("the delta part does not decode")]
    DeltaEncoding,
    /// The record is as it was written, but it does not follow from the accounts before it.
    #[error("the record contradicts the ledger: {0}")]
    Record(#[from] RecordError),
}

/// Why a ledger was not opened. Nothing was changed on disk unless the text says so.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder is in use.
    #[error("the ledger folder {} is in use by another process: stop that process, or choose another folder", .dir.display())]
    Locked {
        /// The ledger folder.
        dir: PathBuf,
    },
    /// The storage refused an operation.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The given genesis cannot start a ledger.
    #[error("the genesis is not valid: {0}")]
    InvalidGenesis(#[from] GenesisError),
    /// The ledger belongs to another chain.
    #[error(
        "the ledger has genesis {ledger}, but genesis {given} was given: use the ledger's own genesis, or choose another folder"
    )]
    GenesisMismatch {
        /// Hash of the genesis that the ledger was created with.
        ledger: Hash,
        /// Hash of the genesis that was given.
        given: Hash,
    },
    /// The file was written by a version with another format.
    #[error(
        "the ledger has format {found}, this version reads format {supported}: use the version that wrote it"
    )]
    UnsupportedFormat {
        /// Format of the file.
        found: u32,
        /// The one format that this version reads.
        supported: u32,
    },
    /// Something that was known durable, or is exactly as it was written, is wrong. Nothing was cut.
    #[error(
        "the ledger is damaged in slot {slot}, at byte {offset}: {what}. It is no torn tail, so nothing was cut: restore the ledger from a copy"
    )]
    Corrupt {
        /// Slot of the first bad record; 0 for the start of the file.
        slot: u64,
        /// Byte offset of that record in the file.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The caller refused a sound record during replay.
    #[error("the record of slot {slot} was refused: {reason}")]
    Rejected {
        /// Slot of the record.
        slot: u64,
        /// The caller's reason.
        reason: String,
    },
}

/// Why a block was not committed. Nothing of it is visible.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The storage refused; whether the block survives is unknown until the ledger is opened again.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An earlier commit failed in the storage. Open the ledger again.
    #[error("an earlier commit failed, so this ledger handle takes no more blocks: open the ledger again")]
    Poisoned,
    /// The block is not the next one. Nothing was written.
    #[error("expected the block of slot {expected}, found slot {found}")]
    OutOfOrder {
        /// The slot after the last committed one.
        expected: u64,
        /// The slot of the record.
        found: u64,
    },
    /// The block before this one was committed but is not published. Nothing was written.
    #[error("the block of slot {slot} is committed but not published")]
    Unpublished {
        /// Slot of the unpublished block.
        slot: u64,
    },
    /// The encoded record exceeds what a record may hold. Nothing was written.
    #[error("the record has {len_bytes} bytes, the limit is {max_bytes}")]
    TooLarge {
        /// Encoded length of both parts.
        len_bytes: u64,
        /// The limit for it.
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
    /// The storage refused.
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
