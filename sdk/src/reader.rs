//! A reader over fixed-width little-endian bytes, the encoding that Solana calls bincode.
//!
//! Instruction data, sysvars, nonces and lookup tables use it: integers of fixed width, enum tags of 4 bytes, an option
//! as one byte 0 or 1 before the value, a list or text after a u64 count. Every method reads one value from the front
//! or returns `None`; a decoder is a straight list of reads with `?`. The caller decides what a `None` means.

use crate::hash::Hash;
use crate::pubkey::Pubkey;

/// The bytes not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the front of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all bytes are read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*front)
    }

    /// Reads a u8.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    /// Reads a byte that must be 0 or 1.
    pub(crate) fn bool(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Reads a u32.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// Reads a u64.
    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// Reads an i64.
    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }

    /// Reads a u128.
    pub(crate) fn u128(&mut self) -> Option<u128> {
        self.take().map(u128::from_le_bytes)
    }

    /// Reads 32 bytes as a key.
    pub(crate) fn key(&mut self) -> Option<Pubkey> {
        self.take().map(Pubkey)
    }

    /// Reads 32 bytes as a hash.
    pub(crate) fn hash(&mut self) -> Option<Hash> {
        self.take().map(Hash)
    }

    /// Reads an optional key.
    pub(crate) fn option_key(&mut self) -> Option<Option<Pubkey>> {
        if self.bool()? {
            self.key().map(Some)
        } else {
            Some(None)
        }
    }

    /// Reads a u64 count and that many bytes, which must be UTF-8.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.u64()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    /// Reads a u64 count and that many values. A count above `count_max` is rejected before anything is allocated.
    pub(crate) fn list<T>(
        &mut self,
        count_max: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = usize::try_from(self.u64()?)
            .ok()
            .filter(|count| *count <= count_max)?;
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_front_to_back_and_stops_at_the_end() {
        let mut reader = Reader::new(&[1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(reader.u8(), Some(1));
        assert_eq!(reader.u32(), Some(2));
        assert_eq!(reader.u64(), Some(3));
        assert_eq!(reader.u32(), None);
        assert_eq!(reader.u8(), Some(9));
        assert_eq!(reader.u8(), None);
    }

    #[test]
    fn tags_of_options_and_booleans_are_strict() {
        assert_eq!(Reader::new(&[2]).bool(), None);
        assert_eq!(Reader::new(&[0]).option_key(), Some(None));
        assert_eq!(Reader::new(&[1, 5]).option_key(), None);
        assert_eq!(
            Reader::new(&[[1].as_slice(), &[5; 32]].concat()).option_key(),
            Some(Some(Pubkey([5; 32])))
        );
        assert_eq!(Reader::new(&[3]).option_key(), None);
    }

    #[test]
    fn texts_and_lists_are_bounded_by_what_is_there() {
        let text = |len: u64, bytes: &[u8]| [&len.to_le_bytes(), bytes].concat();
        assert_eq!(Reader::new(&text(2, b"abc")).text(), Some("ab"));
        assert_eq!(Reader::new(&text(4, b"abc")).text(), None);
        assert_eq!(Reader::new(&text(u64::MAX, b"abc")).text(), None);
        assert_eq!(Reader::new(&text(1, &[0xff])).text(), None);
        assert_eq!(
            Reader::new(&text(2, &[7, 8, 9])).list(2, Reader::u8),
            Some(vec![7, 8])
        );
        assert_eq!(Reader::new(&text(2, &[7, 8, 9])).list(1, Reader::u8), None);
        assert_eq!(Reader::new(&text(3, &[7, 8])).list(9, Reader::u8), None);
    }
}
