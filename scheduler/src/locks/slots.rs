//! The transactions of the window: a slot each, with a node for each of its locks.
//!
//! ```text
//! position % window -> slot: [ position + 1 or 0 | missing | count | units | tail | nodes 0..5 ]   one cache line
//!                                                                                  nodes 5..     in an array of their own
//! ```
//!
//! A node belongs to its slot: nothing is allocated for a transaction. What links nodes and who may write them:
//!
//! - `id` and the access of a node are written by the thread that registers the transaction and are constant until it has completed.
//! - `next` is written by the registering thread, when a lock is queued behind that of the node. It is read by the thread
//!   that hands the lock over, after it has seen the later one in the word.

use super::lock::{Access, Lock, ScheduleLimits, WINDOW_MAX};
use super::word::{Link, NODES_MAX};
use crate::sync::{AtomicU32, Ordering};

/// Nodes inside a slot; a transfer has up to four locks.
#[cfg(not(all(test, feature = "loom")))]
const INNER_NODES: u32 = 5;
#[cfg(all(test, feature = "loom"))]
const INNER_NODES: u32 = 1;

/// The bit of a link that says that the lock is a writer's.
const WRITE: u32 = 1 << 31;

/// One lock of a transaction in the window.
#[derive(Debug, Default)]
pub(super) struct Node {
    id: AtomicU32,
    /// [`WRITE`], and what is queued behind it.
    link: AtomicU32,
}

impl Node {
    pub(super) fn set(&self, lock: Lock) {
        self.id.store(lock.id, Ordering::Relaxed);
        let bit = match lock.access {
            Access::Read => 0,
            Access::Write => WRITE,
        };
        self.link.store(bit, Ordering::Relaxed);
    }

    pub(super) fn lock(&self) -> Lock {
        Lock {
            id: self.id.load(Ordering::Relaxed),
            access: self.access(),
        }
    }

    pub(super) fn access(&self) -> Access {
        match self.link.load(Ordering::Relaxed) & WRITE {
            0 => Access::Read,
            _ => Access::Write,
        }
    }

    pub(super) fn set_next(&self, next: Link) {
        let bit = self.link.load(Ordering::Relaxed) & WRITE;
        self.link.store(bit | next.0, Ordering::Relaxed);
    }

    /// What is queued behind; meaningful only if something is.
    pub(super) fn next(&self) -> Link {
        Link(self.link.load(Ordering::Relaxed) & !WRITE)
    }
}

/// One transaction of the window.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Slot {
    /// The position of its transaction, plus 1; 0 if it has none.
    pub(super) occupied: AtomicU32,
    /// Locks that it waits for. Written before the first of them is queued.
    pub(super) missing: AtomicU32,
    /// Number of its locks.
    pub(super) count: AtomicU32,
    /// What it declares.
    pub(super) units: AtomicU32,
    /// Its units and those of the longest chain behind it, when somebody last looked.
    pub(super) tail: AtomicU32,
    nodes: [Node; INNER_NODES as usize],
}

/// All slots.
pub(super) struct Slots {
    slots: Box<[Slot]>,
    /// The nodes beyond the first ones, slot after slot.
    outer: Box<[Node]>,
    outer_per_slot: u32,
    window_mask: u32,
    /// A node's number is that of its slot, shifted by this, plus its number there.
    node_bits: u32,
}

impl Slots {
    pub(super) fn new(limits: ScheduleLimits) -> Self {
        let (window, locks) = (limits.window, limits.transaction_locks);
        let node_bits = locks.next_power_of_two().trailing_zeros();
        assert!(
            window.is_power_of_two() && window <= WINDOW_MAX,
            "a window has 2^n transactions, at most 32,768"
        );
        assert!(
            u64::from(window) << node_bits <= u64::from(NODES_MAX),
            "a window has fewer than 2^24 locks"
        );
        let outer_per_slot = locks.saturating_sub(INNER_NODES);
        Self {
            slots: make(window),
            outer: make(window.saturating_mul(outer_per_slot)),
            outer_per_slot,
            window_mask: window.wrapping_sub(1),
            node_bits,
        }
    }

    pub(super) const fn window(&self) -> u32 {
        self.window_mask.wrapping_add(1)
    }

    pub(super) const fn index(&self, position: u32) -> u32 {
        position & self.window_mask
    }

    pub(super) fn slot(&self, index: u32) -> &Slot {
        &self.slots[index as usize]
    }

    /// The node with this number of a slot.
    ///
    /// # Panics
    /// If a transaction cannot have that many locks.
    pub(super) fn node(&self, index: u32, number: u32) -> &Node {
        if let Some(node) = self.slot(index).nodes.get(number as usize) {
            return node;
        }
        let outer = number.wrapping_sub(INNER_NODES);
        assert!(
            outer < self.outer_per_slot,
            "a transaction has more locks than its limit"
        );
        &self.outer[(index as usize)
            .wrapping_mul(self.outer_per_slot as usize)
            .wrapping_add(outer as usize)]
    }

    pub(super) const fn link(&self, index: u32, number: u32) -> Link {
        Link(((index << self.node_bits) | number).wrapping_add(1))
    }

    /// The slot of a link, and its node.
    pub(super) fn linked(&self, link: Link) -> (&Slot, &Node) {
        let node = link.0.wrapping_sub(1);
        let (index, number) = (node >> self.node_bits, node & !(u32::MAX << self.node_bits));
        (self.slot(index), self.node(index, number))
    }
}

fn make<T: Default>(count: u32) -> Box<[T]> {
    std::iter::repeat_with(T::default).take(count as usize).collect()
}
