//! One load from the first signature to the last confirmation.
//!
//! ```text
//! feed (threads) --> queue --> senders (one per connection) --> node
//!                                  |                             |
//!                                  +--> flights --> tracker <----+ statuses after each slot
//! ```
//!
//! The timer runs from the first transfer sent to the last confirmation. Timed: sending, the work of the node, waiting
//! for statuses, and signing once the queue is empty. Not timed: deriving keys, funding, filling the queue.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use isobath_rpc_client::{RpcClient, RpcError};
use tokio::sync::{Mutex, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use super::books::Books;
use super::confirmed_log::ConfirmedLog;
use super::deliver::{Queue, run_sender};
use super::feed::{Feed, FeedLimits, FeedSource};
use super::load_state::{Late, LoadState, Pacer, Tally};
use super::plan::Plan;
use super::ticks::Ticks;
use super::tracker::{Findings, Records, Tracker};
use crate::keys::Keys;
use crate::machine::CpuTimes;
use crate::progress::{self, Length};
use crate::stop::{Stop, StopReason};

/// Transfers that are signed ahead at most when their number is known: about 70 MB. All of them are sent.
const SIGNED_AHEAD_MAX: u64 = 131_072;

/// The same for a run that ends by time: what is left in the queue at its end was signed for nothing, and with short
/// slots a transfer that waits for more than a few seconds must be signed again.
const SIGNED_AHEAD_MAX_TIMED: u64 = 32_768;

/// What is sent within this time is signed ahead at most when a rate is given; what waits longer would be signed again.
const SIGNED_AHEAD_SECONDS: u64 = 10;

/// When a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// After this many transfers.
    Transfers(u64),
    /// After this much time.
    Time(Duration),
}

/// The shape of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) goal: Goal,
    pub(crate) window: usize,
    pub(crate) batch: u64,
    pub(crate) connections: usize,
    pub(crate) rate: Option<u32>,
    pub(crate) patience: Duration,
    pub(crate) threads: usize,
}

/// Everything that a load needs.
pub(crate) struct Load {
    pub(crate) rpc: RpcClient,
    pub(crate) ws_url: String,
    pub(crate) keys: Arc<Keys>,
    pub(crate) plan: Plan,
    pub(crate) shape: Shape,
    pub(crate) stop: Stop,
    pub(crate) records: Records,
}

/// The result of a load.
#[derive(Debug)]
pub(crate) struct LoadResult {
    /// Distinct transfers sent.
    pub(crate) sent: u64,
    pub(crate) confirmed: u64,
    pub(crate) unresolved: u64,
    pub(crate) failures: BTreeMap<String, u64>,
    pub(crate) resigned: u64,
    pub(crate) busy_answers: u64,
    pub(crate) elapsed: Duration,
    pub(crate) latency_us: Histogram<u64>,
    /// What was sent later than due; `None` without a rate.
    pub(crate) late: Option<Late>,
    /// Slots from the first to the last one in which a transfer was confirmed.
    pub(crate) slots: u64,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) last_error: Option<RpcError>,
    /// CPU time while sending, for runs that end by time.
    pub(crate) cpu: Option<CpuUse>,
    pub(crate) sample: Option<String>,
    pub(crate) books: Books,
    pub(crate) log: Option<ConfirmedLog>,
}

impl Load {
    /// Runs the load to its end.
    ///
    /// # Errors
    /// When the load cannot begin (node unreachable, no threads) or the log of confirmed transfers cannot be written.
    pub(crate) async fn run(self) -> anyhow::Result<LoadResult> {
        let Self {
            rpc,
            ws_url,
            keys,
            plan,
            shape,
            stop,
            records,
        } = self;
        let lifetime = watch::Sender::new(rpc.latest_blockhash().await?);
        let ticks = Ticks::start(&ws_url).await;
        let source = FeedSource {
            keys: Arc::clone(&keys),
            plan,
            lifetime: lifetime.subscribe(),
            stop: stop.clone(),
        };
        let (flights, arrivals) = mpsc::unbounded_channel();
        let load = Arc::new(LoadState {
            rpc,
            keys,
            plan,
            lifetime,
            window: Semaphore::new(shape.window),
            window_size: shape.window,
            stop: stop.clone(),
            tally: Tally::default(),
            flights,
            senders_running: AtomicUsize::new(shape.connections),
            pacer: shape.rate.map(Pacer::new),
        });
        let length = match shape.goal {
            Goal::Transfers(transfers) => Length::Items(transfers),
            Goal::Time(time) => Length::Time(time),
        };
        let (feed, queue) = Feed::start(feed_limits(&shape), &source)?;
        let bar = progress::hidden_bar("sending", length);
        let tracker = Tracker::new(
            Arc::clone(&load),
            arrivals,
            ticks,
            shape.patience,
            bar.clone(),
            records,
        );
        let tracker = tokio::spawn(tracker.run());
        wait_signed(&feed, &stop).await;
        progress::show(&bar);
        let clock = start_clock(shape.goal, &stop);
        run_senders(&load, shape.connections, queue).await?;
        let findings = tracker
            .await
            .context("the tracker task panicked (internal error)")?;
        bar.finish_and_clear();
        feed.join();
        let cpu = match clock {
            Some(clock) => clock.await.context("the clock task panicked (internal error)")?,
            None => None,
        };
        summarize(&load, shape.goal, findings, cpu)
    }
}

