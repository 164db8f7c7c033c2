//! The transactions of a block by their position, appended by one thread while others execute them.
//!
//! Invariant: a place is filled before its position is announced, and a lane that has its transaction's locks is the only
//! one that looks at what is mutable in it. The memory is kept from block to block.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use isobath_scheduler::Spent;
use isobath_sdk::chain::accounts::AccountId;
use isobath_sdk::chain::helpers::{Helpers, in_parts};
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::errors::TransactionError;
use smallvec::SmallVec;

use crate::admission::Tx;

/// Places that are allocated together.
const SEGMENT_LEN: usize = 1 << SEGMENT_BITS;
const SEGMENT_BITS: u32 = 10;
/// Segments of a block: room for 16 million transactions, more than a block can hold.
const SEGMENTS: usize = 1 << 14;

/// The transactions of a block, in its order.
#[derive(Debug)]
pub(super) struct Order {
    segments: Box<[OnceLock<Box<[Place]>>]>,
}

/// A transaction in the order of its block.
#[derive(Debug, Default)]
pub(super) struct Place {
    tx: OnceLock<Tx>,
    state: Mutex<PlaceState>,
}

/// What is known of a transaction so far.
#[derive(Debug, Default)]
pub(super) struct PlaceState {
    /// Ids of its static keys.
    pub(super) ids: SmallVec<[AccountId; 6]>,
    /// The keys that its lookups load, if it has lookups.
    pub(super) loaded: Option<Box<Result<LoadedAddresses, TransactionError>>>,
    /// What became of it, once it was executed: its cost, or why it has no effect.
    pub(super) end: Option<Result<Spent, TransactionError>>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            segments: std::iter::repeat_with(OnceLock::new).take(SEGMENTS).collect(),
        }
    }
}

impl Order {
    /// Puts a transaction at a position that has none.
    ///
    /// # Panics
    /// At 2^24 transactions, and if the position has one.
    pub(super) fn put(&self, position: u32, tx: Tx) {
        let (segment, index) = place_of(position);
        let segment = self.segments[segment].get_or_init(|| {
            let places = std::iter::repeat_with(Place::default);
            places.take(SEGMENT_LEN).collect()
        });
        let is_free = segment[index].tx.set(tx).is_ok();
        assert!(is_free, "a position is used once");
    }

    /// The place of a transaction.
    ///
    /// # Panics
    /// If there is none at the position.
    pub(super) fn place(&self, position: u32) -> &Place {
        let (segment, index) = place_of(position);
        let segment = self.segments[segment].get();
        &segment.expect("the position was announced")[index]
    }

    /// Moves out the first `len` transactions and returns those that are in the block. The places are then free for the next
    /// one.
    ///
    /// # Panics
    /// If one was not executed.
    pub(super) fn drain(&mut self, len: u32, helpers: &dyn Helpers) -> Vec<Tx> {
        let segments = self.segments.iter_mut().filter_map(OnceLock::get_mut);
        let mut left = len as usize;
        let used = segments.map_while(|segment| {
            let (used, _) = segment.split_at_mut(left.min(SEGMENT_LEN));
            left = left.saturating_sub(used.len());
            (!used.is_empty()).then(|| Mutex::new(used))
        });
        let used: Vec<Mutex<&mut [Place]>> = used.collect();
        let kept = in_parts(helpers, used.len(), |segment| {
            let mut places = used[segment].lock().unwrap_or_else(PoisonError::into_inner);
            places.iter_mut().filter_map(Place::empty).collect::<Vec<Tx>>()
        });
        let mut all = Vec::with_capacity(len as usize);
        kept.into_iter().for_each(|some| all.extend(some));
        all
    }
}

impl Place {
    /// The transaction.
    pub(super) fn tx(&self) -> &Tx {
        self.tx.get().expect("a place is filled before it is announced")
    }

    /// Frees the place; returns the transaction if it is in the block.
    fn empty(&mut self) -> Option<Tx> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.ids.clear();
        state.loaded = None;
        let end = state
            .end
            .take()
            .expect("every transaction of the block was executed");
        let tx = self.tx.take().expect("each position of the block has one");
        end.is_ok().then_some(tx)
    }

    /// What became of it. Does not wait for the thread that executes it, and has the state meanwhile.
    pub(super) fn end(&self) -> Option<Result<Spent, TransactionError>> {
        match self.state.try_lock() {
            Ok(state) => state.end,
            Err(TryLockError::Poisoned(state)) => state.into_inner().end,
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// What is known of it.
    pub(super) fn state(&self) -> MutexGuard<'_, PlaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn place_of(position: u32) -> (usize, usize) {
    let position = position as usize;
    (position >> SEGMENT_BITS, position & (SEGMENT_LEN - 1))
}
