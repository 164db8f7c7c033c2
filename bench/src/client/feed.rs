//! Threads that sign ahead of the senders, into a bounded queue.
//!
//! Invariants: every number below the limit is signed exactly once; memory is bounded by the queue, whatever the length
//! of the run; each batch reads the latest blockhash, so that nothing in the queue is older than the time that the
//! queue takes to drain (the senders sign again what became too old nevertheless).
//!
//! ```text
//! next number --> thread 1 --\
//! (atomic)    --> thread 2 ---+--> bounded queue of batches --> senders
//! ```

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use anyhow::Context;
use isobath_rpc_client::BlockhashLifetime;
use tokio::sync::{mpsc, watch};

use super::plan::Plan;
use super::sign::{Signed, sign_transfer};
use crate::keys::Keys;
use crate::machine::GENERATOR_THREAD_PREFIX;
use crate::stop::Stop;

/// How much is signed, by how many threads, and how far ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedLimits {
    /// Transfers in total; `u64::MAX` for a run that ends by time.
    pub(crate) transfers: u64,
    /// Transfers per batch.
    pub(crate) batch: u64,
    /// Transfers that may be signed ahead.
    pub(crate) ahead: u64,
    /// Signing threads.
    pub(crate) threads: usize,
}

/// The inputs of the signing threads.
#[derive(Clone, Debug)]
pub(crate) struct FeedSource {
    pub(crate) keys: Arc<Keys>,
    pub(crate) plan: Plan,
    pub(crate) lifetime: watch::Receiver<BlockhashLifetime>,
    pub(crate) stop: Stop,
}

/// The running threads; they end when everything is signed, the run stops or the queue is dropped.
#[derive(Debug)]
pub(crate) struct Feed {
    state: Arc<State>,
    ready_at: u64,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    next: AtomicU64,
    signed: AtomicU64,
    running: AtomicUsize,
    limits: FeedLimits,
}

impl Feed {
    /// Starts the threads; the receiver is the queue.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(crate) fn start(
        limits: FeedLimits,
        source: &FeedSource,
    ) -> anyhow::Result<(Self, mpsc::Receiver<Vec<Signed>>)> {
        let batches = limits.ahead.div_ceil(limits.batch).max(1);
        let (sender, receiver) = mpsc::channel(usize::try_from(batches).unwrap_or(usize::MAX));
        let state = Arc::new(State {
            next: AtomicU64::new(0),
            signed: AtomicU64::new(0),
            running: AtomicUsize::new(limits.threads),
            limits,
        });
        let mut threads = Vec::with_capacity(limits.threads);
        for number in 0..limits.threads {
            let (state, source, sender) = (Arc::clone(&state), source.clone(), sender.clone());
            let thread = std::thread::Builder::new()
                .name(format!("{GENERATOR_THREAD_PREFIX}sign-{number}"))
                .spawn(move || sign_batches(&state, &source, &sender))
                .context("cannot start a signing thread; lower --threads")?;
            threads.push(thread);
        }
        let ready_at = batches.saturating_mul(limits.batch).min(limits.transfers);
        Ok((
            Self {
                state,
                ready_at,
                threads,
            },
            receiver,
        ))
    }

    /// Transfers signed so far.
    pub(crate) fn signed(&self) -> u64 {
        self.state.signed.load(Ordering::Relaxed)
    }

    /// Transfers that are signed before the load begins.
    pub(crate) const fn ready_at(&self) -> u64 {
        self.ready_at
    }

    /// Whether the queue is filled.
    pub(crate) fn is_ready(&self) -> bool {
        self.signed() >= self.ready_at || self.state.running.load(Ordering::Acquire) == 0
    }

    /// Waits for the threads; the queue must have been dropped or drained.
    pub(crate) fn join(self) {
        for thread in self.threads {
            thread.join().expect("signing does not panic");
        }
    }
}

/// The body of one thread.
fn sign_batches(state: &State, source: &FeedSource, queue: &mpsc::Sender<Vec<Signed>>) {
    while let Some(numbers) = state.claim() {
        if source.stop.is_requested() {
            break;
        }
        let lifetime = *source.lifetime.borrow();
        let batch: Vec<_> = numbers
            .map(|index| sign_transfer(source.plan, &source.keys, index, lifetime))
            .collect();
        state.signed.fetch_add(batch.len() as u64, Ordering::Relaxed);
        if queue.blocking_send(batch).is_err() {
            break;
        }
    }
    state.running.fetch_sub(1, Ordering::Release);
}

impl State {
    /// Claims the next numbers; `None` when all are claimed.
    fn claim(&self) -> Option<Range<u64>> {
        let FeedLimits { transfers, batch, .. } = self.limits;
        let first = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                (next < transfers).then(|| next.saturating_add(batch).min(transfers))
            })
            .ok()?;
        Some(first..first.saturating_add(batch).min(transfers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isobath_sdk::Hash;
    use std::collections::BTreeSet;

    fn source(stop: &Stop) -> FeedSource {
        let lifetime = BlockhashLifetime {
            blockhash: Hash([3; 32]),
            last_valid_block_height: 150,
        };
        FeedSource {
            keys: Arc::new(Keys::derive(1, 10, 1)),
            plan: Plan::new(10),
            lifetime: watch::Sender::new(lifetime).subscribe(),
            stop: stop.clone(),
        }
    }

    #[test]
    fn every_number_is_signed_once() {
        let limits = FeedLimits {
            transfers: 103,
            batch: 10,
            ahead: 20,
            threads: 3,
        };
        let (feed, mut queue) = Feed::start(limits, &source(&Stop::new())).unwrap();
        let mut seen = BTreeSet::new();
        while let Some(batch) = queue.blocking_recv() {
            assert!(batch.len() <= 10);
            for signed in batch {
                assert!(seen.insert(signed.index));
            }
        }
        feed.join();
        assert_eq!(seen, (0..103).collect());
    }

    #[test]
    fn a_stopped_or_dropped_queue_ends_the_threads() {
        let limits = FeedLimits {
            transfers: u64::MAX,
            batch: 5,
            ahead: 10,
            threads: 2,
        };
        let stop = Stop::new();
        let (feed, queue) = Feed::start(limits, &source(&stop)).unwrap();
        assert_eq!(feed.ready_at(), 10);
        drop(queue);
        feed.join();

        let (feed, mut queue) = Feed::start(limits, &source(&stop)).unwrap();
        stop.request(crate::stop::StopReason::Deadline);
        while queue.blocking_recv().is_some() {}
        assert!(feed.is_ready());
        feed.join();
    }
}
