//! CPU time per signature, by batch size and instruction set, beside the verifier of ed25519-dalek.
//!
//! ```text
//! 65,536 signatures -> contenders, in turns (isobath-timing) -> figures -> targets -> report
//!                      two threads at once ------------------'
//! ```
//!
//! Timed: everything from the bytes of key, message and signature to verdicts; keys are decoded each time. Not timed:
//! signing. Every verdict is counted; a wrong one ends the run.

mod contenders;
mod figures;
mod report;
mod targets;
mod threads;

use std::time::Duration;

use isobath_sigverify::Backend;
use isobath_timing::{Corpus, Machine, Plan, load_average};

use self::contenders::Corpora;
use self::figures::Figures;
use self::report::Report;
use crate::cli::SigverifyArgs;
use crate::progress::{Length, bar};

/// Distinct signatures: far more than fit the caches.
const SIGNATURES: usize = 65_536;
/// Length of the message of a transaction with two or three accounts.
const MESSAGE_LEN: usize = 200;

/// Runs `sigverify`; true if every target that can be measured was reached.
///
/// # Errors
/// When `--backend` names no backend of this machine, or threads cannot be started.
pub(crate) fn run(args: &SigverifyArgs) -> anyhow::Result<bool> {
    let backends = backends(&args.backend)?;
    let load_before = load_average();
    let signing = bar("signing", Length::Items(SIGNATURES as u64));
    let corpora = Corpora::new(Corpus::new(SIGNATURES, MESSAGE_LEN, || signing.inc(1)));
    signing.finish_and_clear();
    let lists = corpora.lists();
    let rounds = usize::try_from(args.rounds)?;
    let contenders = contenders::of(&lists, &backends, rounds);
    let turns = rounds.saturating_mul(contenders.len());
    let plan = Plan {
        rounds,
        total: Duration::from_secs(args.seconds),
    };
    let measuring = bar("measuring", Length::Items(turns as u64));
    let timings = isobath_timing::run(contenders, plan, || measuring.inc(1));
    measuring.finish_and_clear();
    let two_threads_ratio = threads::ratio(&lists.good, best_of(&backends), args.seconds)?;
    let figures = Figures::of(&timings, &backends, two_threads_ratio);
    let report = Report {
        command: "sigverify",
        version: env!("CARGO_PKG_VERSION"),
        machine: Machine::detect(),
        load_average: [load_before, load_average()],
        signatures: SIGNATURES,
        message_len: MESSAGE_LEN,
        key_cache: "off",
        rounds: args.rounds,
        seconds: args.seconds,
        targets: targets::judge(&figures),
        figures,
        timings,
    };
    if args.output.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report::render(&report));
    }
    Ok(report.ok())
}

/// The backends to measure, the fastest first.
fn backends(wanted: &str) -> anyhow::Result<Vec<Backend>> {
    let available: Vec<Backend> = Backend::available().collect();
    let chosen: Vec<Backend> = match wanted {
        "all" => available,
        "best" => vec![Backend::best()],
        name => available
            .into_iter()
            .filter(|backend| backend.name() == name)
            .collect(),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = Backend::available().map(Backend::name).collect();
        anyhow::bail!(
            "this machine has no backend {wanted}; use best, all or one of: {}",
            names.join(", ")
        );
    }
    Ok(chosen)
}

fn best_of(backends: &[Backend]) -> Backend {
    backends.first().copied().unwrap_or_else(Backend::portable)
}
