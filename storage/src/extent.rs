//! A range of bytes in a storage, with its hash.
//!
//! The writer of the bytes hands out their extent; a reader needs to know nothing else about the file. The length is
//! trusted: the code that builds an extent has checked it against a header that it trusts.

use std::io;

use thiserror::Error;

use super::StorageReader;

/// Bytes of a storage and their hash.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Where the bytes begin.
    pub offset: u64,
    /// Number of bytes.
    pub len: u64,
    /// Hash of the bytes as they were written.
    pub hash: [u8; 32],
    /// How that hash is computed.
    pub hash_of: fn(&[u8]) -> [u8; 32],
}

/// Why the bytes of an extent are not usable.
#[derive(Debug, Error)]
pub enum ExtentError {
    /// Reading from the storage failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The extent is longer than memory can hold.
    #[error("the extent is longer than memory can hold")]
    Length,
    /// The bytes do not match the hash.
    #[error("the bytes do not have the hash they were written with")]
    Hash,
    /// The bytes match the hash but do not decode.
    #[error("the bytes do not decode")]
    Encoding,
}

impl Extent {
    /// Reads the bytes and checks their hash.
    ///
    /// # Errors
    /// Every [`ExtentError`] except [`ExtentError::Encoding`], which the code that decodes the bytes reports.
    pub fn read(&self, storage: &dyn StorageReader) -> Result<Vec<u8>, ExtentError> {
        let len = usize::try_from(self.len).map_err(|_| ExtentError::Length)?;
        let mut bytes = vec![0; len];
        storage.read_exact_at(self.offset, &mut bytes)?;
        if (self.hash_of)(&bytes) == self.hash {
            Ok(bytes)
        } else {
            Err(ExtentError::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LossyStorage, Storage};

    fn sum(bytes: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        for byte in bytes {
            hash[0] ^= byte;
        }
        hash
    }

    #[test]
    fn reads_what_has_its_hash_and_nothing_else() {
        let mut disk = LossyStorage::new();
        disk.append(&[9, 1, 2, 4, 9]).unwrap();
        let reader = disk.reader().unwrap();
        let extent = Extent {
            offset: 1,
            len: 3,
            hash: sum(&[1, 2, 4]),
            hash_of: sum,
        };
        assert_eq!(extent.read(&*reader).unwrap(), [1, 2, 4]);
        let damaged = Extent { offset: 2, ..extent };
        assert!(matches!(damaged.read(&*reader), Err(ExtentError::Hash)));
        let beyond = Extent { offset: 3, ..extent };
        assert!(matches!(beyond.read(&*reader), Err(ExtentError::Io(_))));
    }
}
