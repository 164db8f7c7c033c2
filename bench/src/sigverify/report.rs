//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fmt::Write as _;

use isobath_timing::{Machine, Timing};
use serde::Serialize;

use super::contenders::{OURS, SIZES};
use super::figures::Figures;
use super::targets::{Judgement, Sense, Target};

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) command: &'static str,
    pub(super) version: &'static str,
    pub(super) machine: Machine,
    pub(super) load_average: [Option<f64>; 2],
    pub(super) signatures: usize,
    pub(super) message_len: usize,
    pub(super) key_cache: &'static str,
    pub(super) rounds: u32,
    pub(super) seconds: u64,
    #[serde(flatten)]
    pub(super) figures: Figures,
    pub(super) targets: Vec<Target>,
    pub(super) timings: Vec<Timing>,
}

impl Report {
    /// Whether every target that can be measured was reached.
    pub(super) fn ok(&self) -> bool {
        let missed = |target: &Target| target.verdict == Judgement::NotReached;
        !self.targets.iter().any(missed)
    }
}

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         signatures  {} distinct, each with its own key, {}-byte messages; key cache off\n\
         figures     CPU time per signature in microseconds: median of {} turns (lower to upper quartile)\n\n",
        report.machine.cores, report.machine.cpu, report.signatures, report.message_len, report.rounds,
    );
    table(&mut text, report);
    others(&mut text, report);
    text.push_str("\ntargets\n");
    for target in &report.targets {
        let sense = match target.sense {
            Sense::AtLeast => ">=",
            Sense::AtMost => "<=",
        };
        let measured = target
            .measured
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let _infallible = writeln!(
            text,
            "  {:<40} {measured:>6}  {sense} {:<5} {}",
            target.name,
            target.target,
            target.verdict.text()
        );
    }
    text
}

/// The table of our batches: a line per size, a column per backend.
fn table(text: &mut String, report: &Report) {
    let ours = || report.timings.iter().filter(|timing| timing.path == OURS);
    let mut backends: Vec<&str> = ours().map(|timing| timing.backend.as_str()).collect();
    backends.dedup();
    text.push_str("  batch of");
    for backend in &backends {
        let _infallible = write!(text, "  {backend:<32}");
    }
    text.push_str("(x: times as fast as verify_strict)\n");
    for n in SIZES {
        let _infallible = write!(text, "  {n:>8}");
        for backend in &backends {
            let is_it = |timing: &&Timing| timing.backend == *backend && timing.n == n;
            let cell = ours().find(is_it).map_or_else(String::new, |timing| {
                let ratio = report.figures.dalek_strict_us / timing.us;
                format!("{} {ratio:.2}x", cell(timing))
            });
            let _infallible = write!(text, "  {cell:<32}");
        }
        text.push('\n');
    }
}

/// The other paths, one per line.
fn others(text: &mut String, report: &Report) {
    text.push('\n');
    for timing in report.timings.iter().filter(|timing| timing.path != OURS) {
        let who = match timing.backend.as_str() {
            "" => timing.path.clone(),
            backend => format!("{}, {backend}", timing.path),
        };
        let _infallible = writeln!(
            text,
            "  {who:<46} {}  mean {:.2}, batches of {}",
            cell(timing),
            timing.us_mean,
            timing.n
        );
    }
}

fn cell(timing: &Timing) -> String {
    format!("{:.2} ({:.2} to {:.2})", timing.us, timing.us_low, timing.us_high)
}
