//! CPU time of a thread, and of all threads of the process.
//!
//! `clock_gettime` with `CLOCK_THREAD_CPUTIME_ID` or `CLOCK_PROCESS_CPUTIME_ID` is exact at the moment of the call. The figures under `/proc`, which suffice
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
        Self(read(ClockId::ThreadCPUTime))
    }

    /// The CPU time that this thread has used since then.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// The CPU time that this thread used from `earlier` until this moment.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A moment in the CPU time of the process, all threads together.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTime(Duration);

impl ProcessTime {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(read(ClockId::ProcessCPUTime))
    }

    /// The CPU time that the process has used since then.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// The CPU time that the process used from `earlier` until this moment.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
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

    #[test]
    fn the_process_spends_what_its_threads_spend() {
        let begin = ProcessTime::now();
        let work = || {
            let own = ThreadTime::now();
            let mut rounds = 0_u64;
            while own.elapsed() < Duration::from_millis(10) && rounds < 1_000_000_000 {
                rounds = std::hint::black_box(rounds).wrapping_add(1);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        assert!(begin.elapsed() >= Duration::from_millis(20));
    }
}
