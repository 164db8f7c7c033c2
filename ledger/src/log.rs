//! Appending record frames to a log and reading them back.
//!
//! ```text
//!   History, RecordedDelta --> [frame header | history | delta] --> one append --> one sync --> durable
//!   slot --> offset --> frame header (checksum) --> part (checksum) --> decode
//! ```
//!
//! Invariants: a record is written whole, with one append; its header lists as durable exactly the slots whose sync
//! returned before; after the first storage failure nothing is written any more, since what the storage holds beyond
//! its last sync is then unknown.
//!
//! Readers trust no length: before a buffer is allocated, the checksum of the header must hold, and the parts must fit
//! into the file and be at most [`RECORD_BYTES_MAX`] long.

use std::io;
use std::sync::Arc;

use borsh::BorshSerialize;

use isobath_sdk::chain::record::{History, RecordedDelta};
use isobath_storage::{Extent, ExtentError, Storage, StorageError, StorageReader};

use crate::error::{CommitError, Damage, ReadError};
use crate::frame::{
    FRAME_FORMAT, FRAME_HEADER_BYTES, FRAME_HEADER_LEN, FrameHeader, FrameKey, RECORD_BYTES_MAX, delta_hash,
    history_hash,
};
use crate::header::LedgerHeader;

/// Memory of the last record that is kept for the next one: what a block of some ten thousand transfers takes. A new block
/// would touch as much fresh memory each time, which the system has to clear.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The position of the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Offset of the next frame.
    pub offset: u64,
    /// The `link` of that frame.
    pub link: [u8; 32],
    /// Highest slot known durable: the last one, since each is synced before the next begins.
    pub durable_slot: u64,
}

impl Tail {
    /// The position of the first record.
    #[must_use]
    pub const fn first(header: &LedgerHeader) -> Self {
        Self {
            offset: header.end,
            link: header.link,
            durable_slot: 0,
        }
    }
}

/// The writer of a ledger.
pub struct Log {
    storage: Box<dyn Storage>,
    key: FrameKey,
    tail: Tail,
    dead: bool,
    /// The bytes of the last record, for their memory.
    bytes: Vec<u8>,
}

impl Log {
    /// A log that continues at `tail`, whose previous contents are durable.
    #[must_use]
    pub const fn new(storage: Box<dyn Storage>, key: FrameKey, tail: Tail) -> Self {
        Self {
            storage,
            key,
            tail,
            dead: false,
            bytes: Vec::new(),
        }
    }

    /// Whether an earlier append failed.
    pub(crate) const fn is_dead(&self) -> bool {
        self.dead
    }

    /// Offset of the next record.
    pub(crate) const fn end(&self) -> u64 {
        self.tail.offset
    }

    /// The last slot that is durable; 0 before the first.
    pub(crate) const fn durable_slot(&self) -> u64 {
        self.tail.durable_slot
    }

