//! What the store, its open block and its readers share, and pruning.
//!
//! Invariant: at most one block is open, or has ended and is neither published nor dropped. What a block leaves behind is
//! freed when no view needs it: arenas, and cells of keys without an account.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_sdk::chain::accounts::AccountId;
use isobath_sdk::chain::header::Header;

use crate::resident::Resident;
use crate::resident::arena::Arena;
use crate::views::{Totals, ViewState, Views};

/// Bytes of images that held views may keep in memory, unless the store is told otherwise: 1 GiB.
pub const HELD_BYTES_MAX: u64 = 1 << 30;
/// Cells that are given back when a block is opened, beside as many as the block before left to be given back. So the
/// cells of a block delay one block, by what that many cost, and those that a held view has kept are given back over many.
const GIVEN_BACK_MIN: usize = 1 << 12;
/// Images that are freed when a block is opened: about 2 ms. At least two arenas are emptied, so that they are fewer after
/// each block, whatever blocks write.
const FREED_MIN: usize = 1 << 16;
/// Images that an arena takes as long as, to be emptied, beside its own.
const ARENA_IMAGES: usize = 16;
/// Arenas that are kept to be used again.
const SPARE_ARENAS_MAX: usize = 4;

/// What open blocks and views share.
pub(crate) struct Shared {
    pub(crate) resident: Arc<Resident>,
    pub(crate) views: Views,
    /// Bytes of images that held views may keep.
    pub(crate) held_bytes_max: AtomicU64,
    pub(crate) views_revoked: AtomicU64,
    writer: Mutex<Writer>,
}

/// What belongs to the thread that executes blocks.
#[derive(Default)]
struct Writer {
    /// Cells of keys without an account, and the slot of the block after which they may be given back, in the order in which
    /// they were noted.
    absent: VecDeque<(u64, AccountId)>,
    /// Number of cells that the last block left there.
    absent_new: usize,
    /// Whether a block is open, or has ended and is neither published nor dropped.
    is_open: bool,
    /// Arenas that no view needs and that are not emptied yet: what a view that was held for long has kept is freed over many
    /// blocks.
    unneeded: VecDeque<Arc<Arena>>,
    spare_arenas: Vec<Arena>,
    spare_list: Vec<AccountId>,
}

/// What a block is opened with.
pub(crate) struct Buffers {
    pub(crate) arena: Arena,
    /// The list of what the block writes.
    pub(crate) written: Vec<AccountId>,
}

impl Shared {
    /// The accounts of slot 0.
    pub(crate) fn new(resident: Resident, totals: Totals) -> Self {
        let resident = Arc::new(resident);
        Self {
            views: Views::new(ViewState::new(0, 0, totals, Arc::clone(&resident))),
            resident,
            held_bytes_max: AtomicU64::new(HELD_BYTES_MAX),
            views_revoked: AtomicU64::new(0),
            writer: Mutex::default(),
        }
    }

