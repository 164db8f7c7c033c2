//! The state that senders and the tracker of one load share.
//!
//! Invariant: a permit of the window is held for every transfer from the moment it is offered until its fate is known
//! (confirmed, failed, rejected, withdrawn). So the permits in use are the outstanding transfers, and a load is over
//! when the senders are done and no permit is in use.

use std::collections::BTreeMap;
use std::num::NonZeroU128;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use isobath_rpc_client::{BlockhashLifetime, RpcClient, RpcError};
use isobath_sdk::Signature;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc, watch};

use super::plan::Plan;
use super::sign::Signed;
use crate::keys::Keys;
use crate::stop::Stop;

/// Distinct causes of failure at most, so that a node with ever new messages cannot grow the report beyond it.
const CAUSES_MAX: usize = 32;

/// Delay after which a transfer counts as late: well above the resolution of timers, well below a slot.
const LATE_AFTER: Duration = Duration::from_millis(10);

/// A transfer that was sent and whose fate is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) index: u64,
    pub(super) signature: Signature,
    pub(super) name: String,
    pub(super) last_valid_height: u64,
    /// From when its latency counts: when it was due, or first sent if no rate is given.
    pub(super) since: Instant,
    pub(super) attempts: u32,
}

/// A signed transfer that the node has not accepted yet.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) signed: Signed,
    /// When it should be sent, at a given rate.
    pub(super) due: Option<Instant>,
    /// From when its latency counts, once it was sent; kept when it is signed again, so that the latency covers the
    /// whole wait.
    pub(super) since: Option<Instant>,
    /// How often it was signed.
    pub(super) attempts: u32,
}

impl Offer {
    pub(super) const fn first(signed: Signed, due: Option<Instant>) -> Self {
        Self {
            signed,
            due,
            since: None,
            attempts: 1,
        }
    }
}

/// Counters of one load. They only grow, except that withdrawn transfers are subtracted from `sent`.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: AtomicU64,
    pub(super) resigned: AtomicU64,
    pub(super) busy_answers: AtomicU64,
    pub(super) delays: Delays,
    failures: Mutex<BTreeMap<String, u64>>,
    last_error: Mutex<Option<RpcError>>,
    started: OnceLock<Instant>,
}

/// The state of one load, shared by its tasks.
#[derive(Debug)]
pub(super) struct LoadState {
    pub(super) rpc: RpcClient,
    pub(super) keys: Arc<Keys>,
    pub(super) plan: Plan,
    pub(super) lifetime: watch::Sender<BlockhashLifetime>,
    pub(super) window: Semaphore,
    pub(super) window_size: usize,
    pub(super) stop: Stop,
    pub(super) tally: Tally,
    pub(super) flights: mpsc::UnboundedSender<Vec<Flight>>,
    pub(super) senders_running: AtomicUsize,
    pub(super) pacer: Option<Pacer>,
}

impl LoadState {
    /// Number of offered transfers whose fate is not known.
    pub(super) fn outstanding(&self) -> usize {
        self.window_size.saturating_sub(self.window.available_permits())
    }

    /// When the next `count` transfers are due; `None` without a rate.
    pub(super) fn due_time(&self, count: usize) -> Option<Instant> {
        let offset = self.pacer.as_ref()?.grant(count);
        Some(
            self.tally
                .start_timer()
                .checked_add(offset)
                .unwrap_or_else(Instant::now),
        )
    }

    /// Whether every sender has ended.
    pub(super) fn are_senders_done(&self) -> bool {
        self.senders_running.load(Ordering::Acquire) == 0
    }

    /// Counts a transfer that failed permanently and releases its permit.
    pub(super) fn fail(&self, cause: String) {
        self.tally.count_failure(cause);
        self.window.add_permits(1);
    }
}

impl Tally {
    /// Starts the timer with the first call; returns when it started.
    pub(super) fn start_timer(&self) -> Instant {
        *self.started.get_or_init(Instant::now)
    }

    /// When the timer started, if it did.
    pub(super) fn started(&self) -> Option<Instant> {
        self.started.get().copied()
    }

    pub(super) fn count_failure(&self, cause: String) {
        let mut failures = lock(&self.failures);
        let is_known = failures.contains_key(&cause);
        let cause = if is_known || failures.len() < CAUSES_MAX {
            cause
        } else {
            "other causes".to_owned()
        };
        let count = failures.entry(cause).or_default();
        *count = count.saturating_add(1);
    }

    /// Failures by cause.
    pub(super) fn failures(&self) -> BTreeMap<String, u64> {
        lock(&self.failures).clone()
    }

