//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use isobath_timing::{Machine, median};
use serde::Serialize;

use super::workload::Kind;
use crate::cli::SchedulerArgs;

/// Nanoseconds per transaction of each round, by workload.
#[derive(Debug, Default)]
pub(super) struct Timings {
    schedule_release: BTreeMap<&'static str, Vec<f64>>,
    with_keys: BTreeMap<&'static str, Vec<f64>>,
}

impl Timings {
    pub(super) fn add(&mut self, kind: Kind, schedule_release: f64, with_keys: f64) {
        self.schedule_release
            .entry(kind.name())
            .or_default()
            .push(schedule_release);
        self.with_keys.entry(kind.name()).or_default().push(with_keys);
    }
}

type ByWorkload = BTreeMap<&'static str, f64>;

/// What was measured, for a reader.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    accounts: u32,
    window: u32,
    transactions: u32,
    rounds: u32,
    schedule_release_ns: ByWorkload,
    with_key_resolution_ns: ByWorkload,
}

impl Report {
    pub(super) fn new(
        args: &SchedulerArgs,
        timings: &Timings,
        machine: Machine,
        load_average: [Option<f64>; 2],
    ) -> Self {
        let medians = |of: &BTreeMap<&'static str, Vec<f64>>| {
            let of = of.iter();
            of.map(|(name, values)| (*name, median(values))).collect()
        };
        Self {
            command: "scheduler",
            version: env!("CARGO_PKG_VERSION"),
            machine,
            load_average,
            accounts: args.accounts,
            window: args.window,
            transactions: args.transactions,
            rounds: args.rounds,
            schedule_release_ns: medians(&timings.schedule_release),
            with_key_resolution_ns: medians(&timings.with_keys),
        }
    }
}

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         workload    two writable accounts and one that is read, of {}; window {}\n\
         figures     CPU time of one thread per transaction in nanoseconds: median of {} rounds of {}\n\n\
         {:<14} {:>16} {:>22}\n",
        report.machine.cores,
        report.machine.cpu,
        report.accounts,
        report.window,
        report.rounds,
        report.transactions,
        "",
        "schedule+release",
        "with key resolution",
    );
    for (name, schedule_release) in &report.schedule_release_ns {
        let with_keys = report.with_key_resolution_ns.get(name).copied().unwrap_or(0.0);
        let _infallible = writeln!(text, "{name:<14} {schedule_release:>16.1} {with_keys:>22.1}");
    }
    text
}
