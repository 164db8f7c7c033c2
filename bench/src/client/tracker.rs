//! Following what was sent until its fate is known.
//!
//! One task sweeps over everything in flight after each slot. Invariants:
//! - every transfer ends in exactly one of confirmed, failed (with its cause) or unresolved;
//! - a transfer is signed again only when a height beyond its last valid one was seen *before* its status was asked
//!   for and found missing, in the whole history: then it is in no block and can get into none.
//!
//! A latency is measured from the first time a transfer was sent until the answer that showed it as confirmed had
//! arrived, so it includes the wait for the next sweep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use isobath_rpc_client::{RpcClient, RpcError, STATUSES_PER_CALL, Search, SignatureStatus};
use tokio::sync::mpsc;

use super::confirmed_log::ConfirmedLog;
use super::deliver::{ATTEMPTS_MAX, deliver, sign_again};
use super::reaction::error_name;
use super::shared::{Flight, Shared};
use super::ticks::Ticks;
use crate::stop::StopReason;

/// Status calls in flight at the same time.
const STATUS_CALLS_MAX: usize = 4;

/// Transfers that one task offers again after they expired.
const RESEND_BATCH: usize = 64;

/// How long to go on without progress after Ctrl-C.
const PATIENCE_AFTER_INTERRUPT: Duration = Duration::from_secs(5);

/// How long a node may answer nothing at all, as while it is being restarted, before the run gives it up.
const PATIENCE_WITH_SILENCE: Duration = Duration::from_secs(20);

/// Range of the latency histogram in microseconds: up to an hour, the largest `--timeout`.
const LATENCY_US_MAX: u64 = 3_600_000_000;

/// What became of the transfers, as far as the tracker decides it.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) confirmed: u64,
    /// In a block, paid a fee, failed. Also counted among the failures by cause.
    pub(super) failed_in_block: u64,
    /// Fate unknown at the end.
    pub(super) unresolved: u64,
    pub(super) latency_us: Histogram<u64>,
    pub(super) last_confirmed: Option<Instant>,
    /// Name of the newest confirmed transfer, to ask details of.
    pub(super) sample: Option<String>,
    pub(super) log: Option<ConfirmedLog>,
    /// Why the log of confirmed transfers could not be written.
    pub(super) log_error: Option<std::io::Error>,
}

/// The task that follows transfers.
pub(super) struct Tracker {
    shared: Arc<Shared>,
    arrivals: mpsc::UnboundedReceiver<Vec<Flight>>,
    ticks: Ticks,
    patience: Duration,
    progress: ProgressBar,
    flights: Vec<Flight>,
    last_progress: Instant,
    last_answer: Instant,
    findings: Findings,
}

/// Answers to one status call and when they arrived.
type Answers = (Instant, Result<Vec<Option<SignatureStatus>>, RpcError>);

impl Tracker {
    pub(super) fn new(
        shared: Arc<Shared>,
        arrivals: mpsc::UnboundedReceiver<Vec<Flight>>,
        ticks: Ticks,
        patience: Duration,
        progress: ProgressBar,
        log: Option<ConfirmedLog>,
    ) -> Self {
        let latency_us =
            Histogram::new_with_max(LATENCY_US_MAX, 3).expect("the bounds are constants in range");
        Self {
            shared,
            arrivals,
            ticks,
            patience,
            progress,
            flights: Vec::new(),
            last_progress: Instant::now(),
            last_answer: Instant::now(),
            findings: Findings {
                confirmed: 0,
                failed_in_block: 0,
                unresolved: 0,
                latency_us,
                last_confirmed: None,
                sample: None,
                log,
                log_error: None,
            },
        }
    }

    /// Follows until the senders are done and nothing is outstanding, or nothing moves any more.
    pub(super) async fn run(mut self) -> Findings {
        loop {
            self.ticks.next().await;
            self.take_arrivals();
            let is_over = self.shared.are_senders_done() && self.shared.outstanding() == 0;
            if is_over || self.is_out_of_patience() {
                break;
            }
            self.sweep().await;
        }
        self.settle().await;
        self.findings.unresolved = self.flights.len() as u64;
        self.findings
    }

    fn take_arrivals(&mut self) {
        while let Ok(mut flights) = self.arrivals.try_recv() {
            self.flights.append(&mut flights);
        }
    }

    /// Whether nothing has moved for too long; asks everybody to stop then.
    fn is_out_of_patience(&mut self) -> bool {
        if self.shared.outstanding() == 0 {
            self.last_progress = Instant::now();
            return false;
        }
        let patience = match self.shared.stop.reason() {
            Some(StopReason::Stalled) => Duration::ZERO,
            Some(StopReason::Interrupted) => self.patience.min(PATIENCE_AFTER_INTERRUPT),
            Some(StopReason::Deadline) | None => self.patience,
        };
        let is_gone = self.last_answer.elapsed() > self.patience.min(PATIENCE_WITH_SILENCE);
        if self.last_progress.elapsed() <= patience && !is_gone {
            return false;
        }
        self.shared.stop.request(StopReason::Stalled);
        true
    }

