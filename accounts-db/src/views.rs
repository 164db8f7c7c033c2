//! The views in use, from the oldest that a reader holds to the newest.
//!
//! ```text
//!   older: [n-2] [n-1]       current: [n]       arenas: those of the blocks after n-2
//! ```
//!
//! Publishing replaces the current view, under a lock that is held for that alone. Pruning drops the older views that no
//! reader holds, and with them the arenas that only they need. A held view costs the arenas of all later blocks, so what
//! held views may keep is bounded in bytes: past the bound the oldest is revoked.
//!
//! Invariant: a view that is not revoked finds every image that it needs.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::resident::Resident;
use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, RwLock, fence};

/// What a view shows beside accounts.
pub(crate) struct ViewState {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) totals: Totals,
    pub(crate) resident: Arc<Resident>,
    is_revoked: AtomicBool,
}

/// Totals over all accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) capitalization: u64,
    /// Number of accounts.
    pub(crate) count: usize,
}

impl ViewState {
    pub(crate) fn new(slot: u64, height: u64, totals: Totals, resident: Arc<Resident>) -> Self {
        Self {
            slot,
            height,
            totals,
            resident,
            is_revoked: AtomicBool::default(),
        }
    }

    /// Whether images that the view needs may be gone. What was read before is right if this is false afterwards.
    pub(crate) fn is_revoked(&self) -> bool {
        // Pairs with the fence in `revoke`: whoever saw anything gone, even without a lock, sees the view revoked.
        fence(Ordering::Acquire);
        self.is_revoked.load(Ordering::Relaxed)
    }

    fn revoke(&self) {
        self.is_revoked.store(true, Ordering::Relaxed);
        // Images, cells and keys go after it.
        fence(Ordering::Release);
    }
}

/// The views in use.
pub(crate) struct Views {
    current: RwLock<Arc<ViewState>>,
    /// Views that were current and that readers may still hold, oldest first.
    older: Mutex<VecDeque<Arc<ViewState>>>,
}

impl Views {
    pub(crate) fn new(first: ViewState) -> Self {
        Self {
            current: RwLock::new(Arc::new(first)),
            older: Mutex::default(),
        }
    }

    /// The newest view.
    pub(crate) fn current(&self) -> Arc<ViewState> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes `next` the newest view.
    pub(crate) fn publish(&self, next: ViewState) {
        let next = Arc::new(next);
        let mut older = self.older();
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, next);
        drop(current);
        older.push_back(old);
    }

    /// Forgets the older views that no reader holds; returns the slot of the oldest that is left.
    pub(crate) fn oldest(&self) -> u64 {
        let mut older = self.older();
        // Readers get the current view only, so an older one that only this list holds is unreachable.
        while older
            .front_mut()
            .is_some_and(|oldest| Arc::get_mut(oldest).is_some())
        {
            older.pop_front();
        }
        older
            .front()
            .map_or_else(|| self.current().slot, |oldest| oldest.slot)
    }

    /// Revokes the oldest view that is held and not the current one; false if there is none.
    pub(crate) fn revoke_oldest(&self) -> bool {
        let oldest = self.older().pop_front();
        oldest.inspect(|oldest| oldest.revoke()).is_some()
    }

    fn older(&self) -> MutexGuard<'_, VecDeque<Arc<ViewState>>> {
        self.older.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
