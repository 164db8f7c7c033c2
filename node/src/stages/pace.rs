//! When slots end.
//!
//! Deadlines are absolute: each is one slot after the previous one, so small delays do not add up. A block that runs
//! over makes the next slot shorter. After more than a whole slot (a slow disk, a machine that slept) the deadlines
//! restart from now, since catching up would mean a burst of short blocks that ages every blockhash.

use std::time::{Duration, Instant};

/// The deadlines of consecutive slots.
pub(crate) struct Pace {
    slot: Duration,
    deadline: Instant,
}

/// The slot that starts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// When it ends.
    pub(crate) deadline: Instant,
    /// Whether the previous slot ran over by more than a slot.
    pub(crate) is_late: bool,
}

impl Pace {
    /// Deadlines whose first slot starts at `start`.
    pub(crate) const fn new(slot_ms: u64, start: Instant) -> Self {
        Self {
            slot: Duration::from_millis(slot_ms),
            deadline: start,
        }
    }

    /// The slot that starts at `now`, after the previous one was published.
    pub(crate) fn next(&mut self, now: Instant) -> Slot {
        let due = self.after(self.deadline);
        let is_late = due <= now;
        self.deadline = if is_late { self.after(now) } else { due };
        Slot {
            deadline: self.deadline,
            is_late,
        }
    }

    fn after(&self, instant: Instant) -> Instant {
        instant
            .checked_add(self.slot)
            .expect("slots are short and the clock is far from its end")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT_MS: u64 = 100;

    fn at(start: Instant, ms: u64) -> Instant {
        start.checked_add(Duration::from_millis(ms)).unwrap()
    }

    #[test]
    fn small_delays_do_not_add_up() {
        let start = Instant::now();
        let mut pace = Pace::new(SLOT_MS, start);
        for (now, deadline) in [(0, 100), (107, 200), (299, 300), (301, 400)] {
            let slot = pace.next(at(start, now));
            assert_eq!(
                slot,
                Slot {
                    deadline: at(start, deadline),
                    is_late: false
                }
            );
        }
    }

    #[test]
    fn after_a_long_delay_the_pace_starts_anew() {
        let start = Instant::now();
        let mut pace = Pace::new(SLOT_MS, start);
        pace.next(start);
        let late = pace.next(at(start, 5_000));
        assert_eq!(
            late,
            Slot {
                deadline: at(start, 5_100),
                is_late: true
            }
        );
        let next = pace.next(at(start, 5_101));
        assert_eq!(
            next,
            Slot {
                deadline: at(start, 5_200),
                is_late: false
            }
        );
    }
}