/// How much is signed ahead for a load of this shape.
fn feed_limits(shape: &Shape) -> FeedLimits {
    let (transfers, ahead) = match shape.goal {
        Goal::Transfers(transfers) => (transfers, SIGNED_AHEAD_MAX.min(transfers)),
        Goal::Time(_) => (u64::MAX, SIGNED_AHEAD_MAX_TIMED),
    };
    let seconds = match shape.goal {
        Goal::Time(time) => SIGNED_AHEAD_SECONDS.min(time.as_secs().max(1)),
        Goal::Transfers(_) => SIGNED_AHEAD_SECONDS,
    };
    let sent_soon = shape
        .rate
        .map_or(u64::MAX, |rate| u64::from(rate).saturating_mul(seconds));
    FeedLimits {
        transfers,
        batch: shape.batch,
        ahead: ahead.min(sent_soon),
        threads: shape.threads,
    }
}

/// Waits until the queue is full.
async fn wait_signed(feed: &Feed, stop: &Stop) {
    let bar = progress::bar("signing", Length::Items(feed.ready_at()));
    while !feed.is_ready() && !stop.is_requested() {
        bar.set_position(feed.signed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bar.finish_and_clear();
}

/// Runs one sender per connection until all of them are done.
async fn run_senders(
    load: &Arc<LoadState>,
    connections: usize,
    queue: mpsc::Receiver<Vec<super::sign::Signed>>,
) -> anyhow::Result<()> {
    let queue: Queue = Arc::new(Mutex::new(queue));
    let senders: Vec<JoinHandle<()>> = (0..connections)
        .map(|_| tokio::spawn(run_sender(Arc::clone(load), Arc::clone(&queue))))
        .collect();
    drop(queue);
    for sender in senders {
        sender.await.context("a sender task panicked (internal error)")?;
    }
    Ok(())
}

/// CPU time used while sending, and the duration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuUse {
    pub(crate) times: CpuTimes,
    pub(crate) wall: Duration,
}

/// Stops a run by time, and measures its CPU time while every thread still exists.
fn start_clock(goal: Goal, stop: &Stop) -> Option<JoinHandle<Option<CpuUse>>> {
    let Goal::Time(time) = goal else { return None };
    let stop = stop.clone();
    let (begun, cpu_begun) = (Instant::now(), CpuTimes::read());
    Some(tokio::spawn(async move {
        // The timeout is the usual end.
        let _stopped = tokio::time::timeout(time, stop.wait()).await;
        let cpu_ended = CpuTimes::read();
        let wall = begun.elapsed();
        stop.request(StopReason::Deadline);
        Some(CpuUse {
            times: cpu_ended?.since(cpu_begun?),
            wall,
        })
    }))
}

/// Combines the counts of senders and tracker and checks that every transfer has exactly one fate.
fn summarize(
    load: &LoadState,
    goal: Goal,
    findings: Findings,
    cpu: Option<CpuUse>,
) -> anyhow::Result<LoadResult> {
    if let Some(error) = findings.log_error {
        return Err(error).context(
            "cannot write the list of confirmed transfers; free space in the temporary folder (TMPDIR)",
        );
    }
    let failures = load.tally.failures();
    let failed: u64 = failures.values().sum();
    let sent = load.tally.sent.load(Ordering::Relaxed);
    let fates = [findings.confirmed, failed, findings.unresolved];
    assert_eq!(
        sent,
        fates.iter().sum::<u64>(),
        "every transfer sent has exactly one fate"
    );
    let elapsed = match (load.tally.started(), findings.last_confirmed) {
        (Some(started), Some(last)) => last.saturating_duration_since(started),
        (Some(started), None) => started.elapsed(),
        (None, _) => Duration::ZERO,
    };
    Ok(LoadResult {
        sent,
        confirmed: findings.confirmed,
        unresolved: findings.unresolved,
        failures,
        resigned: load.tally.resigned.load(Ordering::Relaxed),
        busy_answers: load.tally.busy_answers.load(Ordering::Relaxed),
        elapsed,
        latency_us: findings.latency_us,
        late: late_of(load, goal, sent),
        slots: findings
            .slots
            .map_or(0, |(first, last)| last.saturating_sub(first).saturating_add(1)),
        stop_reason: load.stop.reason(),
        last_error: load.tally.last_error(),
        cpu,
        sample: findings.sample,
        books: findings.books,
        log: findings.log,
    })
}

/// What was sent later than due, and what was due and never sent.
fn late_of(load: &LoadState, goal: Goal, sent: u64) -> Option<Late> {
    let pacer = load.pacer.as_ref()?;
    let unsent = match (goal, load.stop.reason()) {
        (Goal::Time(time), Some(StopReason::Deadline)) => pacer.due_within(time).saturating_sub(sent),
        _ => 0,
    };
    Some(load.tally.delays.late(unsent))
}
