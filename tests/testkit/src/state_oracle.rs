//! The state tree, built the slow and obvious way: from a sorted map, by recursion, one hash at a time.
//!
//! Nothing of it comes from the code under test but the plain types: contexts and layouts are spelled out here.

use std::collections::BTreeMap;

use isobath_sdk::chain::account::AccountLeaf;
use isobath_sdk::{Hash, Pubkey};

/// Accounts by their paths.
#[derive(Clone, Debug, Default)]
pub struct StateOracle {
    leaves: BTreeMap<[u8; 32], (Pubkey, Hash)>,
}

/// Accounts in order, each with its path.
type Leaves<'a> = [(&'a [u8; 32], &'a (Pubkey, Hash))];

impl StateOracle {
    /// Gives an account a leaf, or takes it out.
    pub fn set(&mut self, key: &Pubkey, leaf: Option<Hash>) {
        match leaf {
            Some(leaf) => self.leaves.insert(path(key), (*key, leaf)),
            None => self.leaves.remove(&path(key)),
        };
    }

    /// Number of accounts.
    #[must_use]
    pub fn count(&self) -> usize {
        self.leaves.len()
    }

    /// The keys of all accounts, in the order of their paths.
    #[must_use]
    pub fn keys(&self) -> Vec<Pubkey> {
        self.leaves.values().map(|(key, _)| *key).collect()
    }

    /// The root over all accounts.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut bytes = (self.leaves.len() as u64).to_le_bytes().to_vec();
        if !self.leaves.is_empty() {
            bytes.extend(node(&self.sorted()));
        }
        Hash(blake3::derive_key("isobath 2026-11 state root v1", &bytes))
    }

    /// The proof for `keys`.
    ///
    /// # Panics
    /// If `account` does not have an account.
    pub fn prove(&self, keys: &[Pubkey], account: impl Fn(&Pubkey) -> AccountLeaf) -> Vec<u8> {
        let mut proof = vec![1];
        proof.extend((self.leaves.len() as u64).to_le_bytes());
        let paths: Vec<[u8; 32]> = keys.iter().map(path).collect();
        if !self.leaves.is_empty() {
            prove(&self.sorted(), &paths, &account, &mut proof);
        }
        proof
    }

    /// Branches above an account.
    #[must_use]
    pub fn depth(&self, key: &Pubkey) -> usize {
        let (sorted, path) = (self.sorted(), path(key));
        let mut leaves = sorted.as_slice();
        let mut depth = 0;
        while let Some((bit, left, right)) = split(leaves) {
            leaves = if is_set(&path, bit) { right } else { left };
            depth += 1;
        }
        depth
    }

    fn sorted(&self) -> Vec<(&[u8; 32], &(Pubkey, Hash))> {
        self.leaves.iter().collect()
    }
}

/// The path of a key.
fn path(key: &Pubkey) -> [u8; 32] {
    blake3::derive_key("isobath 2026-11 state path v1", &[key.0, [0; 32]].concat())
}

const fn is_set(path: &[u8; 32], bit: usize) -> bool {
    path[bit / 8] >> (7 - bit % 8) & 1 == 1
}

/// The first bit at which accounts differ, and those on either side; `None` for a single one.
fn split<'a, 'b>(leaves: &'b Leaves<'a>) -> Option<(usize, &'b Leaves<'a>, &'b Leaves<'a>)> {
    let (first, last) = (leaves.first()?.0, leaves.last()?.0);
    let bit = (0..256).find(|bit| is_set(first, *bit) != is_set(last, *bit))?;
    let middle = leaves.iter().position(|(path, _)| is_set(path, bit));
    let (left, right) = leaves.split_at(middle.expect("the last one has the bit"));
    Some((bit, left, right))
}

fn node(leaves: &Leaves<'_>) -> [u8; 32] {
    let Some((bit, left, right)) = split(leaves) else {
        return leaves[0].1.1.0;
    };
    let context = format!("isobath 2026-11 state branch v1, bit {bit}");
    blake3::derive_key(&context, &[node(left), node(right)].concat())
}

fn prove(
    leaves: &Leaves<'_>,
    asked: &[[u8; 32]],
    account: &impl Fn(&Pubkey) -> AccountLeaf,
    proof: &mut Vec<u8>,
) {
    let Some((bit, left, right)) = split(leaves) else {
        let account = account(&leaves[0].1.0);
        proof.push(0);
        proof.extend(account.key.0);
        proof.extend(account.owner.0);
        proof.extend(account.data_hash.0);
        proof.extend(account.lamports.to_le_bytes());
        proof.extend(account.data_len.to_le_bytes());
        proof.extend(account.last_change_epoch.to_le_bytes());
        proof.push(account.executable.into());
        return;
    };
    let (to_right, to_left): (Vec<_>, Vec<_>) = asked.iter().partition(|path| is_set(path, bit));
    let byte = u8::try_from(bit).expect("a path has 256 bits");
    if to_right.is_empty() {
        proof.extend([2, byte]);
        proof.extend(node(right));
        prove(left, &to_left, account, proof);
    } else if to_left.is_empty() {
        proof.extend([3, byte]);
        proof.extend(node(left));
        prove(right, &to_right, account, proof);
    } else {
        proof.extend([1, byte]);
        prove(left, &to_left, account, proof);
        prove(right, &to_right, account, proof);
    }
}
