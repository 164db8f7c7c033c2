//! What the blocks that several threads execute use one after the other.
//!
//! Invariant: between two blocks no lock is held, no transaction is in the order and no thread works.

use isobath_scheduler::{IntakeLimits, ScheduleLimits, Workers, WorkersLimits};
use isobath_sdk::chain::record::Room;
use isobath_sdk::rules::Rules;

use super::order::Order;

/// Transactions between the oldest that has not run and the newest whose locks are taken.
const WINDOW: u32 = 2_048;
/// Transactions whose accounts are looked up together.
const BATCH: u32 = 32;
/// Batches that wait for those before them to take their locks.
const BATCHES: u32 = 64;

/// What blocks that are executed by several threads use one after the other.
#[derive(Debug)]
pub struct ParallelBuffers {
    pub(super) workers: Workers,
    pub(super) order: Order,
    pub(super) threads: usize,
    /// What a lane will need for what becomes of its transactions, going by the last block: so its memory is asked for once.
    pub(super) lane_room: Room,
}

impl ParallelBuffers {
    /// For `threads` threads, under these rules.
    ///
    /// # Panics
    /// If there is no thread, or more than 62.
    #[must_use]
    pub fn new(threads: usize, rules: &Rules) -> Self {
        assert!((1..63).contains(&threads), "a block has 1 to 62 threads");
        let transaction_locks = u32::try_from(rules.account_locks_max).expect("a few hundred at most");
        Self {
            workers: Workers::new(WorkersLimits {
                threads,
                schedule: ScheduleLimits {
                    window: WINDOW,
                    transaction_locks,
                },
                intake: IntakeLimits {
                    batch_transactions: BATCH,
                    batches: BATCHES,
                },
            }),
            order: Order::default(),
            threads,
            lane_room: Room::default(),
        }
    }

    /// Locks that were not granted at once, since this was made.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.workers.schedule().conflicts()
    }
}
