//! The slab of resident accounts: cells that never move, by id.
//!
//! Invariants: an id that was given out stays that key's until it is given back; cells of ids given back belong to no key.
//! Each cell has a latch of its own, held while one account is copied or exchanged and never while anything else is done,
//! except that its images may be read under it. Memory grows by 4,096 cells at a time and is kept.

use std::sync::{OnceLock, PoisonError};

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

type Segment = Box<[Mutex<Cell>]>;
type Folder = Box<[OnceLock<Segment>]>;

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

    /// Gives out an id whose cell holds `cell`.
    ///
    /// # Panics
    /// At 2^32 cells, which would take 500 GiB.
    pub(crate) fn insert(&self, cell: Cell) -> AccountId {
        let mut ids = self.ids();
        if let Some(id) = ids.returned.pop() {
            drop(ids);
            *self.cell(id) = cell;
            return id;
        }
        let id = AccountId(ids.unused);
        // Before the id counts: whoever scans looks at the cells of all ids that do.
        *latch(self.allocate(id)) = cell;
        ids.unused = ids
            .unused
            .checked_add(1)
            .expect("memory has fewer than 2^32 cells");
        id
    }

    /// The cell of an id that is given out for the first time.
    fn allocate(&self, id: AccountId) -> &Mutex<Cell> {
        let folder = self.root[folder_of(id)].get_or_init(|| {
            std::iter::repeat_with(OnceLock::new)
                .take(FOLDER_SEGMENTS)
                .collect()
        });
        let segment = folder[segment_of(id)].get_or_init(|| {
            std::iter::repeat_with(Mutex::default)
                .take(SEGMENT_CELLS)
                .collect()
        });
        &segment[cell_of(id)]
    }

    /// Takes back an id whose key the index no longer has.
    pub(crate) fn give_back(&self, id: AccountId) {
        *self.cell(id) = Cell::default();
        self.ids().returned.push(id);
    }

    /// The cell of an id, under its latch.
    pub(crate) fn cell(&self, id: AccountId) -> MutexGuard<'_, Cell> {
        let folder = self.root[folder_of(id)].get();
        let segment = folder.and_then(|folder| folder[segment_of(id)].get());
        latch(&segment.expect("the id was given out")[cell_of(id)])
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

/// Nothing panics while it holds a latch with a cell half written.
fn latch(cell: &Mutex<Cell>) -> MutexGuard<'_, Cell> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
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
