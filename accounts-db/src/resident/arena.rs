//! The images of one block: what the accounts that it writes were before it.
//!
//! Invariant: an image is pushed before the block first changes its account and stays as it is until no view older than the
//! block is held. Arenas that are no longer needed are emptied and used again, so that a node at work allocates none.

use std::sync::PoisonError;

use isobath_sdk::chain::account::{Account, AccountData};

use super::cell::Image;
use super::slots::Slot;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// Bytes that a block costs held views beside its images: its arena, its view and their places in lists, rounded up, so that
/// views that are held through very many small blocks are bounded as well.
const BLOCK_BYTES: u64 = 4 << 10;

/// Bytes that a transaction costs held views beside accounts, rounded up: its status and its message stay in tables, which may
/// be half empty.
const TRANSACTION_BYTES: u64 = 384;
/// Bytes that an account costs held views beside its image when it leaves its owner, rounded up: it stays in the index of
/// the owner's accounts.
const LEAVING_BYTES: u64 = 1 << 10;

/// The images of one block.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    slot: u64,
    images: Mutex<Vec<Image>>,
    /// Bytes that the block keeps in memory for held views, the data of its images included.
    bytes: AtomicU64,
}

impl Arena {
    /// The arena of the block of `slot`, in the memory of an old one.
    pub(crate) fn reuse(mut self, slot: u64) -> Self {
        self.slot = slot;
        self.bytes = AtomicU64::new(BLOCK_BYTES);
        self.images
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self
    }

    /// Slot of the block.
    pub(crate) const fn slot(&self) -> u64 {
        self.slot
    }

    /// Number of images.
    pub(crate) fn len(&self) -> usize {
        self.images().len()
    }

    /// Bytes that the block keeps in memory for held views.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Counts a cell that was made for a key without an account: it stays as long as a view of an earlier block is held.
    pub(crate) fn count_absent(&self) {
        self.bytes.fetch_add(size_of::<Slot>() as u64, Ordering::Relaxed);
    }

    /// Counts what the node keeps of the transactions of the block for views of earlier blocks.
    pub(crate) fn count_transactions(&self, count: u32) {
        let bytes = u64::from(count).saturating_mul(TRANSACTION_BYTES);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts what the node keeps of an account that leaves its owner.
    pub(crate) fn count_leaving(&self) {
        self.bytes.fetch_add(LEAVING_BYTES, Ordering::Relaxed);
    }

    /// Counts the data of an image, once the cell has others.
    pub(crate) fn count_data(&self, len: usize) {
        self.bytes.fetch_add(len as u64, Ordering::Relaxed);
    }

    /// Whether the image at `position` shares these data.
    pub(crate) fn has_data(&self, position: u32, data: &AccountData) -> bool {
        self.with(position, |image| image.account.data.is_same(data))
    }

    /// Saves an image, whose data may still be those of the cell; returns its position.
    pub(crate) fn push(&self, image: Image) -> u32 {
        self.bytes.fetch_add(size_of::<Image>() as u64, Ordering::Relaxed);
        let mut images = self.images();
        let position = u32::try_from(images.len()).expect("memory has fewer than 2^32 images");
        images.push(image);
        position
    }

    /// Looks at the image at `position`.
    pub(crate) fn with<T>(&self, position: u32, look: impl FnOnce(&Image) -> T) -> T {
        look(&self.images()[position as usize])
    }

    /// The account of the image at `position`.
    pub(crate) fn account(&self, position: u32) -> Account {
        self.with(position, |image| image.account.clone())
    }

    fn images(&self) -> MutexGuard<'_, Vec<Image>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
