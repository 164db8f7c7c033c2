//! A hash of hashes: their first bytes.
//!
//! For tables whose entries are outputs of blake3 that no client chooses, such as blockhashes. A client may look up what it
//! likes; it meets only entries that are spread evenly.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes a [`Hash`](isobath_program_abi::Hash) by its first eight bytes.
pub(super) type ByFirstBytes = BuildHasherDefault<FirstBytes>;

/// The first bytes of what was written last.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        // The length of an array comes before its bytes, which replace it.
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use isobath_program_abi::Hash;

    use super::*;

    #[test]
    fn a_hash_is_hashed_by_its_first_bytes() {
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&77_u64.to_le_bytes());
        assert_eq!(ByFirstBytes::default().hash_one(Hash(bytes)), 77);
    }
}