    /// Waits until every place in the window is either free or held by a flight known here. The senders have been
    /// asked to stop or are done, and every call of theirs ends in bounded time.
    async fn settle(&mut self) {
        while self.shared.outstanding() > self.flights.len() || !self.shared.are_senders_done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.take_arrivals();
        }
    }

    /// Asks for the status of everything in flight and acts on the answers.
    async fn sweep(&mut self) {
        // The height first: what is missing afterwards and beyond its height is missing for good.
        let Some(height) = self.refresh_lifetime().await else {
            return;
        };
        let answers = self.ask_statuses().await;
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
                    self.shared.tally.note_error(error);
                    waiting.extend(group);
                }
            }
        }
        self.flights = waiting;
        self.handle_expired(expired).await;
    }

    /// Reads the height, and the newest blockhash for the signers.
    async fn refresh_lifetime(&mut self) -> Option<u64> {
        let rpc = &self.shared.rpc;
        match futures_util::future::try_join(rpc.block_height(), rpc.latest_blockhash()).await {
            Ok((height, lifetime)) => {
                self.last_answer = Instant::now();
                self.shared.lifetime.send_replace(lifetime);
                Some(height)
            }
            Err(error) => {
                self.shared.tally.note_error(error);
                None
            }
        }
    }

    /// One answer per group of [`STATUSES_PER_CALL`] flights, in order.
    async fn ask_statuses(&self) -> Vec<Answers> {
        let calls: Vec<_> = self
            .flights
            .chunks(STATUSES_PER_CALL)
            .map(|group| ask_group(&self.shared.rpc, group))
            .collect();
        stream::iter(calls).buffered(STATUS_CALLS_MAX).collect().await
    }

    /// A transfer is in a block.
    fn resolve(&mut self, flight: &Flight, status: &SignatureStatus, arrived: Instant) {
        self.last_progress = arrived;
        if let Some(error) = error_name(status) {
            self.findings.failed_in_block = self.findings.failed_in_block.saturating_add(1);
            self.shared.fail(format!("failed in its block: {error}"));
            return;
        }
        let waited = arrived.saturating_duration_since(flight.first_sent);
        let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.findings.latency_us.saturating_record(waited_us);
        self.findings.confirmed = self.findings.confirmed.saturating_add(1);
        self.findings.last_confirmed = Some(arrived);
        self.findings.sample = Some(flight.name.clone());
        if let Some(log) = &mut self.findings.log
            && let Err(error) = log.push(&flight.signature, status.slot)
        {
            self.findings.log_error.get_or_insert(error);
        }
        self.shared.window.add_permits(1);
        self.progress.inc(1);
    }

    /// Looks once more, everywhere, for transfers whose blockhash has expired; signs again what is nowhere.
    async fn handle_expired(&mut self, expired: Vec<Flight>) {
        for group in expired.chunks(STATUSES_PER_CALL) {
            let names: Vec<&str> = group.iter().map(|flight| flight.name.as_str()).collect();
            let answer = self.shared.rpc.statuses(&names, Search::WholeHistory).await;
            let arrived = Instant::now();
            match answer {
                Ok(statuses) => {
                    let mut nowhere = Vec::new();
                    for (flight, status) in group.iter().zip(statuses) {
                        match status {
                            Some(status) => self.resolve(flight, &status, arrived),
                            None => nowhere.push(flight.clone()),
                        }
                    }
                    self.send_again(nowhere);
                }
                Err(error) => {
                    self.shared.tally.note_error(error);
                    self.flights.extend_from_slice(group);
                }
            }
        }
    }

    /// Signs expired transfers again, or gives them up: when the run is ending, or after too many attempts.
    fn send_again(&mut self, expired: Vec<Flight>) {
        let is_stopping = self.shared.stop.is_requested();
        let mut offers = Vec::new();
        for flight in expired {
            self.last_progress = Instant::now();
            if is_stopping || flight.attempts >= ATTEMPTS_MAX {
                self.shared
                    .fail("expired: its blockhash became too old before it got into a block".to_owned());
            } else {
                offers.push(sign_again(
                    &self.shared,
                    flight.index,
                    flight.attempts,
                    Some(flight.first_sent),
                ));
            }
        }
        for batch in offers.chunks(RESEND_BATCH) {
            let (shared, batch) = (Arc::clone(&self.shared), batch.to_vec());
            tokio::spawn(async move { deliver(&shared, batch).await });
        }
    }
}

/// The statuses of one group of flights, in order.
async fn ask_group(rpc: &RpcClient, group: &[Flight]) -> Answers {
    let names: Vec<&str> = group.iter().map(|flight| flight.name.as_str()).collect();
    let answer = rpc.statuses(&names, Search::Recent).await;
    (Instant::now(), answer)
}