    /// Buffers for the block of `slot`, which is open from now on.
    ///
    /// # Panics
    /// If a block is open.
    pub(crate) fn begin_block(&self, slot: u64) -> Buffers {
        let mut writer = self.writer();
        assert!(!writer.is_open, "one block is open at a time");
        writer.is_open = true;
        let arena = writer.spare_arenas.pop().unwrap_or_default();
        Buffers {
            arena: arena.reuse(slot),
            written: std::mem::take(&mut writer.spare_list),
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes cells that may be given back once no view needs them.
    pub(crate) fn note_absent(&self, absent: impl Iterator<Item = (u64, AccountId)>) {
        let is_new = |(_, id): &(u64, AccountId)| {
            self.resident
                .with_cell(*id, |cell| !std::mem::replace(&mut cell.is_listed, true))
        };
        let mut writer = self.writer();
        let before = writer.absent.len();
        writer.absent.extend(absent.filter(is_new));
        writer.absent_new = writer.absent.len().saturating_sub(before);
    }

    /// Lets the next block be opened, and keeps the buffers of this one for it.
    pub(crate) fn close_block(&self, arena: Option<Arc<Arena>>, mut written: Vec<AccountId>) {
        let mut writer = self.writer();
        writer.is_open = false;
        if let Some(arena) = arena.and_then(Arc::into_inner) {
            writer.keep(arena);
        }
        written.clear();
        writer.spare_list = written;
    }

    /// Makes the end of the block under `header` the newest view.
    pub(crate) fn publish(&self, header: &Header, totals: Totals) {
        let resident = Arc::clone(&self.resident);
        let next = ViewState::new(header.slot, header.height, totals, resident);
        self.views.publish(next);
    }

    /// Frees images and cells that no view needs, after revoking the oldest views if they keep too much.
    ///
    /// # Panics
    /// If a block is open.
    pub(crate) fn prune(&self) {
        let mut writer = self.writer();
        // What an open block names would look as if nothing needed it.
        assert!(!writer.is_open, "one block is open at a time");
        let mut steps = GIVEN_BACK_MIN.saturating_add(std::mem::take(&mut writer.absent_new));
        loop {
            let oldest = self.views.oldest();
            writer.unneeded.extend(self.resident.take_arenas(oldest));
            steps = writer.give_back(&self.resident, oldest, steps);
            if self.resident.arena_bytes() <= self.held_bytes_max.load(Ordering::Relaxed)
                || !self.views.revoke_oldest()
            {
                break;
            }
            self.views_revoked.fetch_add(1, Ordering::Relaxed);
        }
        writer.free_images();
    }
}

impl Writer {
    fn keep(&mut self, arena: Arena) {
        // Emptied here, not when it is needed.
        let arena = arena.reuse(0);
        if self.spare_arenas.len() < SPARE_ARENAS_MAX {
            self.spare_arenas.push(arena);
        }
    }

    /// Empties some arenas that no view needs.
    fn free_images(&mut self) {
        let (mut arenas, mut images) = (0_usize, 0_usize);
        while (arenas < 2 || images < FREED_MIN)
            && let Some(arena) = self.unneeded.pop_front()
        {
            arenas = arenas.saturating_add(1);
            images = images.saturating_add(arena.len()).saturating_add(ARENA_IMAGES);
            if let Some(arena) = Arc::into_inner(arena) {
                self.keep(arena);
            }
        }
    }

    /// Gives back what no block and no view needs, up to the first cell that is still needed, after looking at `steps` cells
    /// at most; returns how many may still be looked at.
    fn give_back(&mut self, resident: &Resident, oldest: u64, steps: usize) -> usize {
        let mut left = steps;
        while left > 0
            && let Some((_, id)) = self.absent.pop_front_if(|(needed_in, _)| *needed_in <= oldest)
        {
            left = left.saturating_sub(1);
            if let Some(needed_in) = resident.give_back(id, oldest) {
                self.absent.push_back((needed_in, id));
            }
        }
        left
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use isobath_sdk::chain::account::Account;

    use super::*;
    use crate::resident::cell::{Image, Link};

    /// Publishes a block that has written so many accounts.
    fn publish(shared: &Shared, slot: u64, count: usize) {
        shared.prune();
        let arena = shared.begin_block(slot).arena;
        for _ in 0..count {
            arena.lane(0).push(Image {
                account: Account::default(),
                link: Link::default(),
            });
        }
        shared.resident.add_arena(Arc::new(arena));
        let resident = Arc::clone(&shared.resident);
        let next = ViewState::new(slot, slot, Totals::default(), resident);
        shared.views.publish(next);
        shared.close_block(None, Vec::new());
    }

    #[test]
    fn what_a_held_view_has_kept_is_freed_over_many_blocks() {
        let shared = Shared::new(Resident::new(Vec::new()), Totals::default());
        let held = shared.views.current();
        for slot in 1..=10 {
            publish(&shared, slot, FREED_MIN / 2);
        }
        assert!(shared.writer().unneeded.is_empty());
        drop(held);
        let left = std::iter::repeat_with(|| {
            shared.prune();
            shared.writer().unneeded.len()
        });
        assert_eq!(left.take(6).collect::<Vec<_>>(), [8, 6, 4, 2, 0, 0]);
    }
}
