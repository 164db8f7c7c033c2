//! Accounts and the leaves that commit to them.
//!
//! An account has one leaf for both commitments over accounts: the delta root of a block and the state root over
//! everything. That is why the leaf contains the key and the epoch of the last change, and why a closed account has a
//! leaf of its own (a tombstone) in the delta.
//!
//! ```text
//!  tombstone = H(tombstone leaf; key 32)
//!  leaf      = H(account leaf; 128 bytes)      0  key                32
//!                                             32  owner              32
//!                                             64  data_hash          32  H(account data; data)
//!                                             96  lamports           u64
//!                                            104  data_len           u64
//!                                            112  last_change_epoch  u64
//!                                            120  executable         u8
//!                                            121  zeros               7
//! ```
//! Integers are little-endian. A leaf is exactly two blocks of blake3, so that many leaves can be hashed side by side. The
//! hash of the contents is cached beside them ([`AccountData::hash`]), so an account of any size that only changes its
//! balance hashes 128 bytes.

mod data;
mod known_hashes;
mod known_root;
mod leaf;
mod leaves;

use borsh::{BorshDeserialize, BorshSerialize};

pub use self::data::AccountData;
pub(crate) use self::known_hashes::{KnownSubtree, SUBTREE_LEN};
pub use self::leaf::AccountLeaf;
use self::leaf::LEAF_LEN;
pub use self::leaves::delta_leaves;
use super::hashing::{Tag, hash_tagged};
use crate::hash::Hash;
use crate::pubkey::Pubkey;

/// An account without its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountHeader {
    /// Balance.
    pub lamports: u64,
    /// The program that alone may change the data and debit the balance.
    pub owner: Pubkey,
    /// Whether the account is a program that can be called.
    pub executable: bool,
    /// Epoch of the last change.
    pub last_change_epoch: u64,
    /// Length of the contents.
    pub data_len: usize,
}

impl AccountHeader {
    /// The account with this header and these contents, whose length is theirs.
    #[must_use]
    pub const fn with_data(&self, data: AccountData) -> Account {
        Account {
            lamports: self.lamports,
            owner: self.owner,
            executable: self.executable,
            last_change_epoch: self.last_change_epoch,
            data,
        }
    }
}

/// The state stored under one key. An account without lamports does not exist.
///
/// Its layout is that of [`isobath_program_abi::cell`], which programs read.
#[repr(C)]
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Balance.
    pub lamports: u64,
    /// The program that alone may change the data and debit the balance.
    pub owner: Pubkey,
    /// Whether the account is a program that can be called.
    pub executable: bool,
    /// Epoch of the last block whose end state differs from its start state in any other byte. Set at the end of the
    /// block, never during execution.
    pub last_change_epoch: u64,
    /// Contents, meaningful to the owner only.
    pub data: AccountData,
}

impl Account {
    /// An account without data.
    #[must_use]
    pub const fn new(lamports: u64, owner: Pubkey) -> Self {
        Self {
            lamports,
            owner,
            executable: false,
            last_change_epoch: 0,
            data: AccountData::new(),
        }
    }

    /// The account without its contents.
    #[must_use]
    pub const fn header(&self) -> AccountHeader {
        AccountHeader {
            lamports: self.lamports,
            owner: self.owner,
            executable: self.executable,
            last_change_epoch: self.last_change_epoch,
            data_len: self.data.as_slice().len(),
        }
    }

    /// Whether everything that a program can see or change is the same; the epoch of the last change is not compared.
    #[must_use]
    pub fn same_contents(&self, other: &Self) -> bool {
        self.lamports == other.lamports
            && self.owner == other.owner
            && self.executable == other.executable
            && self.data == other.data
    }

    /// The leaf of this account under `key`. Hashes the leaf, and the contents as far as [`AccountData::hash`] does.
    #[must_use]
    pub fn leaf(&self, key: &Pubkey) -> Hash {
        let mut leaf = [0; LEAF_LEN];
        self.write_leaf(key, &mut leaf);
        hash_tagged(Tag::AccountLeaf, &leaf)
    }

    /// What the leaf of this account under `key` hashes. Hashes the contents as far as [`AccountData::hash`] does.
    #[must_use]
    pub fn leaf_fields(&self, key: &Pubkey) -> AccountLeaf {
        AccountLeaf {
            key: *key,
            owner: self.owner,
            data_hash: self.data.hash(),
            lamports: self.lamports,
            data_len: u64::try_from(self.data.len()).expect("memory has fewer than 2^64 bytes"),
            last_change_epoch: self.last_change_epoch,
            executable: self.executable,
        }
    }

