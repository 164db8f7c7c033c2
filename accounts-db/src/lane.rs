//! The accounts of the open block as one thread has them.
//!
//! ```text
//! OpenBlock --lane--> Lane: reads and changes cells, saves images in its part of the arena
//!     ^                 |
//!     '----- drop ------'  what it has written and made goes back to the block
//! ```
//!
//! Invariant: what a lane has done is known to its block, however the lane ends.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::{Account, AccountData};
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts, ToWrite};
use isobath_sdk::chain::key_hash::KeyHasher;

use crate::resident::arena::{Arena, ArenaLane};
use crate::shared::Shared;

/// The accounts of the open block for one thread.
pub struct Lane {
    pub(crate) shared: Arc<Shared>,
    pub(crate) arena: Arc<Arena>,
    /// Slot of the block before.
    pub(crate) parent: u64,
    number: u32,
    lists: Lists,
    home: Arc<Home>,
}

/// Where the lanes of a block leave what they have done.
pub(crate) type Home = Mutex<Vec<Lists>>;

/// Accounts that a lane has to do with.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Those that it was the first to write, in the order of these writes.
    pub(crate) written: Vec<AccountId>,
    /// Cells that it made for keys without an account.
    pub(crate) absent: Vec<AccountId>,
}

impl Lane {
    /// The first lane of a block.
    pub(crate) fn first(shared: Arc<Shared>, arena: Arc<Arena>, parent: u64) -> Self {
        Self {
            shared,
            arena,
            parent,
            number: 0,
            lists: Lists::default(),
            home: Arc::default(),
        }
    }

    /// Another lane of the same block, with a number of its own.
    pub(crate) fn another(&self, number: u32) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            arena: Arc::clone(&self.arena),
            parent: self.parent,
            number,
            lists: Lists::default(),
            home: Arc::clone(&self.home),
        }
    }

    /// Where this lane and the others of its block leave their lists.
    pub(crate) fn home(&self) -> Arc<Home> {
        Arc::clone(&self.home)
    }

    fn read(&self, key: &Pubkey, slot: u64) -> Option<Account> {
        let resident = &self.shared.resident;
        resident.read(resident.key_hasher().hash(key), key, slot)
    }

    fn arena(&self) -> ArenaLane<'_> {
        self.arena.lane(self.number)
    }
}

impl LaneAccounts for Lane {
    fn key_hasher(&self) -> KeyHasher {
        self.shared.resident.key_hasher()
    }

    fn id(&mut self, hash: u64, key: &Pubkey) -> AccountId {
        let resident = &self.shared.resident;
        let (id, is_new) = resident.find_or_insert(hash, key, self.arena.slot());
        if is_new {
            self.lists.absent.push(id);
            self.arena().count_absent();
        }
        id
    }

    fn find_id(&self, likely: Option<AccountId>, hash: u64, key: &Pubkey) -> Option<AccountId> {
        let resident = &self.shared.resident;
        let is_it = |id: &AccountId| resident.is_of(*id, key);
        likely.filter(is_it).or_else(|| resident.find(hash, key))
    }

    fn is_made_here(&self, id: AccountId) -> bool {
        self.shared.resident.made_in(id) == self.arena.slot()
    }

    fn prefetch_id(&self, hash: u64) {
        self.shared.resident.prefetch_id(hash);
    }

    fn prefetch(&self, hash: u64) -> Option<AccountId> {
        self.shared.resident.prefetch(hash)
    }

    fn prefetch_to_write(&self, hash: u64) -> Option<AccountId> {
        self.shared.resident.prefetch_to_write(hash)
    }

    fn load(&self, id: AccountId) -> Account {
        self.shared.resident.look(id, Account::clone)
    }

    fn load_to_write(&mut self, id: AccountId) -> ToWrite {
        self.shared.resident.load_to_write(id, self.arena.slot())
    }

    fn give_back_data(&mut self, id: AccountId, data: AccountData) {
        self.shared.resident.give_back_data(id, data);
    }

    fn look<T>(&self, id: AccountId, look: impl FnOnce(&Account) -> T) -> T {
        self.shared.resident.look(id, look)
    }

    fn set_lamports(&mut self, id: AccountId, lamports: u64) {
        if lamports == 0 {
            return self.store(id, Account::default());
        }
        if self.shared.resident.set_lamports(self.arena(), id, lamports) {
            self.lists.written.push(id);
        }
    }

    fn store(&mut self, id: AccountId, account: Account) {
        let account = if account.lamports == 0 {
            Account::default()
        } else {
            account
        };
        if self.shared.resident.store(self.arena(), id, account) {
            self.lists.written.push(id);
        }
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        self.read(key, self.arena.slot())
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.read(key, self.parent)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let lists = std::mem::take(&mut self.lists);
        self.home
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(lists);
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("slot", &self.arena.slot())
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
