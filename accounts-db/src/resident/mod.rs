//! All accounts, resident in memory: cells that an open block changes in place, and images of what they were.
//!
//! ```text
//! key --index--> id --slots--> cell --link--> image in the arena of the block that wrote it --link--> older image ..
//!                                |                         |
//!                     open block changes it        held views of earlier blocks read it
//! ```
//!
//! Invariants:
//! - Only the open block changes cells. Its first write to an account saves an image under the latch of the cell.
//! - A reader of the view of block V takes the cell if a block up to V wrote it, else the first image on its chain whose
//!   state a block up to V wrote. It looks at the cell and at the first image under the latch, so it never sees half a change,
//!   and checks the key. The images after it are of published blocks and do not change.
//! - A transaction of the open block may take the data out of a cell, if the block wrote the cell and nobody shares them, so
//!   no image does. No view shows that cell, and the data are back in it when the transaction ends.
//! - The arena of a block is kept while a view of an earlier block is held; see [`crate::views`].
//!
//! Locks, in the order in which they are taken: a part of the index, or the list of ids; the latch of one cell; the list of
//! arenas; the images of one arena. Readers never hold a latch for longer than one account takes, nor the list of arenas for
//! longer than a few hundred images, however many blocks have written the account since their view.

pub(crate) mod arena;
mod arenas;
pub(crate) mod cell;
mod index;
#[cfg(all(test, feature = "loom"))]
mod loom_tests;
mod slots;

use std::sync::{Arc, PoisonError};

use isobath_program_abi::Pubkey;
use isobath_program_abi::prefetch::{prefetch, prefetch_to_write};
use isobath_sdk::chain::account::{Account, AccountData};
use isobath_sdk::chain::accounts::{AccountId, ToWrite};
use isobath_sdk::chain::key_hash::KeyHasher;

use self::arena::{Arena, ArenaLane};
use self::arenas::Arenas;
use self::cell::{Cell, Image, Link};
use self::index::Index;
use self::slots::Slots;
use crate::planted::is_planted;
use crate::seed::draw_hasher;
use crate::sync::RwLock;

/// Images that a reader passes before it lets go of the list of arenas: 50 us, for which the next block may wait.
const IMAGES_STEP: usize = 256;

/// The resident accounts and the images that views may need.
pub(crate) struct Resident {
    #[cfg(feature = "planted-bugs")]
    pub(crate) planted: Option<crate::PlantedBug>,
    hasher: KeyHasher,
    index: Index,
    slots: Slots,
    arenas: RwLock<Arenas>,
}

impl Resident {
    /// The accounts of slot 0.
    pub(crate) fn new(accounts: impl IntoIterator<Item = (Pubkey, Account)>) -> Self {
        let resident = Self {
            #[cfg(feature = "planted-bugs")]
            planted: None,
            hasher: draw_hasher(),
            index: Index::new(),
            slots: Slots::new(),
            arenas: RwLock::default(),
        };
        for (key, account) in accounts {
            let cell = Cell {
                account,
                ..Cell::default()
            };
            let hash = resident.hasher.hash(&key);
            resident
                .index
                .find_or_insert(hash, |_| false, || resident.slots.insert(&key, cell, 0));
        }
        resident
    }

    /// How the store hashes keys.
    pub(crate) const fn key_hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// The id of a key, if it has a cell.
    pub(crate) fn find(&self, hash: u64, key: &Pubkey) -> Option<AccountId> {
        self.index.find(hash, |id| self.slots.slot(id).is_of(key))
    }

    /// The id of a key that the block of `slot` writes; and whether a cell was made for it, which holds no account.
    pub(crate) fn find_or_insert(&self, hash: u64, key: &Pubkey, slot: u64) -> (AccountId, bool) {
        self.index.find_or_insert(
            hash,
            |id| self.slots.slot(id).is_of(key),
            || self.slots.insert(key, Cell::default(), slot),
        )
    }

    /// Asks the memory for the index entry of a hash.
    pub(crate) fn prefetch_id(&self, hash: u64) {
        if let Some(entry) = self.index.first_entry(hash) {
            prefetch(entry);
        }
    }

    /// Asks the memory for a cell.
    pub(crate) fn prefetch_cell(&self, id: AccountId) {
        prefetch(self.slots.slot(id));
    }

