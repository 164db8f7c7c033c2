//! Replaying a ledger, and telling a torn tail from corruption.
//!
//! Records are read in order; each must be authentic, continue the one before it, and hold its two
//! checksums. The first that does not ends the replay, and what it means depends on what lies behind:
//!
//! ```text
//!   [1][2][3][x..............]   no later frame names slot 4 durable: a torn tail, cut
//!   [1][2][3][x....][5: durable 4][6: durable 5]      slot 4 was durable: corruption, refused
//! ```
//!
//! A bad record's own lengths are not believed, so later frames are looked for at every byte. What
//! is found there is believed only if its keyed checksum holds (see [`crate::frame`]), and then one
//! header is enough, whether or not its payload survived. The search reads the rest of the file once
//! and stops at the first proof.
//!
//! A record whose checksums all hold but that does not decode, or contradicts the accounts, was
//! written so and is never cut: that is a bug or another version, and refused.

use isobath_sdk::chain::record::{BlockRecord, Delta, History, RecordError};
use isobath_storage::StorageError;

use crate::error::{Damage, OpenError};
use crate::frame::{FRAME_HEADER_LEN, FrameHeader};
use crate::log::{Fault, LogReader, RecordFrame, Tail};

/// Bytes searched at a time behind a bad record.
pub const SCAN_CHUNK: usize = 1 << 20;

/// Where a replay ended.
pub(crate) struct Replayed {
    /// Where the next record goes.
    pub(crate) tail: Tail,
    /// Bytes of a torn tail behind it, to be cut.
    pub(crate) torn_bytes: u64,
}

/// Reads every record from `tail` on and hands it with its offset to `apply`, in order.
///
/// # Errors
/// `Corrupt`, `Storage`, and whatever `apply` returns.
pub(crate) fn replay(
    reader: &LogReader,
    mut tail: Tail,
    mut apply: impl FnMut(u64, BlockRecord) -> Result<(), OpenError>,
) -> Result<Replayed, OpenError> {
    let len = reader
        .len()
        .map_err(|source| StorageError::new("measure", source))?;
    while tail.offset < len {
        let (slot, offset) = (tail.durable_slot.saturating_add(1), tail.offset);
        match read_next(reader, &tail, len) {
            Ok((frame, history, delta)) => {
                apply(offset, BlockRecord { history, delta })?;
                tail = Tail {
                    offset: frame.end,
                    link: frame.checksum,
                    durable_slot: slot,
                };
            }
            Err(Fault::Damage(what)) => {
                if is_as_written(what) || is_known_durable(reader, slot, offset, len)? {
                    return Err(OpenError::Corrupt { slot, offset, what });
                }
                return Ok(Replayed {
                    tail,
                    torn_bytes: len.saturating_sub(offset),
                });
            }
            Err(Fault::Io(source)) => return Err(StorageError::new("read", source).into()),
        }
    }
    Ok(Replayed { tail, torn_bytes: 0 })
}

/// The record at `tail`, whole.
fn read_next(reader: &LogReader, tail: &Tail, len: u64) -> Result<(RecordFrame, History, Delta), Fault> {
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

/// Whether the checksums held, so that the bytes are those that were written.
const fn is_as_written(what: Damage) -> bool {
    matches!(
        what,
        Damage::FrameFormat(_) | Damage::HistoryEncoding | Damage::DeltaEncoding | Damage::Record(_)
    )
}

/// Whether any frame header in `[offset, len)` says that `slot` was durable when it was written.
fn is_known_durable(reader: &LogReader, slot: u64, offset: u64, len: u64) -> Result<bool, OpenError> {
    let mut window = Vec::new();
    let mut at = offset;
    loop {
        // Windows overlap by one header less a byte, so that each header lies wholly in one of them.
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
