//! A ledger in use: opened and replayed once, then appended to and read.
//!
//! ```text
//! open: header -> replay, each record handed to the caller -> torn tail cut, one sync
//! append (check by the caller, one append, one sync) -> Appended -> publish -> readable by slot
//! ```
//!
//! Invariant: a record can be read by its slot only once it is durable and published.
//!
//! Locks: the log, then the index of slots; neither is held when a call returns.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::{History, RecordError, RecordedDelta, StoredRecord};
use isobath_storage::{Extent, ExtentError, Storage, StorageError, StorageReader};

use crate::error::{CommitError, Damage, OpenError, ReadError};
use crate::header::{self, Beginning, LedgerHeader};
use crate::log::{Fault, Log, LogReader, RecordFrame, Tail};
use crate::reader::LedgerReader;
use crate::recover::{Replayed, replay};

/// The log of blocks. Shared by reference between one appending thread and any readers.
pub struct Ledger {
    log: Mutex<Log>,
    /// Offset of the record of slot `n` at index `n - 1`, published records only.
    index: Mutex<Vec<u64>>,
    reader: LogReader,
}

/// What opening a ledger found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReport {
    /// Blocks replayed; also the slot of the last one.
    pub blocks: u64,
    /// Bytes of an interrupted write that were cut from the end. Report them to the operator if not zero: they held no
    /// committed block.
    pub torn_bytes_cut: u64,
    /// Whether the ledger is new.
    pub created: bool,
}

/// Why a caller rejects a stored record.
#[derive(Debug)]
pub enum Rejection {
    /// The record contradicts the accounts before it: the ledger is damaged.
    Record(RecordError),
    /// Another reason, in the caller's words.
    Other(String),
}

/// A durable record that cannot be read by its slot yet.
#[derive(Debug)]
#[must_use = "publish the record; it cannot be read by its slot until then"]
pub struct Appended {
    offset: u64,
    record_bytes: u64,
}

impl Appended {
    /// Bytes of the record.
    #[must_use]
    pub const fn record_bytes(&self) -> u64 {
        self.record_bytes
    }
}

impl Ledger {
    /// Opens the ledger in `storage`, or creates it for `genesis`, and replays it.
    ///
    /// Each stored record is handed to `on_record` in order; the caller checks it and rebuilds its own state from it. A
    /// torn tail is cut. Everything replayed is synced before this returns, including what a killed process had written
    /// but not synced. Time and input are linear in the ledger.
    ///
    /// # Errors
    /// - [`OpenError::GenesisMismatch`], [`OpenError::UnsupportedFormat`]: this ledger cannot be used with this genesis
    ///   or version.
    /// - [`OpenError::Corrupt`]: a block known durable is damaged or contradicts the accounts. Nothing was cut.
    /// - [`OpenError::Rejected`]: `on_record` rejected a block for another reason.
    /// - [`OpenError::Storage`]: a storage operation failed.
    pub fn open(
        mut storage: Box<dyn Storage>,
        genesis: &Genesis,
        on_record: &mut dyn FnMut(StoredRecord) -> Result<(), Rejection>,
    ) -> Result<(Self, OpenReport), OpenError> {
        let start = open_header(&mut *storage, genesis)?;
        let reader = LogReader::new(reader_of(&*storage)?, start.header.key.clone());
        let mut index = Vec::new();
        let first = Tail::first(&start.header);
        let replayed = replay(&reader, first, |offset, record| -> Result<(), OpenError> {
            let slot = record.history.header.slot;
            on_record(record).map_err(|refusal| refusal.locate(slot, offset))?;
            index.push(offset);
            Ok(())
        })?;
        if !start.created {
            make_durable(&mut *storage, &replayed)?;
        }
        let report = OpenReport {
            blocks: replayed.tail.durable_slot,
            torn_bytes_cut: start.torn_bytes.saturating_add(replayed.torn_bytes),
            created: start.created,
        };
        let ledger = Self {
            log: Mutex::new(Log::new(storage, start.header.key, replayed.tail)),
            index: Mutex::new(index),
            reader,
        };
        Ok((ledger, report))
    }

