//! What the stage counts. Counters only grow and are read without stopping anybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::packet::PacketVerdict;
use crate::Cause;

/// Sizes of batches that are told apart: up to 1, 2, 4 and so on to 4096 signatures, and more.
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

/// One look at the counters. Two of them may differ by what happened while they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageCounts {
    /// Packets taken in.
    pub packets: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Batches verified; one that held only duplicates is none.
    pub batches: u64,
    /// Batches by size: bucket `i` has those of up to `2^i` signatures that are in no bucket before, and the last one
    /// all larger ones.
    pub batch_sizes: [u64; BATCH_SIZE_BUCKETS],
    /// Packets that failed, by the cause of their first bad signature, as [`Cause::ALL`] orders them.
    pub failures: [u64; Cause::ALL.len()],
    /// Packets that were not verified because the same one came shortly before.
    pub duplicates: u64,
    /// Packets not taken in because too many waited.
    pub dropped_full: u64,
    /// Packets not taken in because the stage was closed, and those that were queued when it failed. The batch of the thread
    /// that panicked is in no counter.
    pub dropped_closed: u64,
    /// Packets verified whose verdicts nobody was there to take.
    pub dropped_unclaimed: u64,
    /// Nanoseconds that threads verified, all threads together, by the clock.
    pub busy_ns: u64,
    /// Batches with a bad signature whose equations were checked once more, by themselves.
    pub fallbacks: u64,
    /// Keys that the cache of keys had decoded already.
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
    /// What has been counted so far.
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

    pub(super) fn packet_taken(&self) {
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
