//! What the store, its open block and its readers share, and pruning.
//!
//! Invariant: at most one block is open, and at most one has ended and is neither published nor dropped; the open one
//! follows it. What a block leaves behind is freed when no view needs it: arenas, and cells of keys without an account.

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
    /// Whether a block is open.
    is_open: bool,
    /// Slot of the block that has ended and is neither published nor dropped.
    ended: Option<u64>,
    /// Arenas that no view needs and that are not emptied yet: what a view that was held for long has kept is freed over many
    /// blocks.
    unneeded: VecDeque<Arc<Arena>>,
    spare_arenas: Vec<Arena>,
    spare_list: Vec<AccountId>,
}

/// What a block is opened with.
pub(crate) struct Buffers {
    /// Slot of the block before.
    pub(crate) parent: u64,
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

    /// Slot of the block that has ended and is neither published nor dropped.
    pub(crate) fn ended(&self) -> Option<u64> {
        self.writer().ended
    }

    /// Buffers for the block after the one that has ended, or else after the newest view, which is open from now on.
    ///
    /// # Panics
    /// If a block is open.
    pub(crate) fn begin_block(&self) -> Buffers {
        let mut writer = self.writer();
        assert!(!writer.is_open, "one block is open at a time");
        writer.is_open = true;
        // A block is published before it counts as no longer ended, so one of the two is right.
        let parent = writer.ended.unwrap_or_else(|| self.views.current().slot);
        let arena = writer.spare_arenas.pop().unwrap_or_default();
        Buffers {
            parent,
            arena: arena.reuse(parent.saturating_add(1)),
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

    /// Notes that the open block, of this slot, has ended.
    ///
    /// # Panics
    /// If another one has ended and is neither published nor dropped.
    pub(crate) fn end_block(&self, slot: u64) {
        let mut writer = self.writer();
        assert!(writer.ended.is_none(), "the block before is published first");
        (writer.is_open, writer.ended) = (false, Some(slot));
    }

    /// Whether a block is open.
    pub(crate) fn is_open(&self) -> bool {
        self.writer().is_open
    }

    /// Notes that a block that had ended is published or dropped, and keeps its buffers for another one.
    pub(crate) fn close_ended(&self, arena: Option<Arc<Arena>>, written: Vec<AccountId>) {
        let mut writer = self.writer();
        writer.ended = None;
        writer.keep_buffers(arena, written);
    }

    /// Notes that the open block was dropped, and keeps its buffers for another one.
    pub(crate) fn close_open(&self, arena: Arc<Arena>, written: Vec<AccountId>) {
        let mut writer = self.writer();
        writer.is_open = false;
        writer.keep_buffers(Some(arena), written);
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
    fn keep_buffers(&mut self, arena: Option<Arc<Arena>>, mut written: Vec<AccountId>) {
        if let Some(arena) = arena.and_then(Arc::into_inner) {
            self.keep(arena);
        }
        written.clear();
        self.spare_list = written;
    }

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
        let arena = shared.begin_block().arena;
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
        shared.end_block(slot);
        shared.close_ended(None, Vec::new());
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
