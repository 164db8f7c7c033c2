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

use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::record::Delta;

/// Accounts by key, hashed under a seed of this process, since clients choose the keys.
type AccountMap<V> = HashMap<Pubkey, V, RandomState>;

/// A view and the changes that a block makes to it.
pub struct BlockOverlay<V> {
    base: V,
    overlay: AccountMap<Option<Arc<Account>>>,
}

impl<V: ReadAccounts> BlockOverlay<V> {
    /// No changes yet, on top of the accounts at the end of the previous block.
    #[must_use]
    pub fn new(base: V) -> Self {
        Self {
            base,
            overlay: AccountMap::with_hasher(RandomState::new()),
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
        self.overlay
            .get(key)
            .map_or_else(|| self.base.account(key), Clone::clone)
    }

    /// Stores the account under `key`, or closes it with `None`. An account without lamports does not exist, so it is
    /// closed too.
    pub fn put(&mut self, key: Pubkey, account: Option<Account>) {
        let account = account.filter(|account| account.lamports != 0).map(Arc::new);
        self.overlay.insert(key, account);
    }

    /// Stores an image produced by a transaction, without copying it. An account without lamports is closed.
    pub(crate) fn put_image(&mut self, key: Pubkey, image: Arc<Account>) {
        self.overlay
            .insert(key, Some(image).filter(|image| image.lamports != 0));
    }

    /// Ends the block. Returns the accounts whose bytes differ from the end of the previous block, by ascending key,
    /// with `epoch` as the epoch of their last change. Costs a comparison per written account and a sort of the changed
    /// ones.
    #[must_use]
    pub fn finish(self, epoch: u64) -> Delta {
        let Self { base, overlay } = self;
        let changed = overlay
            .into_iter()
            .filter(|(key, after)| is_changed(base.account(key).as_ref(), after.as_ref()));
        let stamped = changed.map(|(key, after)| (key, after.map(|account| stamp(account, epoch))));
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
