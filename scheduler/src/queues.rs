//! Queues of transactions that can run and are short: one a thread, first in first out, from which idle threads take half.
//!
//! ```text
//!          head (own thread and thieves: compare-and-swap)     tail (own thread: store)
//!   ring: ... [ taken | taken | 17 | 18 | 23 | 24 |    |    ] ...
//! ```
//!
//! Invariants: a position that was pushed is taken exactly once. Only the thread that has [`Local`] pushes. A queue is as
//! large as the window, and only positions of the window can be runnable, so a queue is never full.
//!
//! Why first in first out: the window moves on only when its oldest transaction has completed. What a completion makes
//! runnable does not pass through the queue if the same thread runs it next, so chains on an account stay on one thread
//! and their cells in its cache. What is longer is in [`crate::ranked`].
//!
//! Why not a deque of a library: those hold any type and grow, so they need unsafe code, deferred freeing of old rings, and
//! a full fence or a compare-and-swap on either end. Numbers in a ring that never grows need none of this, and the model
//! checker sees all of it.
//!
//! Cost: a push is two loads and two stores; taking is one compare-and-swap, for one position or for half of a queue.

use crate::steps::step;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering, OwnLine};

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;
#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Most positions that are stolen together: they are copied while nobody else can take them.
const STOLEN_MAX: usize = 32;

/// The queues of all threads.
#[derive(Debug)]
pub struct Queues {
    queues: Box<[Queue]>,
}

#[derive(Debug)]
struct Queue {
    /// Positions taken so far.
    head: OwnLine<AtomicU64>,
    /// Positions pushed so far.
    tail: OwnLine<AtomicU64>,
    ring: Box<[AtomicU32]>,
    /// Whether a thread has it.
    is_taken: AtomicBool,
}

/// The queue of one thread, and its way to the others.
#[derive(Debug)]
pub struct Local<'q> {
    queues: &'q Queues,
    index: usize,
}

impl Queues {
    /// A queue for each of `threads` threads, with room for `capacity` positions: 2^n, no less than the window.
    ///
    /// # Panics
    /// If `capacity` is not a power of two.
    pub fn new(threads: usize, capacity: u32) -> Self {
        assert!(capacity.is_power_of_two(), "a ring has 2^n entries");
        Self {
            queues: std::iter::repeat_with(|| Queue::new(capacity))
                .take(threads)
                .collect(),
        }
    }

    /// Number of queues.
    pub const fn len(&self) -> usize {
        self.queues.len()
    }

    /// Whether every queue is empty at the moment.
    pub fn is_empty(&self) -> bool {
        self.queues.iter().all(Queue::is_empty)
    }

    /// The queue of a thread, until it drops it.
    ///
    /// # Panics
    /// If another thread has it.
    pub fn local(&self, index: usize) -> Local<'_> {
        let was_taken = self.queues[index].is_taken.swap(true, Ordering::Acquire);
        assert!(!was_taken, "one thread has queue {index}");
        Local { queues: self, index }
    }
}

impl Local<'_> {
    /// Appends a position.
    ///
    /// # Panics
    /// If the queue is full.
    pub fn push(&mut self, position: u32) {
        self.own().push(position);
    }

    /// Takes the position that has been here longest.
    pub fn pop(&mut self) -> Option<u32> {
        self.own().pop()
    }

    /// Takes half of the first queue that has any, looking at that of the next thread first: one to run at once, the
    /// others into the own queue, which is empty.
    pub fn steal(&mut self) -> Option<u32> {
        let (before, after) = self.queues.queues.split_at(self.index);
        let others = after.iter().skip(1).chain(before);
        let mut stolen = [0; STOLEN_MAX];
        for other in others {
            let count = other.steal(&mut stolen);
            if let Some((first, rest)) = stolen[..count].split_first() {
                for position in rest {
                    self.push(*position);
                }
                return Some(*first);
            }
        }
        None
    }

    /// Whether others find something here.
    pub fn is_empty(&self) -> bool {
        self.own().is_empty()
    }

    fn own(&self) -> &Queue {
        &self.queues.queues[self.index]
    }
}

impl Drop for Local<'_> {
    fn drop(&mut self) {
        self.own().is_taken.store(false, Ordering::Release);
    }
}

impl Queue {
    fn new(capacity: u32) -> Self {
        Self {
            head: OwnLine::default(),
            tail: OwnLine::default(),
            ring: std::iter::repeat_with(AtomicU32::default)
                .take(capacity as usize)
                .collect(),
            is_taken: AtomicBool::new(false),
        }
    }

    fn push(&self, position: u32) {
        let tail = self.tail.load(Ordering::Relaxed);
        // Pairs with the exchange of the thread that took what was in this entry before.
        let head = self.head.load(Ordering::Acquire);
        assert!(
            tail.wrapping_sub(head) < self.ring.len() as u64,
            "a queue is as large as the window"
        );
        self.entry(tail).store(position, Ordering::Relaxed);
        step();
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
    }

    fn pop(&self) -> Option<u32> {
        let mut one = [0];
        (self.take(&mut one, |_| 1) == 1).then_some(one[0])
    }

    fn steal(&self, stolen: &mut [u32; STOLEN_MAX]) -> usize {
        self.take(stolen, |len| len.div_ceil(2))
    }

    /// Takes `share` of what there is, at most as many as `taken` holds; returns how many.
    fn take(&self, taken: &mut [u32], share: impl Fn(u64) -> u64) -> usize {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let len = self.tail.load(Ordering::Acquire).wrapping_sub(head);
            if len == 0 {
                return 0;
            }
            let count = share(len).min(taken.len() as u64);
            let mut position = head;
            for (taken, _) in taken.iter_mut().zip(0..count) {
                // Whatever another thread writes here meanwhile, it does so after the head has moved.
                *taken = self.entry(position).load(Ordering::Relaxed);
                position = position.wrapping_add(1);
            }
            step();
            match self
                .head
                .compare_exchange_weak(head, position, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return usize::try_from(count).unwrap_or(taken.len()),
                Err(other) => head = other,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.head.load(Ordering::Acquire) == self.tail.load(Ordering::Acquire)
    }

    fn entry(&self, number: u64) -> &AtomicU32 {
        #[allow(clippy::cast_possible_truncation, reason = "masked")]
        let index = number as usize & self.ring.len().wrapping_sub(1);
        &self.ring[index]
    }
}
