//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::collections::BTreeMap;

use isobath_timing::{Machine, median};
use serde::Serialize;

use super::prio::PRIO_GRAPHS;
use super::workload::Kind;
use crate::cli::SchedulerArgs;

type ByWorkload<T> = BTreeMap<&'static str, T>;

/// Nanoseconds per transaction of each round, by scheduler and workload.
#[derive(Default)]
pub(super) struct Timings(BTreeMap<&'static str, ByWorkload<Vec<f64>>>);

impl Timings {
    pub(super) fn add(&mut self, scheduler: &'static str, kind: Kind, ns: f64) {
        let of = self.0.entry(scheduler).or_default();
        of.entry(kind.name()).or_default().push(ns);
    }

    fn medians(&self) -> BTreeMap<&'static str, ByWorkload<f64>> {
        let of = |by: &ByWorkload<Vec<f64>>| by.iter().map(|(kind, ns)| (*kind, median(ns))).collect();
        self.0
            .iter()
            .map(|(scheduler, by)| (*scheduler, of(by)))
            .collect()
    }

    /// Ours over theirs, median of the rounds.
    fn ratio(&self, ours: &str, theirs: &str) -> ByWorkload<f64> {
        let (Some(ours), Some(theirs)) = (self.0.get(ours), self.0.get(theirs)) else {
            return ByWorkload::new();
        };
        let ratio = |(kind, ns): (&&'static str, &Vec<f64>)| {
            let pairs = ns.iter().zip(theirs.get(kind)?);
            let ratios: Vec<f64> = pairs.map(|(ours, theirs)| ours / theirs).collect();
            Some((*kind, median(&ratios)))
        };
        ours.iter().filter_map(ratio).collect()
    }
}

/// What was measured.
#[derive(Serialize)]
pub(super) struct Report {
    command: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    accounts: u32,
    window: u32,
    transactions: u32,
    rounds: u32,
    ns_per_tx: BTreeMap<&'static str, ByWorkload<f64>>,
    /// `isobath_ids` over each prio-graph with numbers.
    ids_over: BTreeMap<&'static str, ByWorkload<f64>>,
    /// `isobath_keys` over `unified_keys`.
    keys_over_unified_keys: ByWorkload<f64>,
}

impl Report {
    pub(super) fn new(
        args: &SchedulerArgs,
        timings: &Timings,
        machine: Machine,
        load_average: [Option<f64>; 2],
    ) -> Self {
        Self {
            command: "scheduler",
            machine,
            load_average,
            accounts: args.accounts,
            window: args.window,
            transactions: args.transactions,
            rounds: args.rounds,
            ns_per_tx: timings.medians(),
            ids_over: PRIO_GRAPHS
                .into_iter()
                .map(|(ids, _, _)| (ids, timings.ratio("isobath_ids", ids)))
                .collect(),
            keys_over_unified_keys: timings.ratio("isobath_keys", "unified_keys"),
        }
    }

    /// Writes it to stdout.
    pub(super) fn print(&self, is_json: bool) -> anyhow::Result<()> {
        if is_json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        println!("machine   {} cores, {}", self.machine.cores, self.machine.cpu);
        println!("load      {:?} before and after", self.load_average);
        println!(
            "figures   CPU time of one thread per transaction in nanoseconds: window {}, {} accounts, median of {} rounds of {}\n",
            self.window, self.accounts, self.rounds, self.transactions
        );
        print(&self.ns_per_tx);
        println!("\nours with numbers over theirs");
        print(&self.ids_over);
        println!("\nours with keys over unified_keys");
        print(&BTreeMap::from([("", self.keys_over_unified_keys.clone())]));
        Ok(())
    }
}

fn print(lines: &BTreeMap<&'static str, ByWorkload<f64>>) {
    for (name, by) in lines {
        let cells: Vec<String> = by
            .iter()
            .map(|(kind, value)| format!("{kind} {value:.2}"))
            .collect();
        println!("{name:<24} {}", cells.join("  "));
    }
}
