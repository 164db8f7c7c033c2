//! The contents of an account: shared by all who hold them, and copied at the first write.
//!
//! Invariant: contents that someone else holds never change; a writer that shares them works on a copy. So a clone costs
//! no more for ten megabytes than for one byte, and an account whose balance alone changes keeps its contents.

use std::io::{self, Read, Write};
use std::ops::Deref;
use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

/// The contents of an account.
///
/// Reads as a slice of bytes. The canonical bytes are those of a `Vec<u8>`.
#[derive(Clone, Default)]
pub struct AccountData {
    /// Absent for contents that were never written, so that accounts without contents allocate nothing.
    bytes: Option<Arc<Vec<u8>>>,
}

impl AccountData {
    /// No contents.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: None }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.as_ref().map_or(&[], |bytes| bytes.as_slice())
    }

    /// The bytes, to change in place or in length; copied first if they are shared ([`Self::is_shared`]).
    pub fn to_mut(&mut self) -> &mut Vec<u8> {
        Arc::make_mut(self.bytes.get_or_insert_default())
    }

    /// Whether someone else holds the same bytes, so that a write would copy them.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.bytes
            .as_ref()
            .is_some_and(|bytes| Arc::strong_count(bytes) > 1)
    }

    /// Whether both are the same bytes in memory; if not, they may still be equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.bytes, &other.bytes) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Deref for AccountData {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for AccountData {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<Vec<u8>> for AccountData {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes: (!bytes.is_empty()).then(|| Arc::new(bytes)),
        }
    }
}

/// Costs a comparison of the bytes only where they are not the same in memory.
impl PartialEq for AccountData {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.as_slice() == other.as_slice()
    }
}

impl Eq for AccountData {}

impl std::fmt::Debug for AccountData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl BorshSerialize for AccountData {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.as_slice().serialize(writer)
    }
}

impl BorshDeserialize for AccountData {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        Vec::<u8>::deserialize_reader(reader).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_copies_what_is_shared_and_nothing_else() {
        let mut data = AccountData::from(vec![1, 2, 3]);
        let address = data.as_ptr();
        data.to_mut()[0] = 9;
        assert_eq!(data.as_ptr(), address, "nobody else held the bytes");
        let before = data.clone();
        assert!(data.is_shared() && data.is_same(&before));
        data.to_mut().push(4);
        assert_eq!(
            (before.as_slice(), data.as_slice()),
            (&[9, 2, 3][..], &[9, 2, 3, 4][..])
        );
        assert!(!data.is_shared() && !data.is_same(&before) && data != before);
    }

    #[test]
    fn empty_contents_are_equal_however_they_came_about() {
        let mut emptied = AccountData::from(vec![1]);
        emptied.to_mut().clear();
        assert_eq!(emptied, AccountData::new());
        assert!(!emptied.is_same(&AccountData::new()));
        assert!(AccountData::from(Vec::new()).is_same(&AccountData::new()));
    }

    #[test]
    fn the_canonical_bytes_are_those_of_a_vector() {
        let bytes = vec![7u8; 300];
        let encoded = borsh::to_vec(&AccountData::from(bytes.clone())).unwrap();
        assert_eq!(encoded, borsh::to_vec(&bytes).unwrap());
        let decoded: AccountData = borsh::from_slice(&encoded).unwrap();
        assert_eq!(decoded.as_slice(), bytes);
    }
}
