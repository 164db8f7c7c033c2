//! What notifications that wait in queues hold of the memory, in sum.
//!
//! An event that waits in many queues is one object, so it is counted once, by the account that it keeps and the text
//! that it becomes. The count ends when the last queue has let go of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that an event takes beside its account and its text.
const EVENT_BYTES: usize = 512;

/// The bytes of all events that wait.
#[derive(Debug)]
pub(super) struct HeldNotifications {
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// The bytes of one event, until it is dropped.
#[derive(Debug)]
pub(super) struct HeldBytes {
    all: Arc<HeldNotifications>,
    bytes: usize,
}

impl HeldNotifications {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// Counts an event with this much in it.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> HeldBytes {
        let bytes = bytes.saturating_add(EVENT_BYTES);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        HeldBytes {
            all: Arc::clone(self),
            bytes,
        }
    }

    /// Whether the events hold more than they may.
    pub(super) fn is_over(&self) -> bool {
        self.bytes() > self.bytes_max
    }

    /// What the events hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
