//! What can run and is long, or has much waiting behind it, by rank: a list that all threads share.
//!
//! ```text
//! rank  ends [tail | head]            ring
//!  28   one word a level, all     ... [ taken | taken | 17 | 18 |    | ] ...
//!  ...  next to each other        push: add 1 to the tail, then write the entry
//!   1                             pop:  read the entry at the head, then add 1 to the head by compare-and-swap
//! ```
//!
//! A level holds tails (see [`crate::locks`]) that differ by less than half, first in first out. What is below
//! [`SHORT_UNITS`] remains in the queues of threads, where taking it costs less: it is over before its order matters. A
//! thread that is about to run something long puts its own queue into the list, on the lowest level.
//!
//! Invariants: a position that was pushed is taken exactly once. A position is in one ring at a time and a ring is as large
//! as the window, so no ring is ever full. An entry carries the number of its push, so a thread that has reserved an entry
//! and not written it yet delays nobody: to others the level seems to end there. It notifies those who wait when it has written it.
//!
//! Cost: a push is an addition and a store, a pop one load for each higher level and one compare-and-swap. The list is
//! touched once for about [`SHORT_UNITS`] units of work or more.

use crate::steps::step;
use crate::sync::{AtomicU64, Ordering, OwnLine};

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;
#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Units below which a transaction is short.
pub const SHORT_UNITS: u32 = 1 << SHORT_BITS;
const SHORT_BITS: u32 = 13;
/// Levels of the list, two for each power of two; the highest is that of 100 million units and more.
const LEVELS: u32 = 28;
/// Bits of the head, and of the tail.
const HALF: u32 = 32;

/// The rank of a transaction among those that can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u32);

impl Rank {
    /// Of those that are short, with little waiting behind them.
    pub const SHORT: Self = Self(0);

    /// The lowest of the list.
    pub const LOWEST_LISTED: Self = Self(1);

    /// The rank of a tail in units.
    pub const fn of(tail: u32) -> Self {
        let Some(bits) = tail.checked_ilog2() else {
            return Self::SHORT;
        };
        let below_highest = match bits.checked_sub(1) {
            Some(bit) => tail >> bit & 1,
            None => 0,
        };
        // One more than the levels below.
        let halves = bits.wrapping_mul(2).wrapping_add(below_highest).wrapping_add(1);
        let rank = halves.saturating_sub(SHORT_BITS.wrapping_mul(2));
        Self(if rank < LEVELS { rank } else { LEVELS })
    }

    /// Whether it is below the list.
    pub const fn is_short(self) -> bool {
        self.0 == 0
    }

    /// Where the list holds it, counted from the highest rank.
    const fn level(self) -> usize {
        LEVELS.saturating_sub(self.0) as usize
    }
}

/// The list.
#[derive(Debug)]
pub struct Ranked {
    /// Of each level, the highest first: positions pushed so far, and positions taken so far.
    ends: OwnLine<[AtomicU64; LEVELS as usize]>,
    /// Each entry is the number of its push, plus 1, and the position.
    rings: Box<[Box<[AtomicU64]>]>,
    mask: u32,
}

impl Ranked {
    /// An empty list with room for `capacity` positions on each level: 2^n, no less than the window.
    ///
    /// # Panics
    /// If `capacity` is not a power of two.
    pub fn new(capacity: u32) -> Self {
        assert!(capacity.is_power_of_two(), "a ring has 2^n entries");
        let entries = || {
            std::iter::repeat_with(AtomicU64::default)
                .take(capacity as usize)
                .collect()
        };
        Self {
            ends: OwnLine(std::array::from_fn(|_| AtomicU64::default())),
            rings: std::iter::repeat_with(entries).take(LEVELS as usize).collect(),
            mask: capacity.wrapping_sub(1),
        }
    }

    /// Appends a position of this rank, which is not short.
    ///
    /// # Panics
    /// If it is short.
    pub fn push(&self, rank: Rank, position: u32) {
        assert!(!rank.is_short(), "the list holds what is not short");
        let level = rank.level();
        let (number, head) = halves(self.ends[level].fetch_add(1 << HALF, Ordering::AcqRel));
        debug_assert!(
            number.wrapping_sub(head) <= self.mask,
            "a ring is as large as the window"
        );
        step();
        let entry = u64::from(number.wrapping_add(1)) << HALF | u64::from(position);
        self.entry(level, number).store(entry, Ordering::Release);
    }

    /// Takes the first of the highest rank.
    pub fn pop(&self) -> Option<u32> {
        self.pop_above(Rank::SHORT)
    }

    /// Takes the first of the highest rank above `rank`.
    pub fn pop_above(&self, rank: Rank) -> Option<u32> {
        // The level of the rank itself is the first that is not looked at; that of short ones would be the one after the last.
        (0..rank.level()).find_map(|level| self.pop_level(level))
    }

    /// Whether nothing is in it at the moment.
    pub fn is_empty(&self) -> bool {
        self.ends.iter().all(|ends| {
            let (tail, head) = halves(ends.load(Ordering::Relaxed));
            tail == head
        })
    }

    /// Gives what is in it the ranks that it has now, by one thread at a time. Others push and take meanwhile.
    pub fn rank_again(&self, rank: impl Fn(u32) -> Rank) {
        for old in (1..=LEVELS).map(Rank) {
            let level = old.level();
            let (tail, head) = halves(self.ends[level].load(Ordering::Relaxed));
            for _ in 0..tail.wrapping_sub(head) {
                let Some(position) = self.pop_level(level) else {
                    break;
                };
                self.push(rank(position).max(old), position);
            }
        }
    }

    fn pop_level(&self, level: usize) -> Option<u32> {
        let mut ends = self.ends[level].load(Ordering::Acquire);
        loop {
            let (tail, head) = halves(ends);
            if tail == head {
                return None;
            }
            let (number, position) = halves(self.entry(level, head).load(Ordering::Acquire));
            if number != head.wrapping_add(1) {
                let now = self.ends[level].load(Ordering::Acquire);
                if now == ends {
                    return None;
                }
                ends = now;
                continue;
            }
            step();
            let taken = u64::from(tail) << HALF | u64::from(head.wrapping_add(1));
            match self.ends[level].compare_exchange_weak(ends, taken, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(position),
                Err(other) => ends = other,
            }
        }
    }

    fn entry(&self, level: usize, number: u32) -> &AtomicU64 {
        &self.rings[level][(number & self.mask) as usize]
    }
}

#[allow(clippy::cast_possible_truncation, reason = "two halves")]
const fn halves(word: u64) -> (u32, u32) {
    ((word >> HALF) as u32, word as u32)
}