    /// Keeps the latest connection error, to be shown if the run fails.
    pub(super) fn note_error(&self, error: RpcError) {
        *lock(&self.last_error) = Some(error);
    }

    pub(super) fn last_error(&self) -> Option<RpcError> {
        lock(&self.last_error).clone()
    }
}

/// Every critical section here is a single step, so a poisoned lock still holds a consistent value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much later than due transfers were first sent.
#[derive(Debug, Default)]
pub(super) struct Delays {
    transfers: AtomicU64,
    sum_us: AtomicU64,
    max_us: AtomicU64,
}

/// Transfers that were first sent later than they were due, by more than [`LATE_AFTER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Late {
    pub(crate) transfers: u64,
    /// Mean over these transfers, in microseconds.
    pub(crate) mean_us: u64,
    /// Longest delay, in microseconds.
    pub(crate) max_us: u64,
    /// Transfers that were due before the time was over and were never sent.
    pub(crate) unsent: u64,
}

impl Delays {
    /// Notes by how much one transfer was late when it was first sent.
    pub(super) fn note(&self, late_by: Duration) {
        if late_by <= LATE_AFTER {
            return;
        }
        let late_us = u64::try_from(late_by.as_micros()).unwrap_or(u64::MAX);
        self.transfers.fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(late_us, Ordering::Relaxed);
        self.max_us.fetch_max(late_us, Ordering::Relaxed);
    }

    /// What was late, of a run that left `unsent` transfers.
    pub(super) fn late(&self, unsent: u64) -> Late {
        let transfers = self.transfers.load(Ordering::Relaxed);
        Late {
            transfers,
            mean_us: self
                .sum_us
                .load(Ordering::Relaxed)
                .checked_div(transfers)
                .unwrap_or(0),
            max_us: self.max_us.load(Ordering::Relaxed),
            unsent,
        }
    }
}

/// Spreads transfers evenly at a fixed rate, whatever the sizes of the batches.
#[derive(Debug)]
pub(super) struct Pacer {
    per_second: NonZeroU128,
    granted: AtomicU64,
}

impl Pacer {
    /// A rate of `per_second` transfers; 0 counts as 1.
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = NonZeroU128::new(per_second.into()).unwrap_or(NonZeroU128::MIN);
        Self {
            per_second,
            granted: AtomicU64::new(0),
        }
    }

    /// How many transfers are due within `time`.
    pub(super) fn due_within(&self, time: Duration) -> u64 {
        let due = time.as_nanos().saturating_mul(self.per_second.get()) / 1_000_000_000;
        u64::try_from(due).unwrap_or(u64::MAX)
    }

    /// How long after the start of the timer the next `count` transfers may be sent.
    pub(super) fn grant(&self, count: usize) -> Duration {
        let before = self.granted.fetch_add(count as u64, Ordering::Relaxed);
        let nanoseconds = u128::from(before).saturating_mul(1_000_000_000) / self.per_second;
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pacer_spreads_by_count() {
        let pacer = Pacer::new(200);
        assert_eq!(pacer.grant(100), Duration::ZERO);
        assert_eq!(pacer.grant(1), Duration::from_millis(500));
        assert_eq!(pacer.grant(1), Duration::from_millis(505));
        assert_eq!(pacer.due_within(Duration::from_millis(1_505)), 301);
    }

    #[test]
    fn only_what_was_late_counts() {
        let delays = Delays::default();
        for late_ms in [0, 10, 11, 33] {
            delays.note(Duration::from_millis(late_ms));
        }
        let late = Late {
            transfers: 2,
            mean_us: 22_000,
            max_us: 33_000,
            unsent: 7,
        };
        assert_eq!(delays.late(7), late);
        assert_eq!(Delays::default().late(0).mean_us, 0);
    }

    #[test]
    fn causes_are_bounded() {
        let tally = Tally::default();
        for number in 0..100 {
            tally.count_failure(format!("cause {number}"));
        }
        tally.count_failure("cause 0".to_owned());
        let failures = tally.failures();
        assert_eq!(failures.len(), CAUSES_MAX + 1);
        assert_eq!(failures.values().sum::<u64>(), 101);
        assert_eq!(failures["cause 0"], 2);
    }

    #[test]
    fn the_timer_starts_once() {
        let tally = Tally::default();
        assert!(tally.started().is_none());
        let first = tally.start_timer();
        assert_eq!(tally.start_timer(), first);
        assert_eq!(tally.started(), Some(first));
    }
}
