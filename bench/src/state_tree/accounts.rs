//! The accounts of a run, by the lamports of each; their other fields are the same for all.

use hashbrown::{HashMap, HashSet};
use isobath_sdk::chain::account::{Account, AccountLeaf};
use isobath_sdk::chain::state_tree::StatePath;
use isobath_sdk::{Hash, Pubkey};

use crate::cli::Mix;
use crate::workload::Random;

/// Bytes of data of each account, with the header about 200.
const DATA_LEN: usize = 128;

/// A change as the tree takes it.
pub(super) type Change = (Pubkey, Option<Hash>);

/// All accounts of the tree.
pub(super) struct Accounts {
    keys: Vec<Pubkey>,
    lamports: HashMap<Pubkey, u64>,
    /// Lengths and hashes of data, which no change touches.
    template: AccountLeaf,
    /// The beginning of every path; made again after accounts came or went.
    prefixes: Vec<u64>,
    random: Random,
    made: u64,
    seed: u64,
}

impl Accounts {
    pub(super) fn new(count: usize, seed: u64) -> Self {
        let mut account = Account::new(1, Pubkey::new([3; 32]));
        account.data = vec![1; DATA_LEN].into();
        let mut accounts = Self {
            keys: Vec::with_capacity(count),
            lamports: HashMap::with_capacity(count),
            template: account.leaf_fields(&Pubkey::default()),
            prefixes: Vec::new(),
            random: Random::new(seed),
            made: 0,
            seed,
        };
        for _ in 0..count {
            accounts.open();
        }
        accounts
    }

    /// All accounts with their leaves.
    pub(super) fn all(&self) -> Vec<Change> {
        let leaves = self
            .keys
            .iter()
            .map(|key| (*key, self.leaf(key).map(|leaf| leaf.hash())));
        leaves.collect()
    }

    pub(super) fn keys(&self) -> &[Pubkey] {
        &self.keys
    }

    /// The account under `key`.
    pub(super) fn leaf(&self, key: &Pubkey) -> Option<AccountLeaf> {
        let lamports = *self.lamports.get(key)?;
        Some(AccountLeaf {
            key: *key,
            lamports,
            ..self.template
        })
    }

    /// Looks an account up, as the floor does.
    pub(super) fn has(&self, key: &Pubkey) -> bool {
        self.lamports.contains_key(key)
    }

    /// Changes `count` accounts: all get other lamports, or as many are opened as are closed.
    pub(super) fn change(&mut self, mix: Mix, count: usize) -> Vec<Change> {
        match mix {
            Mix::Overwrite => self.overwrite(count),
            Mix::InsertDelete => self.insert_delete(count),
        }
    }

    fn overwrite(&mut self, count: usize) -> Vec<Change> {
        let count = count.min(self.keys.len());
        let mut chosen = HashSet::with_capacity(count);
        while chosen.len() < count {
            chosen.insert(self.random.below(self.keys.len()));
        }
        // In an order that has nothing to do with the tree.
        let mut chosen: Vec<usize> = chosen.into_iter().collect();
        chosen.sort_unstable();
        let keys = chosen.into_iter().map(|index| self.keys[index]);
        let keys: Vec<Pubkey> = keys.collect();
        keys.into_iter().map(|key| self.set(key)).collect()
    }

    fn insert_delete(&mut self, count: usize) -> Vec<Change> {
        let half = (count / 2).max(1);
        let mut changes = Vec::with_capacity(half.saturating_mul(2));
        for _ in 0..half.min(self.keys.len()) {
            let at = self.random.below(self.keys.len());
            let key = self.keys.swap_remove(at);
            self.lamports.remove(&key);
            changes.push((key, None));
        }
        for _ in 0..half {
            let key = self.open();
            changes.push(self.set(key));
        }
        self.prefixes.clear();
        changes
    }

    /// Opens an account; its key.
    fn open(&mut self) -> Pubkey {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.seed.to_le_bytes());
        bytes[8..].copy_from_slice(&self.made.to_le_bytes());
        self.made = self.made.saturating_add(1);
        let key = Pubkey::new(*blake3::hash(&bytes).as_bytes());
        self.keys.push(key);
        self.lamports.insert(key, 1);
        key
    }

    /// Gives an account other lamports.
    fn set(&mut self, key: Pubkey) -> Change {
        if let Some(lamports) = self.lamports.get_mut(&key) {
            *lamports = lamports.saturating_add(1);
        }
        (key, self.leaf(&key).map(|leaf| leaf.hash()))
    }

    /// The first 64 bits of the paths of all accounts, in order.
    pub(super) fn prefixes(&mut self) -> &[u64] {
        if self.prefixes.is_empty() {
            let prefixes = self.keys.iter().map(|key| StatePath::of(key).prefix());
            self.prefixes = prefixes.collect();
            self.prefixes.sort_unstable();
        }
        &self.prefixes
    }
}
