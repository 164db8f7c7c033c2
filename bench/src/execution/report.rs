//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fmt::Write as _;

use isobath_timing::{Machine, median};
use serde::Serialize;

use super::floor::{FloorParts, Yardsticks};
use super::spent::{Spent, Stages};
use crate::cli::ExecutionArgs;
use crate::figures::{per, quartiles};

/// What the rounds measured.
#[derive(Default)]
pub(super) struct Rounds {
    pub(super) stages: Stages,
    pub(super) transactions: u64,
    pub(super) compute_units: u64,
    pub(super) us_per_tx: Vec<f64>,
    pub(super) floors: Vec<FloorParts>,
    /// Of several threads, untimed blocks included.
    pub(super) steals: u64,
    pub(super) waits: u64,
    pub(super) conflicts: u64,
}

/// What was measured, for a reader.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    executor: &'static str,
    threads: u32,
    workload: &'static str,
    accounts: u64,
    block_transactions: u64,
    warmup_blocks: u32,
    blocks: u32,
    transactions: u64,
    cpu_us_per_tx: f64,
    cpu_us_per_tx_low: f64,
    cpu_us_per_tx_high: f64,
    stages_us: StagesUs,
    stages_wall_us: StagesUs,
    floor_us_per_tx: f64,
    floor: FloorParts,
    yardsticks: Yardsticks,
    ratio_to_floor: f64,
    allocs_per_tx: f64,
    busy_share: f64,
    steals: u64,
    waits: u64,
    conflicts: u64,
    tps: f64,
    cu_per_s: f64,
}

/// The parts of a time per transaction, as means over all blocks.
#[derive(Clone, Copy, Debug, Serialize)]
struct StagesUs {
    admit: f64,
    execute: f64,
    seal: f64,
    publish: f64,
}

impl StagesUs {
    fn new(rounds: &Rounds, time_us: fn(&Spent) -> f64) -> Self {
        let count = per(rounds.transactions);
        let stages = &rounds.stages;
        Self {
            admit: time_us(&stages.admit) / count,
            execute: time_us(&stages.execute) / count,
            seal: time_us(&stages.seal) / count,
            publish: time_us(&stages.publish) / count,
        }
    }
}

impl Report {
    pub(super) fn new(
        args: &ExecutionArgs,
        rounds: &Rounds,
        machine: Machine,
        load_average: [Option<f64>; 2],
    ) -> Self {
        let count = per(rounds.transactions);
        let total = rounds.stages.total();
        let seconds = total.wall.as_secs_f64().max(f64::MIN_POSITIVE);
        let [cpu_us_per_tx, low, high] = quartiles(&rounds.us_per_tx);
        let floor = median_of(&rounds.floors);
        Self {
            command: "execution",
            version: env!("CARGO_PKG_VERSION"),
            machine,
            load_average,
            executor: executor(args),
            threads: args.threads.unwrap_or(1),
            workload: args.workload.name(),
            accounts: args.accounts,
            block_transactions: args.block_transactions,
            warmup_blocks: args.warmup_blocks,
            blocks: args.blocks,
            transactions: rounds.transactions,
            cpu_us_per_tx,
            cpu_us_per_tx_low: low,
            cpu_us_per_tx_high: high,
            stages_us: StagesUs::new(rounds, Spent::cpu_us),
            stages_wall_us: StagesUs::new(rounds, Spent::wall_us),
            floor_us_per_tx: floor.total_us,
            floor,
            yardsticks: Yardsticks::measure(args.accounts),
            ratio_to_floor: cpu_us_per_tx / floor.total_us,
            allocs_per_tx: per(total.allocations) / count,
            busy_share: total.cpu.as_secs_f64() / (seconds * f64::from(args.threads.unwrap_or(1))),
            steals: rounds.steals,
            waits: rounds.waits,
            conflicts: rounds.conflicts,
            tps: count / seconds,
            cu_per_s: per(rounds.compute_units) / seconds,
        }
    }
}

const fn executor(args: &ExecutionArgs) -> &'static str {
    match (args.threads, args.oracle) {
        (Some(_), _) => "parallel",
        (None, true) => "oracle",
        (None, false) => "serial",
    }
}

/// The median of each part.
fn median_of(floors: &[FloorParts]) -> FloorParts {
    let part = |of: fn(&FloorParts) -> f64| median(&floors.iter().map(of).collect::<Vec<_>>());
    FloorParts {
        total_us: part(|floor| floor.total_us),
        message_hash_us: part(|floor| floor.message_hash_us),
        transaction_leaf_us: part(|floor| floor.transaction_leaf_us),
        outcome_leaf_us: part(|floor| floor.outcome_leaf_us),
        account_leaves_us: part(|floor| floor.account_leaves_us),
        merkle_nodes_us: part(|floor| floor.merkle_nodes_us),
        accounts_us: part(|floor| floor.accounts_us),
    }
}

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let (stages, floor, yardsticks) = (&report.stages_us, &report.floor, &report.yardsticks);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         executor    {}, threads: {}\n\
         workload    {}, {} accounts, blocks of {}, {} to warm up, {} timed\n\
         figures     CPU time of all threads per transaction, in microseconds\n\n",
        report.machine.cores,
        report.machine.cpu,
        report.executor,
        report.threads,
        report.workload,
        report.accounts,
        report.block_transactions,
        report.warmup_blocks,
        report.blocks,
    );
    let mut line = |name: &str, value: f64, note: &str| {
        let _infallible = writeln!(text, "  {name:<28} {value:>9.3}  {note}");
    };
    let spread = format!(
        "quartiles {:.3} to {:.3}",
        report.cpu_us_per_tx_low, report.cpu_us_per_tx_high
    );
    line("wire bytes to result", report.cpu_us_per_tx, &spread);
    line("  admit", stages.admit, "");
    line("  execute", stages.execute, "");
    line("  seal", stages.seal, "");
    line("  publish", stages.publish, "");
    let ratio = format!("the executor takes {:.2} times this", report.ratio_to_floor);
    line("floor", report.floor_us_per_tx, &ratio);
    line("  message hash", floor.message_hash_us, "");
    line("  transaction leaf", floor.transaction_leaf_us, "");
    line("  outcome leaf", floor.outcome_leaf_us, "");
    line("  account leaves", floor.account_leaves_us, "");
    line("  Merkle nodes", floor.merkle_nodes_us, "");
    line("  accounts", floor.accounts_us, "found, lamports moved");
    line("one blake3 of 64 bytes", yardsticks.blake3_us, "");
    line("one step of a pointer chase", yardsticks.pointer_chase_us, "");
    let _infallible = writeln!(
        text,
        "\nallocations per transaction    {:.2}\ntransactions per second        {:.0}\ncompute units per second       {:.0}",
        report.allocs_per_tx, report.tps, report.cu_per_s
    );
    text
}
