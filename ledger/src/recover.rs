//! Replays a ledger and distinguishes a torn tail from corruption.
//!
//! Records are read in order; each must be authentic, continue the previous one and match its two checksums. The first
//! that does not ends the replay, and its meaning depends on what follows it:
//!
//! ```text
//!   [1][2][3][x..............]   no later frame lists slot 4 as durable: a torn tail, cut
//!   [1][2][3][x....][5: durable 4][6: durable 5]      slot 4 was durable: corruption, the ledger does not open
//! ```
//!
//! The lengths in a bad record are not trusted, so later frames are searched for at every byte. A match counts only if
//! its keyed checksum holds (see [`crate::frame`]), and then one header is enough, whether or not its payload survived.
//! The search reads the rest of the file once and stops at the first such frame.
//!
//! A record whose checksums all hold but that does not decode, or contradicts the accounts, was written that way and is
//! never cut: the cause is a bug or another version, and the ledger does not open.

use isobath_sdk::chain::record::{History, RecordError, RecordedDelta, StoredRecord};
use isobath_storage::{StorageError, StorageReader};

use crate::error::{Damage, OpenError};
use crate::frame::{FRAME_HEADER_BYTES, FRAME_HEADER_LEN, FrameHeader};
use crate::header::LedgerHeader;
use crate::log::{Fault, LogReader, RecordFrame, Tail};

/// Bytes searched at a time after a bad record.
pub const SCAN_CHUNK: usize = 1 << 20;
/// [`SCAN_CHUNK`] as a distance in a file.
const SCAN_BYTES: u64 = 1 << 20;

/// Where a replay ended.
pub(crate) struct Replayed {
    /// The position of the next record.
    pub(crate) tail: Tail,
    /// Bytes of a torn tail after it, to be cut.
    pub(crate) torn_bytes: u64,
}

/// Reads every record from `tail` on and calls `apply` with its offset and the record, in order.
///
/// # Errors
/// `Corrupt`, `Storage`, and the errors of `apply`.
pub(crate) fn replay<E: From<OpenError>>(
    reader: &LogReader,
    mut tail: Tail,
    mut apply: impl FnMut(u64, StoredRecord) -> Result<(), E>,
) -> Result<Replayed, E> {
    let failed = |operation, source| OpenError::from(StorageError::new(operation, source));
    let len = reader
        .len()
        .map_err(|source| failed("read the length of", source))?;
    while tail.offset < len {
        let (slot, offset) = (tail.durable_slot.saturating_add(1), tail.offset);
        match read_next(reader, &tail, len) {
            Ok((frame, history, delta)) => {
                apply(offset, StoredRecord { history, delta })?;
                tail = Tail {
                    offset: frame.end,
                    link: frame.checksum,
                    durable_slot: slot,
                };
            }
            Err(Fault::Damage(what)) => {
                if is_as_written(what) || is_known_durable(reader, slot, offset, len)? {
                    return Err(OpenError::Corrupt { slot, offset, what }.into());
                }
                return Ok(Replayed {
                    tail,
                    torn_bytes: len.saturating_sub(offset),
                });
            }
            Err(Fault::Io(source)) => return Err(failed("read", source).into()),
        }
    }
    Ok(Replayed { tail, torn_bytes: 0 })
}

/// Reads the whole record at `tail`.
fn read_next(
    reader: &LogReader,
    tail: &Tail,
    len: u64,
) -> Result<(RecordFrame, History, RecordedDelta), Fault> {
    let frame = reader.frame(tail.durable_slot.saturating_add(1), tail.offset, len)?;
    if frame.header.link != tail.link {
        return Err(Fault::Damage(Damage::Link));
    }
    let history = reader.history(&frame)?;
    let delta = reader.delta(&frame)?;
    if history.header.slot != frame.header.slot {
        return Err(Fault::Damage(Damage::Record(RecordError::SlotsDisagree)));
    }
    Ok((frame, history, delta))
}

/// Whether the checksums held, so that the bytes are as written.
const fn is_as_written(what: Damage) -> bool {
    matches!(
        what,
        Damage::FrameFormat(_) | Damage::HistoryEncoding | Damage::DeltaEncoding | Damage::Record(_)
    )
}

/// Whether any frame header in `[offset, len)` lists `slot` as durable.
fn is_known_durable(reader: &LogReader, slot: u64, offset: u64, len: u64) -> Result<bool, OpenError> {
    let mut window = Vec::new();
    let mut at = offset;
    loop {
        // Windows overlap by one byte less than a header, so that each header lies wholly in one of them.
        let left = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
        if left < FRAME_HEADER_LEN {
            return Ok(false);
        }
        window.resize(left.min(SCAN_CHUNK), 0);
        reader
            .read(at, &mut window)
            .map_err(|source| StorageError::new("read", source))?;
        let headers = window
            .windows(FRAME_HEADER_LEN)
            .filter_map(|bytes| bytes.first_chunk());
        let mut claims = headers.filter_map(|bytes| FrameHeader::open(bytes, reader.key()));
        if claims.any(|claim| claim.header.durable_slot >= slot) {
            return Ok(true);
        }
        let step = window.len().saturating_sub(FRAME_HEADER_LEN - 1);
        at = at.saturating_add(u64::try_from(step).unwrap_or(u64::MAX));
    }
}

/// The slot of the last frame header in `storage`, whether or not its record is whole; 0 if there is none.
///
/// Reads backwards from the end until it finds one: no more than the last record and one window.
pub(crate) fn newest_slot(storage: &dyn StorageReader, ledger: &LedgerHeader) -> Result<u64, StorageError> {
    let fail = |source| StorageError::new("read", source);
    let mut end = storage.len().map_err(fail)?;
    let mut window = Vec::new();
    loop {
        let start = end.saturating_sub(SCAN_BYTES).max(ledger.end);
        let left = usize::try_from(end.saturating_sub(start)).unwrap_or_default();
        if left < FRAME_HEADER_LEN {
            return Ok(0);
        }
        window.resize(left, 0);
        storage.read_exact_at(start, &mut window).map_err(fail)?;
        let mut headers = window
            .windows(FRAME_HEADER_LEN)
            .rev()
            .filter_map(|bytes| bytes.first_chunk());
        if let Some(frame) = headers.find_map(|bytes| FrameHeader::open(bytes, &ledger.key)) {
            return Ok(frame.header.slot);
        }
        if start == ledger.end {
            return Ok(0);
        }
        // Windows overlap by one byte less than a header, so that each header lies wholly in one of them.
        end = start.saturating_add(FRAME_HEADER_BYTES.saturating_sub(1));
    }
}
