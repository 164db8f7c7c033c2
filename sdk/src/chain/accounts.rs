//! Access to accounts, independent of the store that holds them.

use super::account::{Account, AccountData};
use super::helpers::{Helpers, NoHelpers};
use super::key_hash::KeyHasher;
use super::record::Delta;
use crate::pubkey::Pubkey;

/// All accounts at one point of the chain, for instance at the end of a block.
///
/// The runtime reads through this trait and so depends on no store. The accounts of one value do not change while it is
/// held.
pub trait ReadAccounts {
    /// How the store hashes keys; the same for every view of it.
    fn key_hasher(&self) -> KeyHasher;

    /// The account stored under `key`, if there is one. `hash` is the hash of the key under
    /// [`ReadAccounts::key_hasher`]; with another one, the account may not be found.
    fn account_hashed(&self, hash: u64, key: &Pubkey) -> Option<Account>;

    /// The account stored under `key`, if there is one.
    fn account(&self, key: &Pubkey) -> Option<Account> {
        self.account_hashed(self.key_hasher().hash(key), key)
    }
}

/// A resident account, or the place kept for one that does not exist (contract 8).
///
/// Means something only for the block that asked for it, in the store that gave it out: it is neither stored nor hashed,
/// and no order depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(pub u32);

impl AccountId {
    /// In the place of an id: a sysvar, which is stored nowhere, or a key that has no place.
    pub const NONE: Self = Self(u32::MAX);
}

/// An account as a transaction gets it that may write it.
#[derive(Debug)]
pub struct ToWrite {
    /// The account.
    pub account: Account,
    /// Whether its contents are the block's own, so that they may change in place. Then they were taken out of the store, and
    /// go back into it when the transaction ends ([`LaneAccounts::give_back_data`], [`LaneAccounts::store`]).
    pub is_own: bool,
}

impl ToWrite {
    /// An account that shares its contents with the store.
    #[must_use]
    pub const fn shared(account: Account) -> Self {
        Self {
            account,
            is_own: false,
        }
    }
}

/// The accounts of one open block as one thread reads and changes them, in place.
///
/// Threads that do so beside each other must not have the same account, unless all of them only read it: that is the
/// scheduler's work.
pub trait LaneAccounts {
    /// How the store hashes keys.
    fn key_hasher(&self) -> KeyHasher;

    /// The id of a key that is written, for which a place is made if it has none. `hash` is the hash of the key under
    /// [`LaneAccounts::key_hasher`].
    fn id(&mut self, hash: u64, key: &Pubkey) -> AccountId;

    /// The id of a key. `None` if there is no account and no place for one: naming a key makes none, since it costs a client
    /// little. `likely` is what [`LaneAccounts::prefetch`] returned for the hash.
    fn find_id(&self, likely: Option<AccountId>, hash: u64, key: &Pubkey) -> Option<AccountId>;

    /// Whether the place of this id was made in this block. The keys of all other places, and no others, had their ids when
    /// the block was opened.
    fn is_made_here(&self, id: AccountId) -> bool;

    /// Says that the id of the key with this hash will be asked for soon.
    fn prefetch_id(&self, _hash: u64) {}

    /// Says that the account of the key with this hash will be loaded soon. Comes after [`LaneAccounts::prefetch_id`].
    /// Returns the id that the key has, unless another one has the same hash.
    fn prefetch(&self, _hash: u64) -> Option<AccountId> {
        None
    }

    /// [`LaneAccounts::prefetch`], of an account that will be changed.
    fn prefetch_to_write(&self, hash: u64) -> Option<AccountId> {
        self.prefetch(hash)
    }

    /// The account after the transactions so far; the empty account if there is none. Shares the contents.
    fn load(&self, id: AccountId) -> Account;

    /// The account after the transactions so far, for a transaction that may write it and does so alone. If the block has a
    /// buffer of its own for the contents already, which nobody shares, that is taken out of the store; until it is back,
    /// the account has no contents for whoever looks at it.
    fn load_to_write(&mut self, id: AccountId) -> ToWrite;

    /// Puts contents back that [`LaneAccounts::load_to_write`] took out, of an account that is not stored.
    fn give_back_data(&mut self, id: AccountId, data: AccountData);

    /// Looks at the account after the transactions so far; the empty account if there is none.
    fn look<T>(&self, id: AccountId, look: impl FnOnce(&Account) -> T) -> T;

    /// Changes the balance of an account, be it one that does not exist yet; 0 closes it.
    fn set_lamports(&mut self, id: AccountId, lamports: u64);

    /// Stores what a transaction left. An account without lamports does not exist.
    fn store(&mut self, id: AccountId, account: Account);

    /// Stores an account that no transaction names.
    fn put(&mut self, key: &Pubkey, account: Account) {
        let id = self.id(self.key_hasher().hash(key), key);
        self.store(id, account);
    }

    /// The account under `key` after the transactions so far. Without its contents while a transaction on another thread has
    /// them to change in place; so no result may depend on the contents of an account that others may write.
    fn current(&self, key: &Pubkey) -> Option<Account>;

    /// The account under `key` at the end of the parent block.
    fn at_parent(&self, key: &Pubkey) -> Option<Account>;
}

/// The accounts of one open block.
///
/// A value that is dropped before [`BlockAccounts::finish`] leaves no trace.
pub trait BlockAccounts: LaneAccounts + Sized {
    /// The accounts as one more thread has them.
    type Lane: LaneAccounts + Send;

    /// What the store needs in order to publish the block.
    type Ended;

    /// The accounts for one more thread. All lanes are dropped before the block ends.
    ///
    /// # Panics
    /// If the store has no more lanes; it has at least 63.
    fn lane(&mut self) -> Self::Lane;

    /// Ends the block. Returns the accounts whose bytes differ from the end of the parent, with `epoch` as the epoch of
    /// their last change. `helpers` share the comparison.
    ///
    /// # Panics
    /// If a lane is still held.
    fn finish_with(self, epoch: u64, helpers: &dyn Helpers) -> (Delta, Self::Ended);

    /// [`Self::finish_with`], by this thread alone.
    ///
    /// # Panics
    /// As [`Self::finish_with`].
    fn finish(self, epoch: u64) -> (Delta, Self::Ended) {
        self.finish_with(epoch, &NoHelpers)
    }
}
