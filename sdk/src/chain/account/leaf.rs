//! What the leaf of an account hashes, field by field.

use crate::chain::hashing::{Tag, hash_tagged};
use crate::hash::Hash;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// Bytes of a leaf before it is hashed: two blocks of blake3.
pub(super) const LEAF_LEN: usize = 128;

/// An account without its data, for which a hash stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLeaf {
    /// Address of the account.
    pub key: Pubkey,
    /// The program that alone may change the data and debit the balance.
    pub owner: Pubkey,
    /// Hash of the contents.
    pub data_hash: Hash,
    /// Balance.
    pub lamports: u64,
    /// Length of the contents in bytes.
    pub data_len: u64,
    /// Epoch of the last change.
    pub last_change_epoch: u64,
    /// Whether the account is a program that can be called.
    pub executable: bool,
}

impl AccountLeaf {
    /// Bytes of all fields, without the zeros that fill the last block.
    pub const LEN: usize = 121;

    /// Writes what the leaf hashes.
    pub(super) fn write(&self, leaf: &mut [u8; LEAF_LEN]) {
        leaf[..32].copy_from_slice(&self.key.0);
        leaf[32..64].copy_from_slice(&self.owner.0);
        leaf[64..96].copy_from_slice(&self.data_hash.0);
        leaf[96..104].copy_from_slice(&self.lamports.to_le_bytes());
        leaf[104..112].copy_from_slice(&self.data_len.to_le_bytes());
        leaf[112..120].copy_from_slice(&self.last_change_epoch.to_le_bytes());
        leaf[120] = u8::from(self.executable);
        leaf[Self::LEN..].fill(0);
    }

    /// Reads the fields in the order in which they are hashed; `None` if bytes are missing or `executable` is neither 0 nor 1.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            key: reader.key()?,
            owner: reader.key()?,
            data_hash: reader.hash()?,
            lamports: reader.u64()?,
            data_len: reader.u64()?,
            last_change_epoch: reader.u64()?,
            executable: reader.bool()?,
        })
    }

    /// The fields in the order in which they are hashed.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut leaf = [0; LEAF_LEN];
        self.write(&mut leaf);
        let fields = leaf.first_chunk();
        *fields.expect("the fields are shorter than two blocks")
    }

    /// The hash: the leaf in the delta and in the state tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut leaf = [0; LEAF_LEN];
        self.write(&mut leaf);
        hash_tagged(Tag::AccountLeaf, &leaf)
    }

    /// Whether these are the contents of the account. Hashes them.
    #[must_use]
    pub fn has_data(&self, data: &[u8]) -> bool {
        u64::try_from(data.len()) == Ok(self.data_len)
            && hash_tagged(Tag::AccountData, data) == self.data_hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::account::Account;

    #[test]
    fn fields_survive_their_bytes_and_hash_to_the_leaf() {
        let key = Pubkey::new([1; 32]);
        let account = Account {
            lamports: 5,
            owner: Pubkey::new([2; 32]),
            executable: true,
            last_change_epoch: 9,
            data: vec![7; 300].into(),
        };
        let leaf = account.leaf_fields(&key);
        assert_eq!(leaf.hash(), account.leaf(&key));
        let bytes = leaf.to_bytes();
        assert_eq!(AccountLeaf::read(&mut Reader::new(&bytes)), Some(leaf));
        assert_eq!(AccountLeaf::read(&mut Reader::new(&bytes[1..])), None);
        let mut bytes = bytes;
        bytes[120] = 2;
        assert_eq!(AccountLeaf::read(&mut Reader::new(&bytes)), None);
    }

    #[test]
    fn contents_are_checked_against_length_and_hash() {
        let account = Account {
            data: vec![7; 300].into(),
            ..Account::default()
        };
        let leaf = account.leaf_fields(&Pubkey::default());
        assert!(leaf.has_data(&[7; 300]));
        assert!(!leaf.has_data(&[7; 299]));
        assert!(!leaf.has_data(&[8; 300]));
        let longer = AccountLeaf {
            data_len: 301,
            ..leaf
        };
        assert!(!longer.has_data(&[7; 300]));
    }
}
