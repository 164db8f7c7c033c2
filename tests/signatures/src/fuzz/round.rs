//! Rounds: each a function of its number, spread over threads.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::batch::make;
use super::check::Checker;
use super::craft::Crafter;
use super::pool::Pool;
use super::random::Random;
use super::report::Report;

/// Signatures of a round.
pub const SIGNATURES_PER_ROUND: u64 = 1 << 14;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Signatures, rounded up to whole rounds.
    pub count: u64,
    /// Number of the first round; the others follow it.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
}

impl Plan {
    /// Rounds that the signatures make.
    #[must_use]
    pub const fn rounds(&self) -> u64 {
        self.count.div_ceil(SIGNATURES_PER_ROUND)
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Signatures that were checked.
    pub signatures: u64,
    /// All rounds before this one are done: an interrupted run resumes with it as seed.
    pub resume: u64,
}

/// What the threads have come to so far.
#[derive(Debug)]
struct Joint {
    report: Report,
    /// Rounds that are done beyond `resume`.
    ahead: BTreeSet<u64>,
    resume: u64,
    mismatch: Option<String>,
}

impl Joint {
    /// Adds the outcome of a round; ignores outcomes after the first mismatch.
    fn take(&mut self, number: u64, outcome: Result<Report, String>) -> Option<Progress> {
        match outcome {
            Ok(report) => self.report.add(&report),
            Err(mismatch) => {
                self.mismatch.get_or_insert(mismatch);
                return None;
            }
        }
        self.ahead.insert(number);
        while self.ahead.remove(&self.resume) {
            self.resume = self.resume.wrapping_add(1);
        }
        Some(Progress {
            signatures: self.report.signatures,
            resume: self.resume,
        })
    }
}

/// Runs `plan` with a checker for each thread; calls `progress` after each round.
///
/// # Errors
/// A mismatch, with the number of its round.
///
/// # Panics
/// If a path does; the round is printed before.
pub fn run(
    plan: Plan,
    checker: impl Fn() -> Checker + Sync,
    progress: impl Fn(Progress) + Sync,
) -> Result<Report, String> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let joint = Mutex::new(Joint {
        report: Report::default(),
        ahead: BTreeSet::new(),
        resume: plan.seed,
        mismatch: None,
    });
    let work = || {
        let mut checker = checker();
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= plan.rounds() {
                break;
            }
            let number = plan.seed.wrapping_add(index);
            let outcome = round(number, &mut checker);
            let mut joint = joint.lock().expect("no thread panics while holding it");
            match joint.take(number, outcome) {
                Some(so_far) => progress(so_far),
                None => stop.store(true, Ordering::Relaxed),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(work);
        }
    });
    let joint = joint.into_inner().expect("no thread is left to poison it");
    joint.mismatch.map_or(Ok(joint.report), Err)
}

/// Prints the round if a path panics.
struct Witness(u64);

impl Drop for Witness {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("round {}", self.0);
        }
    }
}

fn round(number: u64, checker: &mut Checker) -> Result<Report, String> {
    let _witness = Witness(number);
    let mut random = Random::new(number);
    let mut pool = Pool::new(&mut random);
    let crafter = Crafter::new();
    let mut report = Report::default();
    let asked = checker.asked;
    while report.signatures < SIGNATURES_PER_ROUND {
        let left = usize::try_from(SIGNATURES_PER_ROUND - report.signatures).expect("a round is small");
        let batch = make(&mut random, &mut pool, &crafter, left);
        checker
            .check(&batch)
            .map_err(|mismatch| format!("round {number}: {mismatch}"))?;
        report.count(&batch);
    }
    report.asked = (checker.asked.0 - asked.0, checker.asked.1 - asked.1);
    Ok(report)
}
