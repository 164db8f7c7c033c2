//! One round of hostile traffic: its threads and its report.
//!
//! ```text
//! run_round --> one thread per attacker, each with its own generator
//!                loop { goes_on? --> send --> read --> judge --> finding }
//!           <-- Report: requests and answers of each, and the findings
//! ```

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use isobath_testkit::Random;

use super::attacker::{Attacker, Round, Tally, Target};
use super::{bodies, frames, honest, packets, raw_http, socket, stall};

/// The result of a round.
#[derive(Debug, Default)]
pub struct Report {
    /// The counts of each attacker.
    pub tallies: BTreeMap<&'static str, Tally>,
    /// Every violation, with the request that caused it.
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

type Attack = fn(&mut Attacker<'_>);

/// The attackers of a round. Some take part twice, with other seeds.
const ATTACKS: [(&str, Attack); 10] = [
    ("calls", bodies::attack),
    ("calls again", bodies::attack),
    ("packets", packets::attack),
    ("raw http", raw_http::attack),
    ("socket calls", socket::attack),
    ("subscriptions", socket::attack_subscriptions),
    ("raw frames", frames::attack),
    ("unread floods", stall::attack_without_reading),
    ("dribble", stall::attack_slowly),
    ("honest", honest::transfer),
];

/// Attacks `target` for `duration`.
#[must_use]
pub fn run_round(target: Target, seed: u64, duration: Duration) -> Report {
    let round = Round::new(target, duration);
    let mut report = Report::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (1u64..)
            .zip(ATTACKS)
            .map(|(number, (name, attack))| {
                let random = Random::new(seed.wrapping_mul(1_000).wrapping_add(number));
                let mut attacker = Attacker::new(&round, name, random);
                let thread = scope.spawn(move || {
                    attack(&mut attacker);
                    attacker.tally()
                });
                (name, thread)
            })
            .collect();
        for (name, thread) in threads {
            match thread.join() {
                Ok(tally) => drop(report.tallies.insert(name, tally)),
                Err(_) => round.find(format!("{name}: the attacker panicked")),
            }
        }
    });
    report.findings = round.into_findings();
    report
}