    /// Asks the memory for the cell that most likely has the key with this hash, and returns its id.
    pub(crate) fn prefetch(&self, hash: u64) -> Option<AccountId> {
        let id = self.index.find(hash, |_| true)?;
        prefetch(self.slots.slot(id));
        Some(id)
    }

    /// [`Self::prefetch`], of a cell that will be changed.
    pub(crate) fn prefetch_to_write(&self, hash: u64) -> Option<AccountId> {
        let id = self.index.find(hash, |_| true)?;
        prefetch_to_write(self.slots.slot(id));
        Some(id)
    }

    /// Whether the cell is that of `key`; for the open block, of which no id changes its key.
    pub(crate) fn is_of(&self, id: AccountId, key: &Pubkey) -> bool {
        self.slots.slot(id).is_of(key)
    }

    /// Looks at the account of a cell now, under its latch; for the open block.
    pub(crate) fn look<T>(&self, id: AccountId, look: impl FnOnce(&Account) -> T) -> T {
        look(&self.slots.cell(id).account)
    }

    /// The account of a cell now, for a transaction of the block of `slot` that may write it and does so alone; with the data
    /// themselves, if they are the block's own.
    pub(crate) fn load_to_write(&self, id: AccountId, slot: u64) -> ToWrite {
        let mut cell = self.slots.cell(id);
        let is_written = cell.link.written_in == slot;
        let data = &mut cell.account.data;
        let is_own = is_written && !data.is_empty() && !data.is_shared();
        match is_own {
            true => {
                let data = std::mem::take(data);
                let account = cell.account.header().with_data(data);
                ToWrite { account, is_own }
            }
            false => ToWrite::shared(cell.account.clone()),
        }
    }

    /// Puts data back into a cell that were taken out of it.
    pub(crate) fn give_back_data(&self, id: AccountId, data: AccountData) {
        let without = std::mem::replace(&mut self.slots.cell(id).account.data, data);
        drop(without);
    }

    /// Slot of the block that made the cell of an id of the open block.
    pub(crate) fn made_in(&self, id: AccountId) -> u64 {
        self.slots.slot(id).made_in()
    }

    /// Changes the balance of an account to one above 0, as [`Self::store`] does. Whether it is the first write of the
    /// block.
    pub(crate) fn set_lamports(&self, arena: ArenaLane<'_>, id: AccountId, lamports: u64) -> bool {
        let mut cell = self.slots.cell(id);
        let is_first = cell.link.written_in != arena.slot();
        if is_first {
            // The data stay those of the cell, so they cost held views nothing yet.
            let image = Image {
                account: cell.account.clone(),
                link: cell.link,
            };
            cell.link = Link {
                written_in: arena.slot(),
                image: arena.push(image),
            };
        }
        cell.account.lamports = lamports;
        is_first
    }

    /// Changes an account for the open block, whose images go to `arena`. Whether it is the first write of the block.
    pub(crate) fn store(&self, arena: ArenaLane<'_>, id: AccountId, account: Account) -> bool {
        let mut cell = self.slots.cell(id);
        let is_first = cell.link.written_in != arena.slot();
        let before = std::mem::replace(&mut cell.account, account);
        // Data that the cell still has cost held views nothing.
        let has_other_data = !before.data.is_same(&cell.account.data);
        if has_other_data && (is_first || arena.arena().has_data(cell.link.image, &before.data)) {
            arena.count_data(before.data.len());
        }
        if is_first {
            let link = cell.link;
            let before = match is_planted!(self, HeaderWithoutData) {
                true => Account {
                    data: cell.account.data.clone(),
                    ..before
                },
                false => before,
            };
            let image = arena.push(Image {
                account: before,
                link,
            });
            cell.link = Link {
                written_in: arena.slot(),
                image,
            };
        } else {
            drop(cell);
            drop(before);
        }
        is_first
    }

    /// The key of an id of the open block.
    pub(crate) fn key(&self, id: AccountId) -> Pubkey {
        self.slots.slot(id).key()
    }

    /// Looks at a cell under its latch, and may change what is not seen by readers.
    pub(crate) fn with_cell<T>(&self, id: AccountId, look: impl FnOnce(&mut Cell) -> T) -> T {
        look(&mut self.slots.cell(id))
    }

    /// Undoes what the block of `arena` did to an account.
    pub(crate) fn restore(&self, arena: &Arena, id: AccountId) {
        let mut cell = self.slots.cell(id);
        if cell.link.written_in == arena.slot() {
            let image = arena.with(cell.link.image, Image::clone);
            let dropped = std::mem::replace(&mut cell.account, image.account);
            cell.link = image.link;
            drop(cell);
            // Its data may be long to free.
            drop(dropped);
        }
    }

