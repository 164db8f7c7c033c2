//! How far the start of a node has come.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The progress of a start. Clones show the same one.
///
/// The two slots are written by the thread that replays the ledger and may be read at any time; they are for display
/// alone.
#[derive(Clone, Debug, Default)]
pub struct StartProgress(Arc<Slots>);

#[derive(Debug, Default)]
struct Slots {
    replayed: AtomicU64,
    last: AtomicU64,
}

impl StartProgress {
    /// The last slot that was replayed; 0 before the first.
    #[must_use]
    pub fn replayed_slot(&self) -> u64 {
        self.0.replayed.load(Ordering::Relaxed)
    }

    /// The last slot of the ledger; 0 for a ledger without blocks.
    #[must_use]
    pub fn last_slot(&self) -> u64 {
        self.0.last.load(Ordering::Relaxed)
    }

    /// A start that replays up to this slot.
    pub(crate) fn up_to(last_slot: u64) -> Self {
        let progress = Self::default();
        progress.0.last.store(last_slot, Ordering::Relaxed);
        progress
    }

    pub(crate) fn note_replayed(&self, slot: u64) {
        self.0.replayed.store(slot, Ordering::Relaxed);
    }
}

/// `starting, slot 12 of 3400`; `starting` for a ledger without blocks.
impl fmt::Display for StartProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (replayed, last) = (self.replayed_slot(), self.last_slot());
        if last == 0 {
            return f.write_str("starting");
        }
        write!(f, "starting, slot {replayed} of {last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_show_the_slot_that_the_start_has_reached() {
        assert_eq!(StartProgress::default().to_string(), "starting");
        let progress = StartProgress::up_to(3_400);
        let shown = progress.clone();
        assert_eq!(shown.to_string(), "starting, slot 0 of 3400");
        progress.note_replayed(12);
        assert_eq!(shown.to_string(), "starting, slot 12 of 3400");
    }
}
