//! One round of hostile traffic: its threads, its bounds, and what was found.
//!
//! ```text
//! Round::run --> one thread per attacker, each with a generator of its own
//!                 loop { goes_on? --> send --> read --> judge --> finding }
//!            <-- Report: what each sent and was answered, and the findings
//! ```
//!
//! Bounds: a deadline, a limit on the requests of all threads together, and a limit on findings, after which the round
//! ends early.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use isobath_testkit::Random;

use super::{calls, frames, honest, packets, raw_http, socket, stall};

/// Findings after which a round ends.
const FINDINGS_MAX: usize = 20;
/// Requests of one round, of all threads together.
const REQUESTS_MAX: u64 = 100_000_000;
/// How much of a request a finding shows.
const SHOWN_BYTES: usize = 300;

/// Where a node serves.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its HTTP port.
    pub http: SocketAddr,
    /// Its WebSocket port.
    pub ws: SocketAddr,
}

/// What one attacker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, messages or transactions sent.
    pub sent: u64,
    /// Answers read.
    pub answered: u64,
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Report {
    /// What each attacker did.
    pub tallies: BTreeMap<&'static str, Tally>,
    /// Everything that must not be, with what caused it.
    pub findings: Vec<String>,
}

impl Report {
    /// Requests of all attackers.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.tallies.values().map(|tally| tally.sent).sum()
    }

    /// Answers to all attackers.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.tallies.values().map(|tally| tally.answered).sum()
    }
}

/// What the threads of a round share.
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
    /// Whom it attacks.
    pub target: Target,
    /// What it draws from.
    pub random: Random,
    round: &'a Round,
    name: &'static str,
    tally: Tally,
}

type Attack = fn(&mut Attacker<'_>);

/// Everybody who takes part. Some take part twice, with other seeds.
const ATTACKS: [(&str, Attack); 10] = [
    ("calls", calls::attack),
    ("calls again", calls::attack),
    ("packets", packets::attack),
    ("raw http", raw_http::attack),
    ("socket calls", socket::attack),
    ("subscriptions", socket::attack_subscriptions),
    ("raw frames", frames::attack),
    ("unread floods", stall::attack_without_reading),
    ("dribble", stall::attack_slowly),
    ("honest", honest::transfer),
];

impl Round {
    /// Attacks `target` for `duration`.
    #[must_use]
    pub fn run(target: Target, seed: u64, duration: Duration) -> Report {
        let round = Self {
            target,
            deadline: Instant::now() + duration,
            sent: AtomicU64::new(0),
            findings: Mutex::default(),
        };
        let mut report = Report::default();
        thread::scope(|scope| {
            let threads: Vec<_> = (1u64..)
                .zip(ATTACKS)
                .map(|(number, (name, attack))| {
                    let random = Random::new(seed.wrapping_mul(1_000).wrapping_add(number));
                    let round = &round;
                    (name, scope.spawn(move || round.attack(name, random, attack)))
                })
                .collect();
            for (name, thread) in threads {
                match thread.join() {
                    Ok(tally) => drop(report.tallies.insert(name, tally)),
                    Err(_) => round.find(format!("{name}: the attacker panicked")),
                }
            }
        });
        report.findings = round
            .findings
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        report
    }

    fn attack(&self, name: &'static str, random: Random, attack: Attack) -> Tally {
        let mut attacker = Attacker {
            target: self.target,
            random,
            round: self,
            name,
            tally: Tally::default(),
        };
        attack(&mut attacker);
        attacker.tally
    }

    fn findings_count(&self) -> usize {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn find(&self, what: String) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() <= FINDINGS_MAX {
            findings.push(what);
        }
    }
}

impl Attacker<'_> {
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

    /// Notes what is wrong with the answer to `request`, if anything is.
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
