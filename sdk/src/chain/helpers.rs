//! Threads that the caller lends for a piece of work that falls into ranges.
//!
//! Invariant: what comes of it does not depend on the number of threads, since the ranges do not, and what is made of them
//! is put together in their order.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs jobs on several threads. Runtime and stores start none themselves.
pub trait Helpers: Sync {
    /// Number of threads, at least 1.
    fn count(&self) -> usize;

    /// Length of the ranges into which a piece of work is divided: 2^n. What is no longer is done by the caller alone.
    fn range_len(&self) -> usize {
        512
    }

    /// Calls `job` with each number below [`Helpers::count`], beside each other or not, and returns when all have ended.
    fn run(&self, job: &(dyn Fn(usize) + Sync));
}

/// The thread of the caller alone.
#[derive(Debug, Clone, Copy)]
pub struct NoHelpers;

impl Helpers for NoHelpers {
    fn count(&self) -> usize {
        1
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        job(0);
    }
}

impl fmt::Debug for dyn Helpers + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helpers").field("count", &self.count()).finish()
    }
}

/// What `work` makes of consecutive ranges that together are `0..len`, in their order. All are [`Helpers::range_len`] long
/// but the last.
///
/// # Panics
/// If a range is not 2^n long, or `work` panics.
pub fn in_ranges<T: Send>(
    helpers: &dyn Helpers,
    len: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let range_len = helpers.range_len();
    assert!(range_len.is_power_of_two(), "a range is 2^n long");
    in_parts(helpers, len.div_ceil(range_len), |part| {
        let start = part.saturating_mul(range_len);
        work(start..start.saturating_add(range_len).min(len))
    })
}

/// What `work` makes of the parts `0..count`, in their order. A thread that is done with one takes the next.
///
/// # Panics
/// If `work` panics.
pub fn in_parts<T: Send>(helpers: &dyn Helpers, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if count < 2 || helpers.count() < 2 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<T>>> = std::iter::repeat_with(Mutex::default).take(count).collect();
    helpers.run(&|_| {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = done.get(part) else {
                return;
            };
            let made = work(part);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        }
    });
    let done = done.into_iter().map(|made| {
        let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.expect("every job ended")
    });
    done.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many jobs as it says, one after the other, the last first.
    struct Backwards(usize);

    impl Helpers for Backwards {
        fn count(&self) -> usize {
            self.0
        }

        fn range_len(&self) -> usize {
            16
        }

        fn run(&self, job: &(dyn Fn(usize) + Sync)) {
            (0..self.0).rev().for_each(job);
        }
    }

    #[test]
    fn ranges_are_consecutive_and_cover_all_whatever_the_threads() {
        for count in 1..9 {
            for len in [0, 1, 15, 16, 17, 100, 1_000] {
                let ranges = in_ranges(&Backwards(count), len, |range| range);
                assert!(ranges.iter().rev().skip(1).all(|range| range.len() == 16));
                let all: Vec<usize> = ranges.into_iter().flatten().collect();
                assert_eq!(all, (0..len).collect::<Vec<_>>(), "{count} threads, {len}");
            }
        }
    }
}
