//! Threads that execute blocks, started once and parked between blocks.
//!
//! Invariant: what they are given has ended when the call returns, whether by a panic or not; a panic goes on in the caller.
//!
//! Cost: a call wakes as many threads as it has jobs for them, a few microseconds each, where starting a thread takes tens.
//! A thread that finds no job looks a few dozen times more before it parks.

use std::ops::Range;

use isobath_sdk::chain::helpers::Helpers;
use rayon_core::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// The threads that share the work on blocks.
#[derive(Debug)]
pub struct LaneThreads {
    pool: ThreadPool,
    count: usize,
}

impl LaneThreads {
    /// Starts `count` threads, at least one.
    ///
    /// # Errors
    /// If the system starts none.
    pub fn start(count: usize) -> Result<Self, ThreadPoolBuildError> {
        let count = count.max(1);
        let builder = ThreadPoolBuilder::new().num_threads(count);
        let pool = builder.thread_name(|index| format!("lane-{index}")).build()?;
        Ok(Self { pool, count })
    }

    /// Calls `job` with each of `numbers` on these threads, while the caller does `meanwhile`. Returns what comes of that when
    /// all jobs have ended. With more jobs than threads some begin when others have ended.
    ///
    /// # Panics
    /// If a job panics.
    pub fn run_beside<T>(
        &self,
        numbers: Range<usize>,
        job: impl Fn(usize) + Sync,
        meanwhile: impl FnOnce() -> T,
    ) -> T {
        let job = &job;
        self.pool.in_place_scope(|scope| {
            for number in numbers {
                scope.spawn(move |_| job(number));
            }
            meanwhile()
        })
    }
}

/// The first job is the caller's own.
impl Helpers for LaneThreads {
    fn count(&self) -> usize {
        self.count
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        self.run_beside(1..self.count, job, || job(0));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_job_has_ended_when_the_call_returns() {
        let threads = LaneThreads::start(3).unwrap();
        for round in 0..100 {
            let ended = Mutex::new(Vec::new());
            let note = |number| ended.lock().unwrap().push(number);
            assert_eq!(threads.run_beside(0..3, note, || round), round);
            let mut ended = ended.into_inner().unwrap();
            ended.sort_unstable();
            assert_eq!(ended, [0, 1, 2]);
        }
    }

    #[test]
    fn a_panic_of_a_job_is_that_of_the_caller() {
        let threads = LaneThreads::start(2).unwrap();
        let run = || threads.run(&|number| assert_ne!(number, 1, "planted"));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        assert!(panicked.is_err());
        threads.run(&|_| {});
    }
}
