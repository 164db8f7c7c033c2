//! The states in use, from the oldest that a reader holds to the newest.
//!
//! ```text
//!   older: [n-2] [n-1]        current: [n]        table: all blocks up to n-2, unmerged: [n-1] [n]
//! ```
//!
//! Publishing replaces the current state, under a lock that is held for that alone. Pruning drops the older states that
//! no reader holds any more, and merges each layer into the table once no state older than the layer is left.
//!
//! Invariant: the table holds no block newer than the oldest state in use.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::layer::Layer;
use crate::state::{Advance, State};

/// The states in use.
pub(crate) struct Versions {
    current: RwLock<Arc<State>>,
    unpruned: Mutex<Unpruned>,
}

/// States that readers may still hold, and the layers that they keep from being merged.
#[derive(Default)]
struct Unpruned {
    /// States that were current, oldest first.
    older: VecDeque<Arc<State>>,
    /// Layers that the table lacks, oldest first.
    layers: VecDeque<Arc<Layer>>,
}

impl Versions {
    pub(crate) fn new(state: State) -> Self {
        Self {
            current: RwLock::new(Arc::new(state)),
            unpruned: Mutex::default(),
        }
    }

    /// The newest state.
    pub(crate) fn current(&self) -> Arc<State> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the end of `block` the newest state.
    ///
    /// # Panics
    /// If it is not the next block.
    pub(crate) fn publish(&self, block: &Advance) {
        let mut unpruned = self.unpruned();
        let next = Arc::new(self.current().successor(block));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, next);
        drop(current);
        unpruned.older.push_back(old);
        unpruned.layers.push_back(Arc::clone(&block.layer));
    }

    /// Drops the states that no reader holds, and merges the layers that no remaining state needs.
    pub(crate) fn prune(&self) {
        let mut unpruned = self.unpruned();
        let current = self.current();
        // Readers get the current state only, so an older one that only this list holds is unreachable.
        while unpruned
            .older
            .front_mut()
            .is_some_and(|oldest| Arc::get_mut(oldest).is_some())
        {
            unpruned.older.pop_front();
        }
        let oldest = unpruned.older.front().map_or(current.slot, |oldest| oldest.slot);
        while unpruned
            .layers
            .front()
            .is_some_and(|layer| layer.slot() <= oldest)
        {
            if let Some(layer) = unpruned.layers.pop_front() {
                current.table().merge(&layer);
            }
        }
    }

    fn unpruned(&self) -> MutexGuard<'_, Unpruned> {
        self.unpruned.lock().expect("no publication panicked half way")
    }
}
