//! The counters of the stage. They only grow, and reading them does not block a thread of the stage.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::packet::PacketVerdict;
use crate::Cause;

/// Buckets of batch sizes: up to 1, 2, 4 and so on to 4096 signatures, and larger.
pub const BATCH_SIZE_BUCKETS: usize = 14;

/// Counters of a stage.
#[derive(Debug, Default)]
pub struct StageCounters {
    packets: AtomicU64,
    signatures: AtomicU64,
    batches: AtomicU64,
    batch_sizes: [AtomicU64; BATCH_SIZE_BUCKETS],
    failures: [AtomicU64; Cause::ALL.len()],
    duplicates: AtomicU64,
    dropped_full: AtomicU64,
    dropped_closed: AtomicU64,
    dropped_unclaimed: AtomicU64,
    busy_ns: AtomicU64,
    fallbacks: AtomicU64,
    cache_hits: AtomicU64,
}

/// A reading of the counters. They are read one after the other, so they can differ by what happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageCounts {
    /// Packets accepted.
    pub packets: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Batches verified; one that held only duplicates does not count.
    pub batches: u64,
    /// Batches by size: bucket `i` counts those of up to `2^i` signatures that are in no earlier bucket, the last bucket all
    /// larger ones.
    pub batch_sizes: [u64; BATCH_SIZE_BUCKETS],
    /// Packets that failed, by the cause of their first bad signature, in the order of [`Cause::ALL`].
    pub failures: [u64; Cause::ALL.len()],
    /// Packets that were not verified because the same packet came shortly before.
    pub duplicates: u64,
    /// Packets rejected because the queue was full.
    pub dropped_full: u64,
    /// Packets rejected because the stage was closed, and packets queued when it failed. The batch of the thread that
    /// panicked is in no counter.
    pub dropped_closed: u64,
    /// Packets verified after every [`Output`](super::Output) was dropped.
    pub dropped_unclaimed: u64,
    /// Nanoseconds of wall time spent verifying, summed over all threads.
    pub busy_ns: u64,
    /// Batches with a bad signature, whose equations were checked again one by one.
    pub fallbacks: u64,
    /// Keys found in the key cache.
    pub cache_hits: u64,
}

impl StageCounts {
    /// Packets that failed for this cause.
    #[must_use]
    pub const fn failures_of(&self, cause: Cause) -> u64 {
        self.failures[cause.index()]
    }
}

impl StageCounters {
    /// Reads the counters.
    #[must_use]
    pub fn read(&self) -> StageCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StageCounts {
            packets: get(&self.packets),
            signatures: get(&self.signatures),
            batches: get(&self.batches),
            batch_sizes: self.batch_sizes.each_ref().map(get),
            failures: self.failures.each_ref().map(get),
            duplicates: get(&self.duplicates),
            dropped_full: get(&self.dropped_full),
            dropped_closed: get(&self.dropped_closed),
            dropped_unclaimed: get(&self.dropped_unclaimed),
            busy_ns: get(&self.busy_ns),
            fallbacks: get(&self.fallbacks),
            cache_hits: get(&self.cache_hits),
        }
    }

    pub(super) fn packet_accepted(&self) {
        add(&self.packets, 1);
    }

    pub(super) fn duplicate_found(&self) {
        add(&self.duplicates, 1);
    }

    pub(super) fn dropped_full(&self) {
        add(&self.dropped_full, 1);
    }

    pub(super) fn dropped_closed(&self, count: usize) {
        add(&self.dropped_closed, count as u64);
    }

    pub(super) fn dropped_unclaimed(&self, count: usize) {
        add(&self.dropped_unclaimed, count as u64);
    }

    pub(super) fn packet_verified(&self, verdict: PacketVerdict) {
        if let Err(failure) = verdict {
            add(&self.failures[failure.cause.index()], 1);
        }
    }

    pub(super) fn batch_verified(&self, signatures: usize, busy: Duration) {
        add(&self.signatures, signatures as u64);
        add(&self.batches, 1);
        add(&self.batch_sizes[bucket(signatures)], 1);
        add(&self.busy_ns, u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn verifier_did(&self, fallbacks: u64, cache_hits: u64) {
        add(&self.fallbacks, fallbacks);
        add(&self.cache_hits, cache_hits);
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

/// The bucket of a size: the exponent of the next power of two.
fn bucket(size: usize) -> usize {
    let exponent = size.max(1).next_power_of_two().trailing_zeros();
    (exponent as usize).min(BATCH_SIZE_BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_end_at_powers_of_two() {
        let buckets = [0, 1, 2, 3, 4, 5, 1_024, 1_025, 4_096, 4_097, 1 << 20].map(bucket);
        assert_eq!(buckets, [0, 0, 1, 2, 2, 3, 10, 11, 12, 13, 13]);
    }
}
