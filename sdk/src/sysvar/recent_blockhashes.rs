//! The RecentBlockhashes sysvar: usable blockhashes, newest first.
//!
//! Deprecated on Solana for reading, but nonce instructions take it as an account and fail when it is empty.
//!
//! ```text
//!  count u64 | count x { hash 32, lamports_per_signature u64 } | zeros up to 6008 bytes
//! ```

use super::{SysvarDecodeError, decode};
use crate::hash::Hash;
use crate::reader::Reader;

/// Maximum number of entries.
pub const RECENT_BLOCKHASHES_MAX: usize = 150;

/// One usable blockhash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentBlockhash {
    /// The blockhash.
    pub blockhash: Hash,
    /// Base fee of a signature under it.
    pub lamports_per_signature: u64,
}

/// Contents of the RecentBlockhashes sysvar, at most [`RECENT_BLOCKHASHES_MAX`] entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentBlockhashes {
    entries: Vec<RecentBlockhash>,
}

impl RecentBlockhashes {
    /// Length of the account data, whatever the number of entries.
    pub const LEN: usize = 6_008;

    /// The newest entries of `newest_first`, as many as the sysvar holds.
    pub fn new(newest_first: impl IntoIterator<Item = RecentBlockhash>) -> Self {
        Self {
            entries: newest_first.into_iter().take(RECENT_BLOCKHASHES_MAX).collect(),
        }
    }

    /// The entries, newest first.
    #[must_use]
    pub fn entries(&self) -> &[RecentBlockhash] {
        &self.entries
    }

    /// The account data, padded to its size.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        let count = u64::try_from(self.entries.len()).expect("a length in memory fits a u64");
        bytes.extend(count.to_le_bytes());
        for entry in &self.entries {
            bytes.extend(entry.blockhash.0);
            bytes.extend(entry.lamports_per_signature.to_le_bytes());
        }
        bytes.resize(Self::LEN, 0);
        bytes
    }

    /// Reads the account data; the padding may be missing.
    ///
    /// # Errors
    /// The bytes are too few or the entries too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        let entries = decode(bytes, |reader| reader.list(RECENT_BLOCKHASHES_MAX, read_entry))?;
        Ok(Self { entries })
    }
}

fn read_entry(reader: &mut Reader<'_>) -> Option<RecentBlockhash> {
    Some(RecentBlockhash {
        blockhash: reader.hash()?,
        lamports_per_signature: reader.u64()?,
    })
}