    /// The account under `key` at the end of the block of `slot`, of which a view is held.
    pub(crate) fn read(&self, hash: u64, key: &Pubkey, slot: u64) -> Option<Account> {
        self.find(hash, key)
            .and_then(|id| self.read_id(id, slot, |known| known == key))
            .map(|(_, account)| account)
    }

    /// The key and account in a cell at the end of the block of `slot`, if `is_it` accepts the key.
    pub(crate) fn read_id(
        &self,
        id: AccountId,
        slot: u64,
        is_it: impl FnOnce(&Pubkey) -> bool,
    ) -> Option<(Pubkey, Account)> {
        let place = self.slots.slot(id);
        let cell = place.latch();
        let key = place.key();
        if !is_it(&key) {
            // The cell is another key's now, so the account does not exist in any view that is held.
            return None;
        }
        let account = if cell.link.written_in <= slot || is_planted!(self, CellInFlight) {
            cell.account.clone()
        } else {
            // Under the latch, since the block of the first image may be undone.
            let first = self.image(cell.link, slot, 1)?;
            drop(cell);
            self.account_from(first, slot)?
        };
        (account.lamports != 0).then_some((key, account))
    }

    /// The state at the end of the block of `slot`, after the first look at images.
    fn account_from(&self, mut found: Result<Account, Link>, slot: u64) -> Option<Account> {
        loop {
            match found {
                Ok(account) => return Some(account),
                Err(link) => found = self.image(link, slot, IMAGES_STEP)?,
            }
        }
    }

    /// The state at the end of the block of `slot`, from the first `count_max` images that `link` leads to, or where to go
    /// on. `None` if the arenas are gone, which a revoked view finds.
    fn image(&self, mut link: Link, slot: u64, count_max: usize) -> Option<Result<Account, Link>> {
        let arenas = self.arenas.read().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..count_max {
            let (before, account) = arenas.get(link.written_in)?.with(link.image, |image| {
                let is_it = image.link.written_in <= slot || is_planted!(self, WrongImage);
                (image.link, is_it.then(|| image.account.clone()))
            });
            if let Some(account) = account {
                return Some(Ok(account));
            }
            link = before;
        }
        Some(Err(link))
    }

    /// Adds the arena of the block that is being opened.
    pub(crate) fn add_arena(&self, arena: Arc<Arena>) {
        self.arenas_mut(|arenas| arenas.push(arena));
    }

    /// Takes out the arena of a block that was undone.
    pub(crate) fn remove_arena(&self, arena: &Arc<Arena>) {
        self.arenas_mut(|arenas| arenas.remove(arena));
    }

    /// Takes out the arenas of the blocks up to `slot`: no view of a block before it is held.
    pub(crate) fn take_arenas(&self, slot: u64) -> Vec<Arc<Arena>> {
        self.arenas_mut(|arenas| arenas.take_up_to(slot))
    }

    /// Bytes of all arenas.
    pub(crate) fn arena_bytes(&self) -> u64 {
        let arenas = self.arenas.read().unwrap_or_else(PoisonError::into_inner);
        arenas.bytes()
    }

    fn arenas_mut<T>(&self, change: impl FnOnce(&mut Arenas) -> T) -> T {
        change(&mut self.arenas.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives back the cell of a key without an account, if no block after `slot` closed it and no view before `slot` is
    /// held. Returns the slot of the last block that needs it, if it stays.
    pub(crate) fn give_back(&self, id: AccountId, slot: u64) -> Option<u64> {
        let mut cell = self.slots.cell(id);
        if cell.exists() {
            cell.is_listed = false;
            return None;
        }
        let needed_in = match is_planted!(self, RecycledId) {
            true => 0,
            false => cell.link.written_in,
        };
        if needed_in > slot {
            return Some(needed_in);
        }
        drop(cell);
        let key = self.key(id);
        self.index.remove(self.hasher.hash(&key), id);
        self.slots.give_back(id);
        None
    }

    /// Number of cells that belong to a key.
    pub(crate) fn count(&self) -> usize {
        self.slots.used_count()
    }

    /// Ids from 0 to below this one have cells.
    pub(crate) fn id_count(&self) -> u32 {
        self.slots.len()
    }
}