    /// Writes what the leaf under `key` hashes.
    fn write_leaf(&self, key: &Pubkey, leaf: &mut [u8; LEAF_LEN]) {
        self.leaf_fields(key).write(leaf);
    }
}

const _: () = {
    use std::mem::offset_of;

    use isobath_program_abi::cell::AccountLayout;

    assert!(offset_of!(Account, lamports) == offset_of!(AccountLayout, lamports));
    assert!(offset_of!(Account, owner) == offset_of!(AccountLayout, owner));
    assert!(offset_of!(Account, executable) == offset_of!(AccountLayout, executable));
    assert!(offset_of!(Account, last_change_epoch) == offset_of!(AccountLayout, last_change_epoch));
    // Data, length and capacity are the words of the handle, in this order.
    assert!(offset_of!(Account, data) == offset_of!(AccountLayout, data));
    assert!(size_of::<Account>() == size_of::<AccountLayout>());
};

/// The leaf that records that the account under `key` was closed.
#[must_use]
pub fn tombstone_leaf(key: &Pubkey) -> Hash {
    hash_tagged(Tag::TombstoneLeaf, &key.0)
}

/// The leaf of a changed account in a delta: of the new state, or the tombstone if it was closed.
#[must_use]
pub fn delta_leaf(key: &Pubkey, account: Option<&Account>) -> Hash {
    account.map_or_else(|| tombstone_leaf(key), |account| account.leaf(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Account {
        Account {
            lamports: 1_000_000,
            owner: Pubkey::new([4; 32]),
            executable: true,
            last_change_epoch: 7,
            data: vec![1, 2, 3, 4, 5].into(),
        }
    }

    /// The leaf spelled out field by field.
    fn leaf_oracle(key: &Pubkey, account: &Account) -> Hash {
        let mut bytes = key.0.to_vec();
        bytes.extend(account.owner.0);
        bytes.extend(blake3::derive_key(Tag::AccountData.context(), &account.data));
        bytes.extend(account.lamports.to_le_bytes());
        bytes.extend((account.data.len() as u64).to_le_bytes());
        bytes.extend(account.last_change_epoch.to_le_bytes());
        bytes.push(u8::from(account.executable));
        bytes.extend([0; 7]);
        assert_eq!(bytes.len(), 128);
        Hash(blake3::derive_key(Tag::AccountLeaf.context(), &bytes))
    }

    #[test]
    fn leaf_covers_every_field() {
        let key = Pubkey::new([9; 32]);
        let base = sample();
        let variants = [
            Account {
                lamports: 1_000_001,
                ..base.clone()
            },
            Account {
                owner: Pubkey::new([5; 32]),
                ..base.clone()
            },
            Account {
                executable: false,
                ..base.clone()
            },
            Account {
                last_change_epoch: 8,
                ..base.clone()
            },
            Account {
                data: vec![1, 2, 3, 4].into(),
                ..base
            },
            Account {
                data: vec![1, 2, 3, 4, 5, 0].into(),
                ..base
            },
        ];
        assert_eq!(base.leaf(&key), leaf_oracle(&key, &base));
        assert_ne!(base.leaf(&key), base.leaf(&Pubkey::new([8; 32])));
        for variant in variants {
            assert_eq!(variant.leaf(&key), leaf_oracle(&key, &variant));
            assert_ne!(variant.leaf(&key), base.leaf(&key), "{variant:?}");
        }
    }

    #[test]
    fn only_the_epoch_is_left_out_of_the_comparison() {
        let base = sample();
        assert!(base.same_contents(&Account {
            last_change_epoch: 99,
            ..base.clone()
        }));
        assert!(!base.same_contents(&Account {
            lamports: 1,
            ..base.clone()
        }));
        assert!(!base.same_contents(&Account {
            owner: Pubkey::new([5; 32]),
            ..base.clone()
        }));
        assert!(!base.same_contents(&Account {
            executable: false,
            ..base.clone()
        }));
        assert!(!base.same_contents(&Account {
            data: Vec::new().into(),
            ..base
        }));
    }

    #[test]
    fn a_tombstone_is_no_account() {
        let key = Pubkey::new([9; 32]);
        let closed = Account::new(0, Pubkey::default());
        assert_eq!(delta_leaf(&key, None), tombstone_leaf(&key));
        assert_eq!(delta_leaf(&key, Some(&closed)), closed.leaf(&key));
        assert_ne!(tombstone_leaf(&key), closed.leaf(&key));
        assert_ne!(tombstone_leaf(&key), tombstone_leaf(&Pubkey::new([8; 32])));
    }
}
