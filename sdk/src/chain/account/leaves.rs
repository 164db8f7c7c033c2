//! The leaves of many accounts, hashed side by side.

use super::{Account, LEAF_LEN, tombstone_leaf};
use crate::chain::hashing::{Tag, hash_blocks};
use crate::chain::merkle::MerkleLeaves;
use crate::lanes::{Digest, LANES};
use crate::pubkey::Pubkey;

/// The leaves of changed accounts in their order: of the new state, or the tombstone of one that was closed.
pub fn delta_leaves<'a>(
    accounts: impl IntoIterator<Item = (&'a Pubkey, Option<&'a Account>)>,
) -> MerkleLeaves {
    let accounts = accounts.into_iter();
    let mut leaves = Vec::with_capacity(accounts.size_hint().0);
    let mut group = Group::new();
    for (key, account) in accounts {
        let Some(account) = account else {
            leaves.push(tombstone_leaf(key).0);
            continue;
        };
        account.write_leaf(key, group.next(leaves.len()));
        leaves.push(Digest::default());
        if group.len == LANES {
            group.hash_into(&mut leaves);
        }
    }
    group.hash_into(&mut leaves);
    MerkleLeaves::new(leaves)
}

/// Accounts that wait until there is one for every lane.
struct Group {
    bytes: [[u8; LEAF_LEN]; LANES],
    /// Where their leaves go.
    indexes: [usize; LANES],
    len: usize,
}

impl Group {
    const fn new() -> Self {
        Self {
            bytes: [[0; LEAF_LEN]; LANES],
            indexes: [0; LANES],
            len: 0,
        }
    }

    /// The bytes of one more account, for the caller to write; the group must not be full.
    const fn next(&mut self, index: usize) -> &mut [u8; LEAF_LEN] {
        let at = self.len;
        self.indexes[at] = index;
        self.len = at.saturating_add(1);
        &mut self.bytes[at]
    }

    /// Hashes the group, each leaf to its index, and empties it.
    fn hash_into(&mut self, leaves: &mut [Digest]) {
        let mut hashes = [Digest::default(); LANES];
        hash_blocks(
            Tag::AccountLeaf,
            &self.bytes.each_ref()[..self.len],
            &mut hashes[..self.len],
        );
        for (index, hash) in self.indexes.iter().zip(&hashes[..self.len]) {
            leaves[*index] = *hash;
        }
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::account::delta_leaf;

    #[test]
    fn leaves_are_those_of_each_account_and_tombstone() {
        let keys: Vec<Pubkey> = (0..=70).map(|index| Pubkey::new([index; 32])).collect();
        // Which accounts are closed: none, all, and patterns that put tombstones at every lane.
        for (count, period) in (0..=40)
            .map(|count| (count, 0))
            .chain((1..20).map(|period| (71, period)))
        {
            let accounts: Vec<(Pubkey, Option<Account>)> = keys[..count]
                .iter()
                .zip(0_u64..)
                .map(|(key, index)| {
                    let mut account = Account::new(index + 1, Pubkey::new([7; 32]));
                    account.data = vec![3; count % 9].into();
                    account.last_change_epoch = index / 2;
                    account.executable = index % 5 == 0;
                    (*key, (period == 0 || index % period > 0).then_some(account))
                })
                .collect();
            let accounts = || accounts.iter().map(|(key, account)| (key, account.as_ref()));
            let expected: MerkleLeaves = accounts()
                .map(|(key, account)| delta_leaf(key, account))
                .collect();
            assert_eq!(delta_leaves(accounts()), expected, "{count} accounts, {period}");
        }
    }
}
