//! The slab of resident accounts: cells that never move, by id.
//!
//! Invariants: an id that was given out stays that key's until it is given back; cells of ids given back belong to no key.
//! The key beside a cell can be read without the latch, by who needs no more than a guess: it is the key of the cell, or was
//! so until a moment ago. Each cell has a latch of its own, held while one account is copied or exchanged and never while anything else is done,
//! except that its images may be read under it. Memory grows by 4,096 cells at a time and is kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError};

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::accounts::AccountId;

use super::cell::Cell;
use crate::sync::{Mutex, MutexGuard};

/// Cells that are allocated together.
const SEGMENT_CELLS: usize = 1 << SEGMENT_BITS;
/// Segments under one entry of the root.
const FOLDER_SEGMENTS: usize = 1 << FOLDER_BITS;
/// Entries of the root: together 2^32 cells.
const FOLDERS: usize = 1 << FOLDERS_BITS;
#[cfg(not(feature = "loom"))]
const SEGMENT_BITS: u32 = 12;
#[cfg(not(feature = "loom"))]
const FOLDER_BITS: u32 = 10;
#[cfg(not(feature = "loom"))]
const FOLDERS_BITS: u32 = 32 - FOLDER_BITS - SEGMENT_BITS;
// The model checker follows every latch that there is.
#[cfg(feature = "loom")]
const SEGMENT_BITS: u32 = 1;
#[cfg(feature = "loom")]
const FOLDER_BITS: u32 = 1;
#[cfg(feature = "loom")]
const FOLDERS_BITS: u32 = 1;

type Segment = Box<[Slot]>;
type Folder = Box<[OnceLock<Segment>]>;

/// A place of the slab, on cache lines of its own.
#[derive(Default)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    key: [AtomicU64; 4],
    /// Slot of the block that made the cell for the key; 0 for accounts of the genesis.
    made_in: AtomicU64,
    cell: Mutex<Cell>,
}

impl Slot {
    /// Whether the cell is that of `key`, without its latch.
    pub(crate) fn is_of(&self, key: &Pubkey) -> bool {
        let (words, _) = key.0.as_chunks();
        let same =
            |(own, word): (&AtomicU64, &[u8; 8])| own.load(Ordering::Relaxed) == u64::from_ne_bytes(*word);
        self.key.iter().zip(words).all(same)
    }

    /// The cell, under its latch. Nothing panics while it holds a latch with a cell half written.
    pub(crate) fn latch(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of the cell. Right for who holds the latch, or an id of the open block.
    pub(crate) fn key(&self) -> Pubkey {
        let mut key = [0; 32];
        let (words, _) = key.as_chunks_mut();
        for (word, own) in words.iter_mut().zip(&self.key) {
            *word = own.load(Ordering::Relaxed).to_ne_bytes();
        }
        Pubkey(key)
    }

    /// Slot of the block that made the cell for its key. Right for who holds an id of the open block.
    pub(crate) fn made_in(&self) -> u64 {
        self.made_in.load(Ordering::Relaxed)
    }

    /// Replaces the cell, its key, and the slot of the block that made it.
    fn replace(&self, key: &Pubkey, cell: Cell, made_in: u64) {
        let mut latched = self.latch();
        let (words, _) = key.0.as_chunks();
        for (own, word) in self.key.iter().zip(words) {
            own.store(u64::from_ne_bytes(*word), Ordering::Relaxed);
        }
        self.made_in.store(made_in, Ordering::Relaxed);
        *latched = cell;
    }
}

/// Cells by id.
pub(crate) struct Slots {
    root: Box<[OnceLock<Folder>]>,
    ids: Mutex<Ids>,
}

/// Which ids are in use.
#[derive(Default)]
struct Ids {
    /// Given back, to be used again.
    returned: Vec<AccountId>,
    /// The lowest id that was never used.
    unused: u32,
}

impl Slots {
    pub(crate) fn new() -> Self {
        Self {
            root: std::iter::repeat_with(OnceLock::new).take(FOLDERS).collect(),
            ids: Mutex::default(),
        }
    }

    /// Gives out an id whose cell holds `cell`, for the block of slot `made_in`.
    ///
    /// # Panics
    /// At 2^32 cells, which would take 500 GiB.
    pub(crate) fn insert(&self, key: &Pubkey, cell: Cell, made_in: u64) -> AccountId {
        let mut ids = self.ids();
        if let Some(id) = ids.returned.pop() {
            drop(ids);
            self.slot(id).replace(key, cell, made_in);
            return id;
        }
        let id = AccountId(ids.unused);
        // Before the id counts: whoever scans looks at the cells of all ids that do.
        self.allocate(id).replace(key, cell, made_in);
        ids.unused = ids
            .unused
            .checked_add(1)
            .expect("memory has fewer than 2^32 cells");
        id
    }

    /// The place of an id that is given out for the first time.
    fn allocate(&self, id: AccountId) -> &Slot {
        let folder = self.root[folder_of(id)].get_or_init(|| {
            std::iter::repeat_with(OnceLock::new)
                .take(FOLDER_SEGMENTS)
                .collect()
        });
        let segment = folder[segment_of(id)].get_or_init(|| {
            std::iter::repeat_with(Slot::default)
                .take(SEGMENT_CELLS)
                .collect()
        });
        &segment[cell_of(id)]
    }

    /// Takes back an id whose key the index no longer has.
    pub(crate) fn give_back(&self, id: AccountId) {
        self.slot(id).replace(&Pubkey::default(), Cell::default(), 0);
        self.ids().returned.push(id);
    }

    /// The cell of an id, under its latch.
    pub(crate) fn cell(&self, id: AccountId) -> MutexGuard<'_, Cell> {
        self.slot(id).latch()
    }

    /// The place of an id.
    pub(crate) fn slot(&self, id: AccountId) -> &Slot {
        let folder = self.root[folder_of(id)].get();
        let segment = folder.and_then(|folder| folder[segment_of(id)].get());
        &segment.expect("the id was given out")[cell_of(id)]
    }

    /// The number of ids ever used, all below it.
    pub(crate) fn len(&self) -> u32 {
        self.ids().unused
    }

    /// The number of ids that are given out.
    pub(crate) fn used_count(&self) -> usize {
        let ids = self.ids();
        (ids.unused as usize).saturating_sub(ids.returned.len())
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn folder_of(id: AccountId) -> usize {
    (id.0 >> (FOLDER_BITS + SEGMENT_BITS)) as usize
}

const fn segment_of(id: AccountId) -> usize {
    (id.0 >> SEGMENT_BITS) as usize & (FOLDER_SEGMENTS - 1)
}

const fn cell_of(id: AccountId) -> usize {
    id.0 as usize & (SEGMENT_CELLS - 1)
}
