//! How long the producer, its lanes and the committer work on blocks, and how much of that time they run.
//!
//! Counted is the work on blocks: executing and sealing, preparing, publishing, pruning. Not counted are the waits for
//! transactions and for the end of the slot, and the append and sync of the record.
//!
//! Of the counted time the thread ran for one part, was runnable without a core for another, and waited for locks for
//! the rest. If the system does not report these (`/proc/thread-self/schedstat`), only the total is counted.

use std::fs;
use std::time::{Duration, Instant};

use crate::counters::Counters;

/// One interval of work.
pub(crate) struct WorkTime {
    begun: Instant,
    idle: Duration,
    scheduled: Option<Scheduled>,
}

/// Times of a thread as the system reports them, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scheduled {
    ran: u64,
    ready: u64,
}

impl Scheduled {
    fn of_this_thread() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_whitespace().map_while(|field| field.parse().ok());
        Some(Self {
            ran: fields.next()?,
            ready: fields.next()?,
        })
    }
}

impl WorkTime {
    /// Starts counting.
    pub(crate) fn begin() -> Self {
        Self {
            begun: Instant::now(),
            idle: Duration::ZERO,
            scheduled: Scheduled::of_this_thread(),
        }
    }

    /// Excludes a wait.
    pub(crate) const fn leave_out(&mut self, idle: Duration) {
        self.idle = self.idle.saturating_add(idle);
    }

    /// Counts of the interval that ends now the time that this thread ran, and was ready to; all of it if the system does
    /// not report that. For a thread that waits for others in between.
    pub(crate) fn end_running(mut self, counters: &Counters) {
        if let (Some(before), Some(now)) = (self.scheduled, Scheduled::of_this_thread()) {
            let ran = now.ran.saturating_sub(before.ran);
            let ready = now.ready.saturating_sub(before.ready);
            let busy = Duration::from_nanos(ran.saturating_add(ready));
            self.idle = self.begun.elapsed().saturating_sub(busy);
        }
        self.end(counters);
    }

    /// Counts the interval that ends now.
    pub(crate) fn end(self, counters: &Counters) {
        let whole = self.begun.elapsed().saturating_sub(self.idle);
        counters
            .producer_work_ns
            .add(u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX));
        if let (Some(before), Some(now)) = (self.scheduled, Scheduled::of_this_thread()) {
            counters.producer_ran_ns.add(now.ran.saturating_sub(before.ran));
            counters
                .producer_ready_ns
                .add(now.ready.saturating_sub(before.ready));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_understood() {
        let expected = Scheduled { ran: 12, ready: 34 };
        assert_eq!(Scheduled::parse("12 34 56\n"), Some(expected));
        assert_eq!(Scheduled::parse("12\n"), None);
        assert_eq!(Scheduled::parse(""), None);
    }

    #[test]
    fn waits_are_left_out() {
        let counters = Counters::default();
        let mut work = WorkTime::begin();
        let wait = Duration::from_millis(50);
        std::thread::sleep(wait);
        work.leave_out(wait);
        let begun = work.begun;
        work.end(&counters);
        let all = u64::try_from(begun.elapsed().as_nanos()).unwrap();
        assert!(counters.producer_work_ns.get() <= all - 50_000_000);
    }
}
