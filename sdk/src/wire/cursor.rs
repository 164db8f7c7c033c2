//! A reader over borrowed bytes, for the wire decoders.
//!
//! Every method either reads one value from the front, or returns [`DecodeError::Truncated`] and reads nothing, so a
//! decoder is a straight list of reads and cannot run past the end.

use super::short_vec;
use crate::errors::DecodeError;

/// The bytes not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A reader at the front of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Number of bytes read so far.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// Whether all bytes are read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Reads `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).ok_or(DecodeError::Truncated)?;
        let part = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated)?;
        self.at = end;
        Ok(part)
    }

    /// Reads one byte.
    pub(crate) fn take_u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?[0])
    }

    /// Reads a compact-u16.
    pub(crate) fn take_compact(&mut self) -> Result<u16, DecodeError> {
        let (value, len) = short_vec::decode(self.bytes.get(self.at..).unwrap_or_default())?;
        self.take(len)?;
        Ok(value)
    }

    /// Reads a compact-u16 and as many bytes as it says.
    pub(crate) fn take_compact_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.take_compact()?;
        self.take(usize::from(len))
    }

    /// Reads a 32-byte key.
    pub(crate) fn take_key(&mut self) -> Result<&'a [u8; 32], DecodeError> {
        self.take(32)?.first_chunk().ok_or(DecodeError::Truncated)
    }
}
