//! CPU time of a thread.
//!
//! `clock_gettime(CLOCK_THREAD_CPUTIME_ID)` is exact at the moment of the call. The figures under `/proc`, which suffice
//! for whole runs, lag by some milliseconds, until the scheduler visits the thread.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A moment in the CPU time of the calling thread.
#[derive(Clone, Copy, Debug)]
pub struct ThreadTime(Duration);

impl ThreadTime {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Self(Duration::new(seconds, nanoseconds))
    }

    /// The CPU time that this thread has used since then.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_sleep_does_not() {
        let begin = ThreadTime::now();
        std::thread::sleep(Duration::from_millis(30));
        assert!(begin.elapsed() < Duration::from_millis(20));
        let mut rounds = 0_u64;
        while begin.elapsed() < Duration::from_millis(25) && rounds < 1_000_000_000 {
            rounds = std::hint::black_box(rounds).wrapping_add(1);
        }
        assert!(begin.elapsed() >= Duration::from_millis(25));
    }
}
