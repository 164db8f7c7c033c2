//! The accounts of a block while it executes.
//!
//! ```text
//!   get: overlay --miss--> view of the previous block
//!   put: overlay
//!   finish: overlay, less accounts that are back to their old bytes, sorted --> Delta
//! ```
//!
//! No change leaves the overlay before the block is committed, so dropping a [`BlockOverlay`] undoes the block. The
//! overlay has one entry per written account, however often it is written. The comparison with the base happens once,
//! at the end and nowhere else, so a delta lists *what changed* and not *what was locked for writing*. Contents are compared
//! where they are neither the same in memory nor known to have the same hash.
//!
//! Keys are hashed as in the store below, so a caller that knows the hash of a key looks it up in both with that one.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::Delta;

/// An account that the block wrote.
struct Written {
    key_hash: u64,
    key: Pubkey,
    /// `None` if it is closed.
    after: Option<Arc<Account>>,
}

/// A view and the changes that a block makes to it.
pub struct BlockOverlay<V> {
    base: V,
    key_hasher: KeyHasher,
    overlay: HashTable<Written>,
}

impl<V: ReadAccounts> BlockOverlay<V> {
    /// No changes yet, on top of the accounts at the end of the previous block.
    #[must_use]
    pub fn new(base: V) -> Self {
        Self {
            key_hasher: base.key_hasher(),
            base,
            overlay: HashTable::new(),
        }
    }

    /// The view at the end of the previous block.
    #[must_use]
    pub const fn base(&self) -> &V {
        &self.base
    }

    /// The account under `key` after the changes so far.
    #[must_use]
    pub fn get(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.get_hashed(self.key_hasher.hash(key), key)
    }

    /// How the overlay and its base hash keys.
    pub(crate) const fn key_hasher(&self) -> KeyHasher {
        self.key_hasher
    }

    /// The account under `key`, whose hash is `hash`, after the changes so far.
    pub(crate) fn get_hashed(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        let written = self.overlay.find(hash, |written| written.key == *key);
        written.map_or_else(
            || self.base.account_hashed(hash, key),
            |written| written.after.clone(),
        )
    }

    /// Stores the account under `key`, or closes it with `None`. An account without lamports does not exist, so it is
    /// closed too.
    pub fn put(&mut self, key: Pubkey, account: Option<Account>) {
        self.store(self.key_hasher.hash(&key), key, account.map(Arc::new));
    }

    /// Stores an image produced by a transaction under `key`, whose hash is `hash`, without copying it. An account
    /// without lamports is closed.
    pub(crate) fn put_image(&mut self, hash: u64, key: Pubkey, image: Arc<Account>) {
        self.store(hash, key, Some(image));
    }

    fn store(&mut self, key_hash: u64, key: Pubkey, account: Option<Arc<Account>>) {
        let after = account.filter(|account| account.lamports != 0);
        let is_it = |written: &Written| written.key == key;
        match self.overlay.entry(key_hash, is_it, |written| written.key_hash) {
            Entry::Occupied(mut written) => written.get_mut().after = after,
            Entry::Vacant(entry) => {
                entry.insert(Written { key_hash, key, after });
            }
        }
    }

    /// Ends the block. Returns the accounts whose bytes differ from the end of the previous block, by ascending key,
    /// with `epoch` as the epoch of their last change. Costs a comparison per written account and a sort of the changed
    /// ones.
    #[must_use]
    pub fn finish(self, epoch: u64) -> Delta {
        let Self { base, overlay, .. } = self;
        let changed = overlay.into_iter().filter(|written| {
            let before = base.account_hashed(written.key_hash, &written.key);
            is_changed(before.as_ref(), written.after.as_ref())
        });
        let stamped = changed.map(|Written { key, after, .. }| {
            let account = after.map(|account| stamp(account, epoch));
            (key, account)
        });
        let mut accounts: Vec<_> = stamped.collect();
        accounts.sort_unstable_by_key(|(key, _)| *key);
        Delta { accounts }
    }
}

impl<V: fmt::Debug> fmt::Debug for BlockOverlay<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockOverlay")
            .field("base", &self.base)
            .field("written", &self.overlay.len())
            .finish_non_exhaustive()
    }
}

fn is_changed(before: Option<&Arc<Account>>, after: Option<&Arc<Account>>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => !before.same_contents(after),
        (None, None) => false,
        _ => true,
    }
}

/// The account with its epoch set; copied only if the image is still shared.
fn stamp(account: Arc<Account>, epoch: u64) -> Account {
    let account = Arc::unwrap_or_clone(account);
    Account {
        last_change_epoch: epoch,
        ..account
    }
}
