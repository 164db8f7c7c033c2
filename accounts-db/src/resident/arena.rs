//! The images of one block: what the accounts that it writes were before it.
//!
//! Invariant: an image is pushed before the block first changes its account and stays as it is until no view older than the
//! block is held. Each lane of a block fills a part of its own. Arenas that are no longer needed are emptied and used again, so that a node at work allocates none.

use std::sync::PoisonError;

use isobath_sdk::chain::account::{Account, AccountData};

use super::cell::Image;
use super::slots::Slot;
use crate::sync::{AtomicU64, Ordering, RwLock, RwLockReadGuard};

/// Bytes that a block costs held views beside its images: its arena, its view and their places in lists, rounded up, so that
/// views that are held through very many small blocks are bounded as well.
const BLOCK_BYTES: u64 = 16 << 10;

/// Bytes that a transaction costs held views beside accounts, rounded up: its status and its message stay in tables, which may
/// be half empty.
const TRANSACTION_BYTES: u64 = 384;
/// Bytes that an account costs held views beside its image when it leaves its owner, rounded up: it stays in the index of
/// the owner's accounts.
const LEAVING_BYTES: u64 = 1 << 10;

/// Lanes of a block: threads that change accounts beside each other.
#[cfg(not(feature = "loom"))]
pub(crate) const LANES_MAX: u32 = 1 << LANES_BITS;
#[cfg(feature = "loom")]
pub(crate) const LANES_MAX: u32 = 1;
/// The position of an image begins with the number of its lane; 2^26 images of a lane are 6 GiB.
const LANES_BITS: u32 = 6;
const POSITION_BITS: u32 = u32::BITS - LANES_BITS;
const POSITION_MASK: u32 = (1 << POSITION_BITS) - 1;

/// The images of one block.
#[derive(Debug)]
pub(crate) struct Arena {
    slot: u64,
    lanes: Box<[Images]>,
}

/// The images that one lane saved, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Images {
    images: RwLock<Vec<Image>>,
    /// Bytes that they keep in memory for held views, their data included.
    bytes: AtomicU64,
}

/// The arena of a block as one of its lanes fills it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArenaLane<'a> {
    arena: &'a Arena,
    number: u32,
}

/// All images of a block, as long as this is held.
pub(crate) struct ArenaImages<'a> {
    lanes: Box<[RwLockReadGuard<'a, Vec<Image>>]>,
}

impl ArenaImages<'_> {
    /// The image at `position`.
    pub(crate) fn get(&self, position: u32) -> &Image {
        let (lane, index) = lane_and_index(position);
        &self.lanes[lane][index]
    }
}

impl Images {
    fn read(&self) -> RwLockReadGuard<'_, Vec<Image>> {
        self.images.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lane of a position, and the index of the image among those of the lane.
const fn lane_and_index(position: u32) -> (usize, usize) {
    let lane = position >> POSITION_BITS;
    (lane as usize, (position & POSITION_MASK) as usize)
}

impl Default for Arena {
    fn default() -> Self {
        let lanes = std::iter::repeat_with(Images::default);
        Self {
            slot: 0,
            lanes: lanes.take(LANES_MAX as usize).collect(),
        }
    }
}

impl Arena {
    /// The arena of the block of `slot`, in the memory of an old one.
    pub(crate) fn reuse(mut self, slot: u64) -> Self {
        self.slot = slot;
        for lane in &mut self.lanes {
            lane.bytes = AtomicU64::new(0);
            let images = lane.images.get_mut();
            images.unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.lanes[0].bytes = AtomicU64::new(BLOCK_BYTES);
        self
    }

    /// Slot of the block.
    pub(crate) const fn slot(&self) -> u64 {
        self.slot
    }

    /// Number of images.
    pub(crate) fn len(&self) -> usize {
        let images = |lane: &Images| lane.read().len();
        self.lanes.iter().map(images).fold(0, usize::saturating_add)
    }

    /// Bytes that the block keeps in memory for held views.
    pub(crate) fn bytes(&self) -> u64 {
        let lanes = self.lanes.iter();
        lanes
            .map(|lane| lane.bytes.load(Ordering::Relaxed))
            .fold(0, u64::saturating_add)
    }

    /// The arena for the lane of this number, which is below [`LANES_MAX`].
    pub(crate) fn lane(&self, number: u32) -> ArenaLane<'_> {
        assert!(number < LANES_MAX, "a block has at most {LANES_MAX} lanes");
        ArenaLane { arena: self, number }
    }

    /// Counts what the node keeps of the transactions of the block for views of earlier blocks.
    pub(crate) fn count_transactions(&self, count: u32) {
        self.lane(0)
            .count(u64::from(count).saturating_mul(TRANSACTION_BYTES));
    }

    /// Counts what the node keeps of an account that leaves its owner.
    pub(crate) fn count_leaving(&self) {
        self.lane(0).count(LEAVING_BYTES);
    }

    /// Whether the image at `position` shares these data.
    pub(crate) fn has_data(&self, position: u32, data: &AccountData) -> bool {
        self.with(position, |image| image.account.data.is_same(data))
    }

    /// Looks at the image at `position`.
    pub(crate) fn with<T>(&self, position: u32, look: impl FnOnce(&Image) -> T) -> T {
        let (lane, index) = lane_and_index(position);
        look(&self.lanes[lane].read()[index])
    }

    /// All images, for who looks at many: nobody adds any meanwhile.
    pub(crate) fn read(&self) -> ArenaImages<'_> {
        ArenaImages {
            lanes: self.lanes.iter().map(Images::read).collect(),
        }
    }

    /// The account of the image at `position`.
    pub(crate) fn account(&self, position: u32) -> Account {
        self.with(position, |image| image.account.clone())
    }
}

impl<'a> ArenaLane<'a> {
    /// Slot of the block.
    pub(crate) const fn slot(self) -> u64 {
        self.arena.slot
    }

    /// The arena of all lanes.
    pub(crate) const fn arena(self) -> &'a Arena {
        self.arena
    }

    /// Counts a cell that was made for a key without an account: it stays as long as a view of an earlier block is held.
    pub(crate) fn count_absent(self) {
        self.count(size_of::<Slot>() as u64);
    }

    /// Counts the data of an image, once the cell has others.
    pub(crate) fn count_data(self, len: usize) {
        self.count(len as u64);
    }

    /// Saves an image, whose data may still be those of the cell; returns its position.
    ///
    /// # Panics
    /// At 2^26 images of one lane, which would take 6 GiB.
    pub(crate) fn push(self, image: Image) -> u32 {
        self.count(size_of::<Image>() as u64);
        let images = self.own().images.write();
        let mut images = images.unwrap_or_else(PoisonError::into_inner);
        let position = u32::try_from(images.len()).unwrap_or(u32::MAX);
        assert!(position <= POSITION_MASK, "a block changes fewer accounts");
        images.push(image);
        self.number << POSITION_BITS | position
    }

    fn count(self, bytes: u64) {
        self.own().bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn own(self) -> &'a Images {
        &self.arena.lanes[self.number as usize]
    }
}