    /// Appends and syncs the record of `history` and `delta`; returns its offset.
    ///
    /// # Errors
    /// `Poisoned` after an earlier failure, `TooLarge` (nothing written), `Storage` (the log is now dead).
    ///
    /// # Panics
    /// If the file would grow to 2^64 bytes.
    pub fn append<T: AsRef<[u8]>>(
        &mut self,
        history: &History<T>,
        delta: &RecordedDelta,
    ) -> Result<u64, CommitError> {
        if self.dead {
            return Err(CommitError::Poisoned);
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let link = encode(
            &mut bytes,
            history,
            delta,
            &self.tail,
            &self.key,
            RECORD_BYTES_MAX,
        )?;
        if let Err(error) = self.write(&bytes) {
            self.dead = true;
            return Err(error.into());
        }
        let offset = self.tail.offset;
        let len = u64::try_from(bytes.len()).expect("a record is at most 1 GiB and its header");
        if bytes.capacity() <= KEPT_BYTES_MAX {
            self.bytes = bytes;
        }
        let end = offset.checked_add(len).expect("a file has fewer than 2^64 bytes");
        self.tail = Tail {
            offset: end,
            link,
            durable_slot: history.header.slot,
        };
        Ok(offset)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.storage
            .append(bytes)
            .map_err(|source| StorageError::new("append a block to", source))?;
        self.storage
            .sync()
            .map_err(|source| StorageError::new("sync", source))
    }
}

/// Makes `bytes` those of the record of `history` and `delta` at `tail`, with at most `max_bytes` after the header; returns the
/// link of the next frame.
///
/// # Errors
/// [`CommitError::TooLarge`].
///
/// # Panics
/// If the record has more than 2^32 transactions, which no budget allows.
pub fn encode<T: AsRef<[u8]>>(
    bytes: &mut Vec<u8>,
    history: &History<T>,
    delta: &RecordedDelta,
    tail: &Tail,
    key: &FrameKey,
    max_bytes: u64,
) -> Result<[u8; 32], CommitError> {
    bytes.clear();
    bytes.resize(FRAME_HEADER_LEN, 0);
    history.serialize(bytes).expect("writing to memory does not fail");
    let history_end = bytes.len();
    delta.serialize(bytes).expect("writing to memory does not fail");
    let history_bytes = &bytes[FRAME_HEADER_LEN..history_end];
    let delta_bytes = &bytes[history_end..];
    let header = FrameHeader {
        slot: history.header.slot,
        durable_slot: tail.durable_slot,
        history_len: len_u64(history_bytes),
        delta_len: len_u64(delta_bytes),
        history_hash: history_hash(history_bytes),
        delta_hash: delta_hash(delta_bytes),
        link: tail.link,
    };
    let len_bytes = header.history_len.saturating_add(header.delta_len);
    if len_bytes > max_bytes {
        return Err(CommitError::TooLarge { len_bytes, max_bytes });
    }
    let (head, link) = header.seal(key);
    bytes[..FRAME_HEADER_LEN].copy_from_slice(&head);
    Ok(link)
}

fn len_u64(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("memory has fewer than 2^64 bytes")
}

/// Why a record could not be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Reading from the storage failed.
    Io(io::Error),
    /// The bytes are wrong.
    Damage(Damage),
}

impl Fault {
    /// The error for the record of `slot` at `offset`.
    pub(crate) fn locate(self, slot: u64, offset: u64) -> ReadError {
        match self {
            Self::Io(source) => StorageError::new("read", source).into(),
            Self::Damage(what) => ReadError::Corrupt { slot, offset, what },
        }
    }
}

impl Fault {
    /// A part that could not be read: damaged, or intact but not decodable.
    fn in_part(error: ExtentError, damaged: Damage, encoding: Damage) -> Self {
        match error {
            ExtentError::Io(source) => Self::Io(source),
            ExtentError::Length => Self::Damage(Damage::Length),
            ExtentError::Hash => Self::Damage(damaged),
            ExtentError::Encoding => Self::Damage(encoding),
        }
    }

