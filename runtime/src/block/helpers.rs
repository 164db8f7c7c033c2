//! A piece of work that falls into ranges, shared by the threads that the caller lends.
//!
//! Invariant: what comes of it does not depend on the number of threads, since ranges are put together in their order.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

pub use isobath_sdk::helpers::Helpers;

/// Ranges are multiples of this, so that they fill the lanes of the hash.
const STEP: usize = 16;

/// What `work` makes of consecutive ranges that together are `0..len`, in their order; one for each thread, or one of all if
/// `len` is not worth sharing.
pub(super) fn in_ranges<T: Send>(
    helpers: &dyn Helpers,
    len: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    if len < helpers.len_min() {
        return vec![work(0..len)];
    }
    let count = helpers.count().max(1);
    let share = len.div_ceil(count).next_multiple_of(STEP);
    let done: Vec<Mutex<Option<T>>> = std::iter::repeat_with(Mutex::default).take(count).collect();
    helpers.run(&|index| {
        let start = share.saturating_mul(index).min(len);
        let end = start.saturating_add(share).min(len);
        let made = work(start..end);
        *done[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
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

        fn len_min(&self) -> usize {
            0
        }

        fn run(&self, job: &(dyn Fn(usize) + Sync)) {
            (0..self.0).rev().for_each(job);
        }
    }

    #[test]
    fn ranges_are_consecutive_and_cover_all() {
        for count in 1..9 {
            for len in [0, 1, 15, 16, 17, 100, 1_000] {
                let ranges = in_ranges(&Backwards(count), len, |range| range);
                let all: Vec<usize> = ranges.into_iter().flatten().collect();
                assert_eq!(all, (0..len).collect::<Vec<_>>(), "{count} threads, {len}");
            }
        }
    }
}
