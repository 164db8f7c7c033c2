//! What goes into the stage and what comes out of it.

use std::ops::Range;

use thiserror::Error;

use crate::{Cause, Item};

/// Where message, keys and signatures stand in the bytes of a packet. Checked when it is made.
///
/// ```text
/// signatures  64 bytes each, one behind the other
/// keys        32 bytes each, one behind the other; key i made signature i
/// message     the bytes that every one of them signed
/// ```
///
/// The ranges may overlap (in a transaction the keys are part of the message) and come in any order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    message: Range<usize>,
    keys: Range<usize>,
    signatures: Range<usize>,
}

/// Why ranges are not those of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// A range ends before it begins or behind the end of the packet.
    #[error("a range does not lie within the packet")]
    Range,
    /// There is no signature, or not one key of 32 bytes for each signature of 64.
    #[error("the packet needs one key for each of its signatures, and a signature at least")]
    Count,
}

impl Layout {
    /// The layout of `bytes`.
    ///
    /// # Errors
    /// [`LayoutError`]: a range does not lie within the bytes, or keys and signatures are not as many.
    pub fn new(
        bytes: &[u8],
        message: Range<usize>,
        keys: Range<usize>,
        signatures: Range<usize>,
    ) -> Result<Self, LayoutError> {
        let layout = Self {
            message,
            keys,
            signatures,
        };
        layout.check(bytes)?;
        Ok(layout)
    }

    /// Whether these are ranges of `bytes`.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), LayoutError> {
        let part = |range: &Range<usize>| bytes.get(range.clone()).ok_or(LayoutError::Range);
        part(&self.message)?;
        let (keys, key_rest) = part(&self.keys)?.as_chunks::<32>();
        let (signatures, signature_rest) = part(&self.signatures)?.as_chunks::<64>();
        let is_whole = key_rest.is_empty() && signature_rest.is_empty();
        if is_whole && keys.len() == signatures.len() && !keys.is_empty() {
            Ok(())
        } else {
            Err(LayoutError::Count)
        }
    }

    /// How many signatures there are.
    #[must_use]
    pub const fn signature_count(&self) -> usize {
        self.signatures.end.saturating_sub(self.signatures.start) / 64
    }

    /// The numbers that define it.
    pub(super) const fn numbers(&self) -> [usize; 6] {
        [
            self.message.start,
            self.message.end,
            self.keys.start,
            self.keys.end,
            self.signatures.start,
            self.signatures.end,
        ]
    }
}

/// Bytes with signatures in them.
#[derive(Debug)]
pub struct Packet<T> {
    /// The whole packet. Two packets are the same if all their bytes and their layouts are.
    pub bytes: Vec<u8>,
    /// Where things stand in it.
    pub layout: Layout,
    /// Whatever the caller wants back with the verdict.
    pub tag: T,
}

impl<T> Packet<T> {
    /// The signatures to verify; none if the layout is not one of these bytes.
    pub(super) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let part = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
        let message = part(&self.layout.message);
        let keys = part(&self.layout.keys).as_chunks::<32>().0;
        let signatures = part(&self.layout.signatures).as_chunks::<64>().0;
        keys.iter().zip(signatures).map(move |(key, signature)| Item {
            key,
            message,
            signature,
        })
    }
}

/// The first signature of a packet that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its place among the signatures of the packet.
    pub index: usize,
    /// The first check that it failed.
    pub cause: Cause,
}

/// Whether all signatures of a packet are valid, or the first one that is not.
pub type PacketVerdict = Result<(), Failure>;

/// A packet with its verdict.
#[derive(Debug)]
pub struct Verified<T> {
    /// The packet, as it was submitted.
    pub packet: Packet<T>,
    /// The verdict.
    pub verdict: PacketVerdict,
    /// Whether the same packet came shortly before; then nothing was verified and the verdict is that of the first one.
    pub is_duplicate: bool,
}

/// A packet that the stage did not take.
#[derive(Debug)]
pub struct Refused<T> {
    /// The packet, as it was submitted.
    pub packet: Packet<T>,
    /// Why.
    pub reason: Refusal,
}

/// Why the stage did not take a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Too many wait already; try again later.
    #[error("the queue of the stage is full: try again later")]
    Full,
    /// The stage was closed or has failed.
    #[error("the stage takes nothing in any more")]
    Closed,
    /// The layout is that of other bytes.
    #[error("{0}")]
    Layout(LayoutError),
}