    /// The delta part could not be read, here or by the reader of its extent.
    pub(crate) fn in_delta(error: ExtentError) -> Self {
        Self::in_part(error, Damage::Delta, Damage::DeltaEncoding)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A frame whose header is authentic and whose parts lie within the file.
#[derive(Debug, Clone)]
pub struct RecordFrame {
    pub(crate) header: FrameHeader,
    /// The `link` of the next frame.
    pub(crate) checksum: [u8; 32],
    /// The history part.
    pub(crate) history: Extent,
    /// The delta part.
    pub(crate) delta: Extent,
    /// Offset of the next frame.
    pub(crate) end: u64,
}

/// The reader of a ledger; shared between threads.
#[derive(Clone)]
pub(crate) struct LogReader {
    storage: Arc<dyn StorageReader>,
    key: FrameKey,
}

impl LogReader {
    pub(crate) const fn new(storage: Arc<dyn StorageReader>, key: FrameKey) -> Self {
        Self { storage, key }
    }

    /// Current length of the file.
    pub(crate) fn len(&self) -> io::Result<u64> {
        self.storage.len()
    }

    /// The key of the frame checksums.
    pub(crate) const fn key(&self) -> &FrameKey {
        &self.key
    }

    /// Fills `buf` from `offset`.
    pub(crate) fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.storage.read_exact_at(offset, buf)
    }

    /// The frame of `slot` at `offset` in a file of `len` bytes.
    pub(crate) fn frame(&self, slot: u64, offset: u64, len: u64) -> Result<RecordFrame, Fault> {
        let history_at = offset.checked_add(FRAME_HEADER_BYTES).filter(|end| *end <= len);
        let history_at = history_at.ok_or(Fault::Damage(Damage::FrameHeader))?;
        let mut bytes = [0; FRAME_HEADER_LEN];
        self.read(offset, &mut bytes)?;
        let authentic = FrameHeader::open(&bytes, &self.key).ok_or(Fault::Damage(Damage::FrameHeader))?;
        if authentic.format != FRAME_FORMAT {
            return Err(Fault::Damage(Damage::FrameFormat(authentic.format)));
        }
        let header = authentic.header;
        if header.slot != slot {
            return Err(Fault::Damage(Damage::Slot { found: header.slot }));
        }
        let (delta_at, end) = extent(&header, history_at, len).ok_or(Fault::Damage(Damage::Length))?;
        Ok(RecordFrame {
            checksum: authentic.checksum,
            history: Extent {
                offset: history_at,
                len: header.history_len,
                hash: header.history_hash,
                hash_of: history_hash,
            },
            delta: Extent {
                offset: delta_at,
                len: header.delta_len,
                hash: header.delta_hash,
                hash_of: delta_hash,
            },
            header,
            end,
        })
    }

    /// The history part of `frame`.
    pub(crate) fn history(&self, frame: &RecordFrame) -> Result<History, Fault> {
        let read = frame.history.read(&*self.storage);
        let bytes = read.map_err(|error| Fault::in_part(error, Damage::History, Damage::HistoryEncoding))?;
        borsh::from_slice(&bytes).map_err(|_| Fault::Damage(Damage::HistoryEncoding))
    }

    /// The delta part of `frame`.
    pub(crate) fn delta(&self, frame: &RecordFrame) -> Result<RecordedDelta, Fault> {
        let read = frame.delta.read(&*self.storage);
        let bytes = read.map_err(Fault::in_delta)?;
        borsh::from_slice(&bytes).map_err(|_| Fault::Damage(Damage::DeltaEncoding))
    }

    /// The storage of the ledger.
    pub(crate) fn storage(&self) -> &dyn StorageReader {
        &*self.storage
    }
}

/// Offsets of the delta part and of the end, if the parts fit into a file of `len` bytes.
fn extent(header: &FrameHeader, history_at: u64, len: u64) -> Option<(u64, u64)> {
    let parts = header
        .history_len
        .checked_add(header.delta_len)
        .filter(|parts| *parts <= RECORD_BYTES_MAX)?;
    let end = history_at.checked_add(parts).filter(|end| *end <= len)?;
    Some((history_at.checked_add(header.history_len)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(history_len: u64, delta_len: u64) -> FrameHeader {
        FrameHeader {
            slot: 1,
            durable_slot: 0,
            history_len,
            delta_len,
            history_hash: [0; 32],
            delta_hash: [0; 32],
            link: [0; 32],
        }
    }

    #[test]
    fn parts_lie_within_the_file_and_the_limit() {
        assert_eq!(extent(&header(3, 4), 100, 107), Some((103, 107)));
        assert_eq!(extent(&header(3, 4), 100, 106), None);
        assert_eq!(extent(&header(0, 0), 100, 100), Some((100, 100)));
        assert_eq!(
            extent(&header(RECORD_BYTES_MAX, 0), 0, u64::MAX),
            Some((RECORD_BYTES_MAX, RECORD_BYTES_MAX))
        );
        assert_eq!(extent(&header(RECORD_BYTES_MAX, 1), 0, u64::MAX), None);
        assert_eq!(extent(&header(u64::MAX, 1), 0, u64::MAX), None);
        assert_eq!(extent(&header(1, u64::MAX), 0, u64::MAX), None);
        assert_eq!(extent(&header(1, 1), u64::MAX, u64::MAX), None);
    }
}
