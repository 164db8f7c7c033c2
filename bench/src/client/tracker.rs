//! Tracking sent transfers until their fate is known.
//!
//! One task requests the status of everything in flight after each slot (a sweep). Invariants:
//! - every transfer ends in exactly one of confirmed, failed (with its cause) or unresolved;
//! - a transfer is signed again only if a height above its last valid one was observed *before* the whole history was
//!   searched for its status and had none: then it is in no block and can enter none.
//!
//! Latency runs from the due time of a transfer, or from its first send if no rate is given, to the arrival of the answer that showed it as confirmed, so it
//! includes the wait for the next sweep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use isobath_rpc_client::{RpcClient, RpcError, STATUSES_PER_CALL, Search, SignatureStatus};
use tokio::sync::mpsc;

use super::books::Books;
use super::confirmed_log::ConfirmedLog;
use super::deliver::{ATTEMPTS_MAX, deliver, sign_again};
use super::load_state::{Flight, LoadState};
use super::reaction::error_name;
use super::ticks::Ticks;
use crate::stop::StopReason;

/// Status calls in flight at the same time.
const STATUS_CALLS_MAX: usize = 4;

/// Expired transfers that one task offers again.
const RESEND_BATCH: usize = 64;

/// How long to continue without progress after Ctrl-C.
const PATIENCE_AFTER_INTERRUPT: Duration = Duration::from_secs(5);

/// How long a node may be silent, for instance during a restart, before the run gives up.
const PATIENCE_WITH_SILENCE: Duration = Duration::from_secs(20);

/// Range of the latency histogram in microseconds: up to an hour, the largest `--timeout`.
const LATENCY_US_MAX: u64 = 3_600_000_000;

/// The fates of the transfers, as far as the tracker decides them.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) confirmed: u64,
    /// Fate unknown at the end.
    pub(super) unresolved: u64,
    pub(super) latency_us: Histogram<u64>,
    pub(super) last_confirmed: Option<Instant>,
    /// The first and the last slot in which a transfer was confirmed.
    pub(super) slots: Option<(u64, u64)>,
    /// Signature of the latest confirmed transfer, whose details are requested.
    pub(super) sample: Option<String>,
    pub(super) books: Books,
    pub(super) log: Option<ConfirmedLog>,
    /// Why the log of confirmed transfers could not be written.
    pub(super) log_error: Option<std::io::Error>,
}

/// Where the outcome of each transfer is entered.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) books: Books,
    pub(crate) log: Option<ConfirmedLog>,
}

/// The task that tracks transfers.
pub(super) struct Tracker {
    load: Arc<LoadState>,
    arrivals: mpsc::UnboundedReceiver<Vec<Flight>>,
    ticks: Ticks,
    patience: Duration,
    progress: ProgressBar,
    flights: Vec<Flight>,
    last_progress: Instant,
    last_answer: Instant,
    findings: Findings,
}

/// The answers of one status call and when they arrived.
type Answers = (Instant, Result<Vec<Option<SignatureStatus>>, RpcError>);

impl Tracker {
    pub(super) fn new(
        load: Arc<LoadState>,
        arrivals: mpsc::UnboundedReceiver<Vec<Flight>>,
        ticks: Ticks,
        patience: Duration,
        progress: ProgressBar,
        records: Records,
    ) -> Self {
        let Records { books, log } = records;
        let latency_us =
            Histogram::new_with_max(LATENCY_US_MAX, 3).expect("the bounds are constants in range");
        Self {
            load,
            arrivals,
            ticks,
            patience,
            progress,
            flights: Vec::new(),
            last_progress: Instant::now(),
            last_answer: Instant::now(),
            findings: Findings {
                confirmed: 0,
                unresolved: 0,
                latency_us,
                last_confirmed: None,
                slots: None,
                sample: None,
                books,
                log,
                log_error: None,
            },
        }
    }

    /// Tracks until the senders are done and nothing is outstanding, or nothing progresses.
    pub(super) async fn run(mut self) -> Findings {
        loop {
            self.ticks.next().await;
            self.take_arrivals();
            let is_over = self.load.are_senders_done() && self.load.outstanding() == 0;
            if is_over || self.is_out_of_patience() {
                break;
            }
            self.sweep().await;
        }
        self.collect_outstanding().await;
        for flight in &self.flights {
            self.findings.books.enter_unknown(flight.index);
        }
        self.findings.unresolved = self.flights.len() as u64;
        self.findings
    }

    fn take_arrivals(&mut self) {
        while let Ok(mut flights) = self.arrivals.try_recv() {
            self.flights.append(&mut flights);
        }
    }

    /// Whether nothing has progressed for too long; if so, requests a stop.
    fn is_out_of_patience(&mut self) -> bool {
        if self.load.outstanding() == 0 {
            self.last_progress = Instant::now();
            return false;
        }
        let patience = match self.load.stop.reason() {
            Some(StopReason::Stalled) => Duration::ZERO,
            Some(StopReason::Interrupted) => self.patience.min(PATIENCE_AFTER_INTERRUPT),
            Some(StopReason::Deadline) | None => self.patience,
        };
        let is_gone = self.last_answer.elapsed() > self.patience.min(PATIENCE_WITH_SILENCE);
        if self.last_progress.elapsed() <= patience && !is_gone {
            return false;
        }
        self.load.stop.request(StopReason::Stalled);
        true
    }