    /// The genesis that the ledger in `storage` was created with; `None` if there is no ledger yet,
    /// or one whose creation was interrupted.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn genesis_of(storage: &dyn Storage) -> Result<Option<Genesis>, OpenError> {
        let ledger = LedgerReader::open(reader_of(storage)?)?;
        Ok(ledger.map(LedgerReader::into_genesis))
    }

    /// The slot that opening the ledger in `storage` will end with, for showing progress; one more if the last record was
    /// cut short after its header. 0 if there is no ledger yet or it has no blocks.
    ///
    /// Reads the end of the file: the last record and at most [`SCAN_CHUNK`](crate::recover::SCAN_CHUNK) bytes before it.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn newest_slot_of(storage: &dyn Storage) -> Result<u64, OpenError> {
        match LedgerReader::open(reader_of(storage)?)? {
            Some(ledger) => ledger.newest_slot(),
            None => Ok(0),
        }
    }

    /// Makes the record of `history`, which must be that of the next slot, durable with one append and one sync. `check`
    /// is called before anything is written; it gives the delta of the record, and a result that is returned.
    ///
    /// # Errors
    /// - [`CommitError::Storage`]: a storage operation failed, and the handle is dead.
    /// - [`CommitError::Poisoned`]: an earlier append failed.
    /// - [`CommitError::OutOfOrder`], [`CommitError::TooLarge`] and the errors of `check`: nothing was written.
    pub fn append<T: AsRef<[u8]>, C>(
        &self,
        history: &History<T>,
        check: impl FnOnce() -> Result<(RecordedDelta, C), CommitError>,
    ) -> Result<(Appended, C), CommitError> {
        let mut log = self.log.lock().map_err(|_| CommitError::Poisoned)?;
        if log.is_dead() {
            return Err(CommitError::Poisoned);
        }
        let (expected, found) = (log.durable_slot().saturating_add(1), history.header.slot);
        if found != expected {
            return Err(CommitError::OutOfOrder { expected, found });
        }
        let (delta, checked) = check()?;
        let offset = log.append(history, &delta)?;
        let record_bytes = log.end().saturating_sub(offset);
        Ok((Appended { offset, record_bytes }, checked))
    }

    /// Lets readers find the record by its slot. `make_visible` runs while the index is locked, so a reader that sees
    /// what it publishes also finds the record, and no reader finds the record before.
    pub fn publish(&self, record: &Appended, make_visible: impl FnOnce()) {
        let mut index = self.index();
        make_visible();
        index.push(record.offset);
    }

    /// Number of records that can be read by their slot.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether no record can be read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The history of the block of `slot`, read and verified. `None` for slot 0 and for slots not published.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn history(&self, slot: u64) -> Result<Option<History>, ReadError> {
        self.read(slot, |frame| self.reader.history(frame))
    }

    /// Calls `read` with the extent of the delta of `slot` and the storage that holds it. `None` for slot 0 and for
    /// slots not published.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn delta<D>(
        &self,
        slot: u64,
        read: impl FnOnce(&dyn StorageReader, &Extent) -> Result<D, ExtentError>,
    ) -> Result<Option<D>, ReadError> {
        self.read(slot, |frame| {
            read(self.reader.storage(), &frame.delta).map_err(Fault::in_delta)
        })
    }

    fn read<P>(
        &self,
        slot: u64,
        part: impl FnOnce(&RecordFrame) -> Result<P, Fault>,
    ) -> Result<Option<P>, ReadError> {
        let Some(offset) = self.offset_of(slot) else {
            return Ok(None);
        };
        let read = || part(&self.reader.frame(slot, offset, self.reader.len()?)?);
        read()
            .map(Some)
            .map_err(|fault: Fault| fault.locate(slot, offset))
    }

    /// Offset of the record of `slot`; `None` for the genesis and for slots not published.
    fn offset_of(&self, slot: u64) -> Option<u64> {
        let position = usize::try_from(slot.checked_sub(1)?).ok()?;
        self.index().get(position).copied()
    }

    fn index(&self) -> MutexGuard<'_, Vec<u64>> {
        // A push or a look-up leaves the index consistent even if another thread panics.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("blocks", &self.len())
            .finish_non_exhaustive()
    }
}

impl Rejection {
    fn locate(self, slot: u64, offset: u64) -> OpenError {
        match self {
            Self::Record(error) => OpenError::Corrupt {
                slot,
                offset,
                what: Damage::Record(error),
            },
            Self::Other(reason) => OpenError::Rejected { slot, reason },
        }
    }
}

/// The start of a ledger, and how it was obtained.
struct Start {
    header: LedgerHeader,
    created: bool,
    /// Bytes of an interrupted creation that were replaced.
    torn_bytes: u64,
}

fn reader_of(storage: &dyn Storage) -> Result<Arc<dyn StorageReader>, StorageError> {
    storage
        .reader()
        .map_err(|source| StorageError::new("open", source))
}

/// Reads and checks the start of the ledger, or writes it if nothing was ever committed.
fn open_header(storage: &mut dyn Storage, genesis: &Genesis) -> Result<Start, OpenError> {
    let torn_bytes = match header::read(&*reader_of(storage)?)? {
        Beginning::Ledger(ledger) => {
            let (header, given) = (ledger.0, genesis.hash());
            if header.genesis_hash != given {
                return Err(OpenError::GenesisMismatch {
                    ledger: header.genesis_hash,
                    given,
                });
            }
            return Ok(Start {
                header,
                created: false,
                torn_bytes: 0,
            });
        }
        Beginning::Empty => 0,
        Beginning::Torn { len, proven } if proven || len <= header::encoded_len(genesis) => len,
        Beginning::Torn { .. } => {
            return Err(OpenError::Corrupt {
                slot: 0,
                offset: 0,
                what: Damage::LedgerHeader,
            });
        }
    };
    let header = header::create(storage, genesis, header::fresh_salt())?;
    Ok(Start {
        header,
        created: true,
        torn_bytes,
    })
}

/// Cuts a torn tail and makes everything before it durable, whichever process wrote it: afterwards all replayed records
/// count as durable.
fn make_durable(storage: &mut dyn Storage, replayed: &Replayed) -> Result<(), StorageError> {
    if replayed.torn_bytes > 0 {
        let cut = storage.truncate(replayed.tail.offset);
        cut.map_err(|source| StorageError::new("cut the torn tail of", source))?;
    }
    storage.sync().map_err(|source| StorageError::new("sync", source))
}
