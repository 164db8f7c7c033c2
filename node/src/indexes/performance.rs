//! Throughput of the chain, one sample per minute, for getRecentPerformanceSamples.
//!
//! Samples are computed from block times only, so replaying the ledger gives the same ones. A gap, during which the
//! node was stopped, starts a new sample.

use std::collections::VecDeque;

/// Samples kept: twelve hours of minutes.
pub const PERFORMANCE_SAMPLES_MAX: usize = 720;
/// The length of a sample.
const SAMPLE_MS: i64 = 60_000;
/// A pause after which a new sample begins.
const GAP_MS: i64 = 60_000;

/// About one minute of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerformanceSample {
    /// The last slot of it.
    pub slot: u64,
    /// Slots in it.
    pub slots: u64,
    /// Transactions in it that paid a fee.
    pub transactions: u64,
    /// Its length in seconds.
    pub seconds: u16,
}

/// Recent samples and the one in progress.
#[derive(Clone, Default)]
pub(crate) struct Performance {
    /// Newest first.
    samples: VecDeque<PerformanceSample>,
    begun_ms: Option<i64>,
    last_ms: i64,
    slots: u64,
    transactions: u64,
}

impl Performance {
    /// Adds a block; blocks come in order.
    pub(crate) fn push(&mut self, slot: u64, timestamp_ms: i64, transactions: u64) {
        let is_gap = timestamp_ms.saturating_sub(self.last_ms) > GAP_MS;
        self.last_ms = timestamp_ms;
        let begun_ms = match self.begun_ms {
            Some(begun_ms) if !is_gap => begun_ms,
            _ => {
                self.begin(timestamp_ms);
                return;
            }
        };
        self.slots = self.slots.saturating_add(1);
        self.transactions = self.transactions.saturating_add(transactions);
        let length_ms = timestamp_ms.saturating_sub(begun_ms);
        if length_ms < SAMPLE_MS {
            return;
        }
        self.samples.push_front(PerformanceSample {
            slot,
            slots: self.slots,
            transactions: self.transactions,
            seconds: u16::try_from(length_ms / 1_000).unwrap_or(u16::MAX),
        });
        self.samples.truncate(PERFORMANCE_SAMPLES_MAX);
        self.begin(timestamp_ms);
    }

    /// A sample begins at the end of a block.
    const fn begin(&mut self, timestamp_ms: i64) {
        self.begun_ms = Some(timestamp_ms);
        self.slots = 0;
        self.transactions = 0;
    }

    /// The newest samples, newest first.
    pub(crate) fn newest(&self, count_max: usize) -> Vec<PerformanceSample> {
        self.samples.iter().take(count_max).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_a_minute_and_a_new_one_after_a_gap() {
        let mut performance = Performance::default();
        for slot in 1..=301_u64 {
            let slots = i64::try_from(slot).unwrap();
            performance.push(slot, 1_000_000 + slots * 400, 3);
        }
        let sample = |slot| PerformanceSample {
            slot,
            slots: 150,
            transactions: 450,
            seconds: 60,
        };
        assert_eq!(performance.newest(10), [sample(301), sample(151)]);
        assert_eq!(performance.newest(1), [sample(301)]);
        performance.push(302, 9_000_000, 5);
        performance.push(303, 9_000_000 + 60_000, 7);
        assert_eq!(performance.newest(1)[0].slots, 1);
        assert_eq!(performance.newest(1)[0].transactions, 7);
    }
}