    /// Waits until every permit of the window is free or held by a flight known here. The senders are done or were
    /// requested to stop, and each of their calls ends in bounded time.
    async fn collect_outstanding(&mut self) {
        while self.load.outstanding() > self.flights.len() || !self.load.are_senders_done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.take_arrivals();
        }
    }

    /// Requests the status of everything in flight and acts on the answers.
    async fn sweep(&mut self) {
        // The height first: a transfer past its last valid height that has no status afterwards never gets one.
        let Some(height) = self.refresh_lifetime().await else {
            return;
        };
        let answers = self.request_statuses().await;
        let mut expired = Vec::new();
        let mut waiting = Vec::with_capacity(self.flights.len());
        let flights = std::mem::take(&mut self.flights);
        let mut rest = flights.into_iter();
        for (arrived, part) in answers {
            let group = rest.by_ref().take(STATUSES_PER_CALL);
            match part {
                Ok(statuses) => {
                    for (flight, status) in group.zip(statuses) {
                        match status.filter(SignatureStatus::is_confirmed) {
                            Some(status) => self.resolve(&flight, &status, arrived),
                            None if flight.last_valid_height < height => expired.push(flight),
                            None => waiting.push(flight),
                        }
                    }
                }
                Err(error) => {
                    self.load.tally.note_error(error);
                    waiting.extend(group);
                }
            }
        }
        self.flights = waiting;
        self.handle_expired(expired).await;
    }

    /// Reads the height, and the latest blockhash for the signing threads.
    async fn refresh_lifetime(&mut self) -> Option<u64> {
        let rpc = &self.load.rpc;
        match futures_util::future::try_join(rpc.block_height(), rpc.latest_blockhash()).await {
            Ok((height, lifetime)) => {
                self.last_answer = Instant::now();
                self.load.lifetime.send_replace(lifetime);
                Some(height)
            }
            Err(error) => {
                self.load.tally.note_error(error);
                None
            }
        }
    }

    /// One answer per group of [`STATUSES_PER_CALL`] flights, in order.
    async fn request_statuses(&self) -> Vec<Answers> {
        let calls: Vec<_> = self
            .flights
            .chunks(STATUSES_PER_CALL)
            .map(|group| request_group(&self.load.rpc, group))
            .collect();
        stream::iter(calls).buffered(STATUS_CALLS_MAX).collect().await
    }

    /// Records that a transfer is in a block.
    fn resolve(&mut self, flight: &Flight, status: &SignatureStatus, arrived: Instant) {
        self.last_progress = arrived;
        if let Some(error) = error_name(status) {
            self.findings.books.enter_failure(flight.index);
            self.load.fail(format!("failed in its block: {error}"));
            return;
        }
        let waited = arrived.saturating_duration_since(flight.since);
        let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.findings.latency_us.saturating_record(waited_us);
        self.findings.confirmed = self.findings.confirmed.saturating_add(1);
        self.findings.books.enter_success(flight.index);
        self.findings.last_confirmed = Some(arrived);
        let (first, last) = self.findings.slots.unwrap_or((status.slot, status.slot));
        self.findings.slots = Some((first.min(status.slot), last.max(status.slot)));
        self.findings.sample = Some(flight.name.clone());
        if let Some(log) = &mut self.findings.log
            && let Err(error) = log.push(&flight.signature, status.slot)
        {
            self.findings.log_error.get_or_insert(error);
        }
        self.load.window.add_permits(1);
        self.progress.inc(1);
    }

    /// Searches the whole history for transfers whose blockhash has expired; signs again those without a status.
    async fn handle_expired(&mut self, expired: Vec<Flight>) {
        for group in expired.chunks(STATUSES_PER_CALL) {
            let names: Vec<&str> = group.iter().map(|flight| flight.name.as_str()).collect();
            let answer = self.load.rpc.statuses(&names, Search::WholeHistory).await;
            let arrived = Instant::now();
            match answer {
                Ok(statuses) => {
                    let mut missing = Vec::new();
                    for (flight, status) in group.iter().zip(statuses) {
                        match status {
                            Some(status) if status.is_confirmed() => self.resolve(flight, &status, arrived),
                            // Its block may still be dropped, and may still be confirmed.
                            Some(_) => self.flights.push(flight.clone()),
                            None => missing.push(flight.clone()),
                        }
                    }
                    self.send_again(missing);
                }
                Err(error) => {
                    self.load.tally.note_error(error);
                    self.flights.extend_from_slice(group);
                }
            }
        }
    }

    /// Signs expired transfers again; counts them as failed when the run is ending or after too many attempts.
    fn send_again(&mut self, expired: Vec<Flight>) {
        let is_stopping = self.load.stop.is_requested();
        let mut offers = Vec::new();
        for flight in expired {
            self.last_progress = Instant::now();
            if is_stopping || flight.attempts >= ATTEMPTS_MAX {
                self.load
                    .fail("expired: its blockhash became too old before it got into a block".to_owned());
            } else {
                offers.push(sign_again(
                    &self.load,
                    flight.index,
                    flight.attempts,
                    Some(flight.since),
                ));
            }
        }
        for batch in offers.chunks(RESEND_BATCH) {
            let (load, batch) = (Arc::clone(&self.load), batch.to_vec());
            tokio::spawn(async move { deliver(&load, batch).await });
        }
    }
}

/// The statuses of one group of flights, in order.
async fn request_group(rpc: &RpcClient, group: &[Flight]) -> Answers {
    let names: Vec<&str> = group.iter().map(|flight| flight.name.as_str()).collect();
    let answer = rpc.statuses(&names, Search::Recent).await;
    (Instant::now(), answer)
}
