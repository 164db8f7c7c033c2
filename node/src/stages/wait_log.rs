//! What the threads of a block note of its waits, while they execute it.
//!
//! Nothing of this is part of the block: what waits depends on how fast each thread is.

use std::time::Instant;

use isobath_program_abi::Pubkey;
use isobath_runtime::WaitNotes;
use isobath_scheduler::LockWait;

/// Waits for accounts that are noted of one block, and waits in the pool.
pub(crate) const WAITS_PER_BLOCK_MAX: usize = 16_384;

/// The time since the transactions of a block began to be executed.
#[derive(Clone, Copy)]
pub(crate) struct BlockTimer(Instant);

impl BlockTimer {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Microseconds so far; the most that there are after 71 minutes.
    pub(crate) fn us(self) -> u32 {
        u32::try_from(self.0.elapsed().as_micros()).unwrap_or(u32::MAX)
    }
}

/// A transaction that waited for the lock of an account, by positions in the order of the open block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotedWait {
    pub(crate) position: u32,
    /// The transaction that handed the lock over.
    pub(crate) behind: u32,
    pub(crate) account: Pubkey,
    /// When the lock was granted.
    pub(crate) granted_us: u32,
}

/// The notes of one thread.
pub(crate) struct WaitLog {
    timer: BlockTimer,
    waits_max: usize,
    pub(crate) waits: Vec<NotedWait>,
    /// Waits that found no room.
    pub(crate) unrecorded: u64,
}

impl WaitLog {
    /// For one of `threads` threads, which share what a block may note.
    pub(crate) fn new(timer: BlockTimer, threads: usize) -> Self {
        Self {
            timer,
            waits_max: WAITS_PER_BLOCK_MAX.checked_div(threads).unwrap_or(0),
            waits: Vec::new(),
            unrecorded: 0,
        }
    }
}

impl WaitNotes for WaitLog {
    fn note(&mut self, wait: LockWait, key: impl FnOnce() -> Option<Pubkey>) {
        let account = if self.waits.len() < self.waits_max {
            key()
        } else {
            None
        };
        let Some(account) = account else {
            self.unrecorded = self.unrecorded.saturating_add(1);
            return;
        };
        self.waits.push(NotedWait {
            position: wait.position,
            behind: wait.behind,
            account,
            granted_us: self.timer.us(),
        });
    }
}

/// When the transactions of a block were taken, those of one look into the pool together; and how many blocks those
/// waited in the pool that did.
#[derive(Default)]
pub(crate) struct TakeLog {
    /// The first position of each group and its time, in order.
    groups: Vec<(u32, u32)>,
    /// Positions and blocks, in order.
    pub(crate) passed: Vec<(u32, u32)>,
    /// Those that found no room.
    pub(crate) unrecorded: u64,
    /// Positions of transactions without effect, which are not in the block, in order.
    pub(crate) left_out: Vec<u32>,
}

impl TakeLog {
    /// Notes that the transactions from `first` on are taken now.
    pub(crate) fn note_taken(&mut self, first: u32, now_us: u32) {
        self.groups.push((first, now_us));
    }

    /// Notes for how many blocks a transaction waited in the pool.
    pub(crate) fn note_waited(&mut self, position: u32, blocks: u64) {
        if blocks == 0 {
            return;
        }
        if self.passed.len() < WAITS_PER_BLOCK_MAX {
            let blocks = u32::try_from(blocks).unwrap_or(u32::MAX);
            self.passed.push((position, blocks));
        } else {
            self.unrecorded = self.unrecorded.saturating_add(1);
        }
    }

    /// When the transaction at a position was taken.
    pub(crate) fn taken_us(&self, position: u32) -> u32 {
        let later = self.groups.partition_point(|(first, _)| *first <= position);
        let group = later.checked_sub(1).and_then(|at| self.groups.get(at));
        group.map_or(0, |(_, us)| *us)
    }

    /// The index that the transaction at a position has in the block; `None` if it is not in it.
    pub(crate) fn index_of(&self, position: u32) -> Option<u32> {
        let before = self.left_out.binary_search(&position).err()?;
        position.checked_sub(u32::try_from(before).ok()?)
    }
}
