//! How much work waits behind each transaction of the window.
//!
//! The *tail* of a transaction is its own units and those of the longest chain of queued locks behind it. Whoever runs
//! the longest tail first does not wait for it in the end. Queues of locks are the graph of conflicts, so the tails need
//! no other memory: one walk from the newest transaction to the oldest, which looks from each lock at the next in its
//! queue.
//!
//! Tails are estimates and nothing but the order of what can run depends on them. Other threads complete transactions
//! during the walk; whatever it then reads of a slot is a number, and a link leads to a slot of the window in any case.
//! Only the registering thread walks, so no slot is used again meanwhile.
//!
//! Cost: a few nanoseconds for a slot and for each of its locks. A walk is due when what was queued since the last one
//! declares [`UNITS_PER_SLOT`] units for each slot that the walk looks at, so it costs far less than the work that it
//! puts in order, and short transactions are walked over rarely.

use super::Schedule;
use super::lock::Access;
use super::slots::{Node, Slot};
use super::word::{Link, Word};
use crate::sync::Ordering;

#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Units queued for each slot before a walk is due; they take microseconds to execute.
const UNITS_PER_SLOT: u64 = 2_048;
/// Readers beside each other that are looked at for what waits behind one of them.
const READERS_MAX: usize = 8;

impl Schedule {
    /// The units of a transaction of the window and of the longest chain behind it, as they were when
    /// [`Self::find_tails`] was last called; its own if it was registered since.
    pub fn tail(&self, position: u32) -> u32 {
        let slot = self.slots.slot(self.slots.index(position));
        slot.tail.load(Ordering::Relaxed)
    }

    /// Finds the tails of the window before `end`, the next position to be registered, if enough was queued since it did
    /// so last, or if anything was and this is the end of the block; returns whether it did.
    ///
    /// Called by the registering thread.
    pub fn find_tails(&self, end: u32, is_last: bool) -> bool {
        let queued = self.queued_units.load(Ordering::Relaxed);
        let len = self.window().min(end);
        if len == 0 || queued == 0 || !is_last && queued < u64::from(len).saturating_mul(UNITS_PER_SLOT) {
            return false;
        }
        self.queued_units.store(0, Ordering::Relaxed);
        for back in 1..=len {
            self.find_tail(end.wrapping_sub(back));
        }
        true
    }

    pub(super) fn count_queued(&self, units: u32) {
        let queued = self.queued_units.load(Ordering::Relaxed);
        let queued = queued.saturating_add(u64::from(units));
        self.queued_units.store(queued, Ordering::Relaxed);
    }

    fn find_tail(&self, position: u32) {
        let index = self.slots.index(position);
        let slot = self.slots.slot(index);
        if slot.occupied.load(Ordering::Relaxed) != position.wrapping_add(1) {
            return;
        }
        let nodes = (0..slot.count.load(Ordering::Relaxed)).map(|number| self.slots.node(index, number));
        let behind = nodes.map(|node| self.tail_behind(position, node)).max();
        let units = slot.units.load(Ordering::Relaxed);
        let tail = units.saturating_add(behind.unwrap_or(0));
        slot.tail.store(tail, Ordering::Relaxed);
    }

    /// The longest tail of those that wait for this lock of a transaction.
    fn tail_behind(&self, position: u32, node: &Node) -> u32 {
        let mut link = self.link_behind(position, node);
        let mut longest = 0;
        for _ in 0..READERS_MAX {
            let Some((slot, next)) = self.waiting(position, link) else {
                return longest;
            };
            let tail = slot.tail.load(Ordering::Relaxed);
            longest = match (node.access(), next.access()) {
                (Access::Read, Access::Write) => return tail,
                (Access::Write, Access::Write) => return longest.max(tail),
                (Access::Write, Access::Read) => longest.max(tail),
                // It runs beside the readers next to it; what waits for them is taken for what waits for it.
                (Access::Read, Access::Read) => {
                    longest.max(tail.saturating_sub(slot.units.load(Ordering::Relaxed)))
                }
            };
            link = next.next();
        }
        longest
    }

    /// The lock that is queued next behind this one.
    fn link_behind(&self, position: u32, node: &Node) -> Link {
        let next = node.next();
        if self.waiting(position, next).is_some() {
            return next;
        }
        // A lock that was granted at once is not in the queue of those that wait for it.
        let word = Word(self.table.word(node.lock().id).load(Ordering::Relaxed));
        word.head()
    }

    /// The transaction of a queued lock, if it is a later one.
    fn waiting(&self, position: u32, link: Link) -> Option<(&Slot, &Node)> {
        if link.is_none() {
            return None;
        }
        let (slot, node) = self.slots.linked(link);
        let waiting = slot.occupied.load(Ordering::Relaxed);
        (waiting > position.wrapping_add(1)).then_some((slot, node))
    }
}
