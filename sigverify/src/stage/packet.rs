//! The input and output of the stage.

use std::ops::Range;

use thiserror::Error;

use crate::{Cause, Item};

/// Where message, keys and signatures are in the bytes of a packet. Checked when it is made.
///
/// ```text
/// signatures  64 bytes each, contiguous
/// keys        32 bytes each, contiguous; signature i is by key i
/// message     the bytes that all of them sign
/// ```
///
/// The ranges may overlap (in a transaction the keys are part of the message) and come in any order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    message: Range<usize>,
    keys: Range<usize>,
    signatures: Range<usize>,
}

/// Why ranges do not fit a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// A range ends before it begins, or beyond the end of the packet.
    #[error("a range lies outside the packet")]
    Range,
    /// There is no signature, or the number of 32-byte keys differs from the number of 64-byte signatures.
    #[error("a packet needs at least one signature and one key for each signature")]
    Count,
}

impl Layout {
    /// The layout of `bytes`.
    ///
    /// # Errors
    /// [`LayoutError`]: a range lies outside the bytes, or the numbers of keys and signatures differ.
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

    /// Whether the ranges fit `bytes`.
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

/// Bytes with signatures in them, in a vector or in whatever else the caller holds them.
#[derive(Debug)]
pub struct Packet<T, B = Vec<u8>> {
    /// The whole packet. Two packets are the same if all their bytes and their layouts are equal.
    pub bytes: B,
    /// Where its parts are.
    pub layout: Layout,
    /// Returned with the verdict, unread.
    pub tag: T,
}

impl<T, B: AsRef<[u8]>> Packet<T, B> {
    /// The signatures to verify; empty if the layout does not fit the bytes.
    pub(super) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let part = |range: &Range<usize>| self.bytes.as_ref().get(range.clone()).unwrap_or_default();
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
    /// Its index among the signatures of the packet.
    pub index: usize,
    /// The first check that it failed.
    pub cause: Cause,
}

/// Whether all signatures of a packet are valid, or the first one that is not.
pub type PacketVerdict = Result<(), Failure>;

/// A packet with its verdict.
#[derive(Debug)]
pub struct Verified<T, B = Vec<u8>> {
    /// The packet, as it was submitted.
    pub packet: Packet<T, B>,
    /// The verdict.
    pub verdict: PacketVerdict,
    /// Whether the same packet came shortly before; then nothing was verified, and the verdict is that of the first.
    pub is_duplicate: bool,
}

/// A packet that the stage rejected.
#[derive(Debug)]
pub struct Refused<T, B = Vec<u8>> {
    /// The packet, as it was submitted.
    pub packet: Packet<T, B>,
    /// Why it was rejected.
    pub reason: Refusal,
}

/// Why the stage rejected a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The queue is full; try again later.
    #[error("the verification queue is full; try again later")]
    Full,
    /// The stage was closed or has failed.
    #[error("the verification stage is closed")]
    Closed,
    /// The layout does not fit the bytes.
    #[error("{0}")]
    Layout(LayoutError),
}
