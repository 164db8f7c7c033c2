//! An attacker and the bounds of its round.
//!
//! Bounds: a deadline, a limit on the requests of all threads together, and a limit on findings, after which the round
//! ends early.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use isobath_testkit::Random;

/// Findings after which a round ends.
const FINDINGS_MAX: usize = 20;
/// Requests of one round, of all threads together.
const REQUESTS_MAX: u64 = 100_000_000;
/// How much of a request a finding shows.
const SHOWN_BYTES: usize = 300;

/// The addresses of a node.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its HTTP port.
    pub http: SocketAddr,
    /// Its WebSocket port.
    pub ws: SocketAddr,
}

/// The counts of one attacker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, messages or transactions sent.
    pub sent: u64,
    /// Answers read.
    pub answered: u64,
}

/// The state that the threads of a round share.
#[derive(Debug)]
pub struct Round {
    target: Target,
    deadline: Instant,
    sent: AtomicU64,
    findings: Mutex<Vec<String>>,
}

/// One attacker: its name, its generator and its part of the round.
#[derive(Debug)]
pub struct Attacker<'a> {
    /// The node that it attacks.
    pub target: Target,
    /// Its random numbers.
    pub random: Random,
    round: &'a Round,
    name: &'static str,
    tally: Tally,
}

impl Round {
    /// A round that begins now.
    pub(super) fn new(target: Target, duration: Duration) -> Self {
        Self {
            target,
            deadline: Instant::now() + duration,
            sent: AtomicU64::new(0),
            findings: Mutex::default(),
        }
    }

    /// Records a violation.
    pub(super) fn find(&self, what: String) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() <= FINDINGS_MAX {
            findings.push(what);
        }
    }

    /// Everything that was found.
    pub(super) fn into_findings(self) -> Vec<String> {
        self.findings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn findings_count(&self) -> usize {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<'a> Attacker<'a> {
    /// An attacker that has sent nothing.
    pub(super) fn new(round: &'a Round, name: &'static str, random: Random) -> Self {
        Self {
            target: round.target,
            random,
            round,
            name,
            tally: Tally::default(),
        }
    }

    /// What it did so far.
    pub(super) const fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether the round goes on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        Instant::now() < self.round.deadline
            && self.round.sent.load(Ordering::Relaxed) < REQUESTS_MAX
            && self.round.findings_count() < FINDINGS_MAX
    }

    /// Counts what was sent.
    pub fn count_sent(&mut self, count: u64) {
        self.tally.sent += count;
        self.round.sent.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts what was answered.
    pub const fn count_answered(&mut self, count: u64) {
        self.tally.answered += count;
    }

    /// Records a violation in the answer to `request`, if there is one.
    pub fn judge(&self, request: &[u8], verdict: Result<(), String>) {
        if let Err(what) = verdict {
            let shown = &request[..request.len().min(SHOWN_BYTES)];
            let bytes = request.len();
            self.round.find(format!(
                "{}: {what}; sent {bytes} bytes: {}",
                self.name,
                shown.escape_ascii()
            ));
        }
    }
}
