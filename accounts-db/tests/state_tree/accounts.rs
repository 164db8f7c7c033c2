//! Accounts of tests: a tree, its oracle, and the accounts themselves.

use std::collections::BTreeMap;

use isobath_accounts_db::tree::StateTree;
use isobath_sdk::chain::account::{Account, AccountLeaf};
use isobath_sdk::chain::helpers::{Helpers, NoHelpers};
use isobath_sdk::{Hash, Pubkey};
use isobath_testkit::Random;
use isobath_testkit::state_oracle::StateOracle;

/// Jobs one after the other, the last first, and from any length on.
pub(crate) struct Backwards(pub(crate) usize);

impl Helpers for Backwards {
    fn count(&self) -> usize {
        self.0
    }

    fn range_len(&self) -> usize {
        1
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        (0..self.0).rev().for_each(job);
    }
}

/// The key with this number.
pub(crate) fn key(number: u64) -> Pubkey {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&number.to_le_bytes());
    Pubkey::new(key)
}

/// An account under `key` with these lamports.
pub(crate) fn leaf(key: &Pubkey, lamports: u64) -> AccountLeaf {
    let mut account = Account::new(lamports, Pubkey::new([3; 32]));
    account.executable = lamports.is_multiple_of(5);
    account.last_change_epoch = lamports / 7;
    account.data = vec![1; usize::try_from(lamports % 40).unwrap()].into();
    account.leaf_fields(key)
}

/// A tree with its oracle.
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) tree: StateTree,
    pub(crate) oracle: StateOracle,
    pub(crate) leaves: BTreeMap<Pubkey, AccountLeaf>,
}

/// An account that gets these lamports, or is closed.
pub(crate) type Step = (Pubkey, Option<u64>);

impl Pair {
    /// Does the steps in one update, and compares the roots.
    pub(crate) fn update(&mut self, steps: &[Step], helpers: &dyn Helpers) {
        let mut changes = Vec::new();
        for (key, lamports) in steps {
            let leaf = lamports.map(|lamports| leaf(key, lamports));
            let hash = leaf.map(|leaf| leaf.hash());
            changes.push((*key, hash));
            self.oracle.set(key, hash);
            match leaf {
                Some(leaf) => self.leaves.insert(*key, leaf),
                None => self.leaves.remove(key),
            };
        }
        let updated = self.tree.update(&changes, helpers);
        assert_eq!(updated.root, self.oracle.root());
        assert_eq!(updated.count, self.oracle.count() as u64);
        assert_eq!(
            (self.tree.root(), self.tree.count()),
            (updated.root, updated.count)
        );
    }

    /// The proof under the latest root, which is that of the oracle.
    pub(crate) fn prove(&self, keys: &[Pubkey]) -> Vec<u8> {
        let account = |key: &Pubkey| self.leaves.get(key).copied();
        let proof = self.tree.prove(&self.tree.root(), keys, account).unwrap();
        assert_eq!(proof, self.oracle.prove(keys, |key| self.leaves[key]));
        proof
    }
}

/// A tree with the accounts of the first numbers.
pub(crate) fn pair_of(count: u64) -> Pair {
    let mut pair = Pair::default();
    let steps: Vec<Step> = (0..count).map(|number| (key(number), Some(number + 1))).collect();
    pair.update(&steps, &NoHelpers);
    pair
}

/// Steps on keys below `keys`: of three, two give lamports and one closes, if `closing`.
pub(crate) fn random_steps(random: &mut Random, keys: usize, count: usize, closing: bool) -> Vec<Step> {
    let step = |_| {
        let key = key(random.below(keys) as u64);
        let closes = closing && random.chance(1, 3);
        (key, (!closes).then(|| random.next_u64() % 1_000 + 1))
    };
    (0..count).map(step).collect()
}

/// A random hash.
pub(crate) fn hash(random: &mut Random) -> Hash {
    let mut hash = [0; 32];
    hash.iter_mut().for_each(|byte| *byte = random.byte());
    Hash(hash)
}
