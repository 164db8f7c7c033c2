//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::collections::BTreeMap;

use isobath_timing::{Machine, median};
use serde::Serialize;

use super::spent::Stages;
use crate::cli::ExecutionArgs;
use crate::figures::{per, quartiles};

/// What was measured.
#[derive(Serialize)]
pub(super) struct Report {
    command: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    workload: &'static str,
    accounts: usize,
    block_transactions: usize,
    rounds: usize,
    round_blocks: usize,
    flush: bool,
    systems: BTreeMap<&'static str, System>,
    /// Of a system's time over that of `isobath_serial` and `isobath_parallel`, median of the rounds.
    times_serial: BTreeMap<&'static str, f64>,
    times_parallel: BTreeMap<&'static str, f64>,
}

/// Microseconds of CPU time per transfer.
#[derive(Default, Serialize)]
struct System {
    cpu_us_per_tx: f64,
    cpu_us_per_tx_low: f64,
    cpu_us_per_tx_high: f64,
    stages_us: StagesUs,
    tps: f64,
    #[serde(skip)]
    rounds: Vec<f64>,
    #[serde(skip)]
    stages: Stages,
    #[serde(skip)]
    transactions: u64,
}

#[derive(Clone, Copy, Default, Serialize)]
struct StagesUs {
    admit: f64,
    execute: f64,
    seal: f64,
    publish: f64,
}

impl Report {
    pub(super) fn new(args: &ExecutionArgs, machine: Machine) -> Self {
        Self {
            command: "execution",
            machine,
            load_average: [None; 2],
            workload: args.workload.name(),
            accounts: args.accounts,
            block_transactions: args.block_transactions,
            rounds: args.rounds,
            round_blocks: args.round_blocks,
            flush: args.flush,
            systems: BTreeMap::new(),
            times_serial: BTreeMap::new(),
            times_parallel: BTreeMap::new(),
        }
    }

    /// Adds a turn.
    pub(super) fn add(&mut self, name: &'static str, stages: &Stages, transactions: u64) {
        let system = self.systems.entry(name).or_default();
        system.rounds.push(stages.total().cpu_us() / per(transactions));
        system.stages.add(stages);
        system.transactions = system.transactions.saturating_add(transactions);
    }

    /// Computes the figures and writes them to stdout.
    pub(super) fn print(mut self, is_json: bool, load_average: [Option<f64>; 2]) -> anyhow::Result<()> {
        self.load_average = load_average;
        self.systems.values_mut().for_each(System::finish);
        self.times_serial = self.ratios("isobath_serial");
        self.times_parallel = self.ratios("isobath_parallel");
        if is_json {
            println!("{}", serde_json::to_string(&self)?);
        } else {
            self.words();
        }
        Ok(())
    }

    /// The others' time over that of `ours`, round by round.
    fn ratios(&self, ours: &str) -> BTreeMap<&'static str, f64> {
        let Some(base) = self.systems.get(ours) else {
            return BTreeMap::new();
        };
        let ratio = |(name, system): (&&'static str, &System)| {
            let pairs = system.rounds.iter().zip(&base.rounds);
            let ratios: Vec<f64> = pairs.map(|(theirs, ours)| theirs / ours).collect();
            (*name, median(&ratios))
        };
        self.systems.iter().map(ratio).collect()
    }

    fn words(&self) {
        println!("machine   {} cores, {}", self.machine.cores, self.machine.cpu);
        println!("load      {:?} before and after", self.load_average);
        println!(
            "workload  {}, {} accounts, blocks of {}, {} rounds of {} blocks",
            self.workload, self.accounts, self.block_transactions, self.rounds, self.round_blocks
        );
        println!("figures   CPU time of all threads per transfer in microseconds, median (quartiles)\n");
        for (name, system) in &self.systems {
            let stages = system.stages_us;
            let times = |of: &BTreeMap<&'static str, f64>| of.get(name).copied().unwrap_or(f64::NAN);
            println!(
                "{name:<18} {:>7.3} ({:.3} to {:.3})  admit {:.3}, execute {:.3}, seal {:.3}, publish {:.3}; \
                 {:.2} times serial, {:.2} times parallel",
                system.cpu_us_per_tx,
                system.cpu_us_per_tx_low,
                system.cpu_us_per_tx_high,
                stages.admit,
                stages.execute,
                stages.seal,
                stages.publish,
                times(&self.times_serial),
                times(&self.times_parallel),
            );
        }
    }
}

impl System {
    fn finish(&mut self) {
        let count = per(self.transactions);
        [
            self.cpu_us_per_tx,
            self.cpu_us_per_tx_low,
            self.cpu_us_per_tx_high,
        ] = quartiles(&self.rounds);
        self.stages_us = StagesUs {
            admit: self.stages.admit.cpu_us() / count,
            execute: self.stages.execute.cpu_us() / count,
            seal: self.stages.seal.cpu_us() / count,
            publish: self.stages.publish.cpu_us() / count,
        };
        let seconds = self.stages.total().wall.as_secs_f64();
        self.tps = count / seconds.max(f64::MIN_POSITIVE);
    }
}
