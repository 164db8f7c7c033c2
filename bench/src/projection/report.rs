//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fmt::Write as _;

use isobath_timing::Machine;
use serde::Serialize;

use super::model::Bound;
use crate::cli::ProjectionArgs;
use crate::execution::{Costs, StageCost};
use crate::workload::Kind;

/// What the figures are, for a reader who sees nothing else.
const LABEL: &str = "projection from measured stage costs, not a measurement";

/// What was measured and projected.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    label: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    accounts: u64,
    block_transactions: u64,
    rounds: u32,
    register_ns: f64,
    bytes_per_transaction: u32,
    memory_gb_per_s: u32,
    workloads: Vec<Row>,
}

/// One workload.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    workload: &'static str,
    /// Transactions of the longest chain over those of the block.
    chain_share: f64,
    one_thread: Measured,
    two_threads: Measured,
    curve: Vec<Point>,
}

/// Nanoseconds per transaction.
#[derive(Debug, Serialize)]
struct Measured {
    serial_ns: f64,
    admit_ns: f64,
    execute_ns: f64,
    seal_ns: f64,
}

/// Transactions per second on so many cores.
#[derive(Debug, Serialize)]
pub(super) struct Point {
    pub(super) cores: u32,
    pub(super) projected_tps: f64,
    pub(super) bound: Bound,
    pub(super) measured_tps: Option<f64>,
}

impl Report {
    pub(super) const fn new(
        args: &ProjectionArgs,
        register_ns: f64,
        workloads: Vec<Row>,
        machine: Machine,
        load_average: [Option<f64>; 2],
    ) -> Self {
        Self {
            command: "projection",
            label: LABEL,
            version: env!("CARGO_PKG_VERSION"),
            machine,
            load_average,
            accounts: args.accounts,
            block_transactions: args.block_transactions,
            rounds: args.rounds,
            register_ns,
            bytes_per_transaction: args.bytes_per_transaction,
            memory_gb_per_s: args.memory_gb_per_s,
            workloads,
        }
    }
}

impl Row {
    pub(super) fn new(kind: Kind, one: &Costs, two: &Costs, curve: Vec<Point>) -> Self {
        Self {
            workload: kind.name(),
            chain_share: one.chain_share,
            one_thread: Measured::of(one),
            two_threads: Measured::of(two),
            curve,
        }
    }
}

impl Measured {
    fn of(costs: &Costs) -> Self {
        let Costs {
            admit,
            execute,
            seal,
            publish,
            ..
        } = costs;
        let serial = [admit, execute, seal, publish].map(|stage: &StageCost| stage.serial_ns);
        Self {
            serial_ns: serial.iter().sum(),
            admit_ns: admit.shared_ns,
            execute_ns: execute.shared_ns,
            seal_ns: seal.shared_ns,
        }
    }
}

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         figures     {LABEL}\n\
         accounts    {}, blocks of {}\n\
         inputs      registering {:.0} ns; {} bytes per transaction, {} GB/s (assumed)\n",
        report.machine.cores,
        report.machine.cpu,
        report.accounts,
        report.block_transactions,
        report.register_ns,
        report.bytes_per_transaction,
        report.memory_gb_per_s,
    );
    let mut line = |line: String| {
        let _infallible = writeln!(text, "{line}");
    };
    for row in &report.workloads {
        line(format!(
            "\n{}: longest chain {:.1} % of a block",
            row.workload,
            row.chain_share * 100.0
        ));
        for (threads, of) in [(1, &row.one_thread), (2, &row.two_threads)] {
            line(format!(
                "  {threads} thread(s), ns of CPU per transaction: serial {:.0}, admit {:.0}, execute {:.0}, seal {:.0}",
                of.serial_ns, of.admit_ns, of.execute_ns, of.seal_ns
            ));
        }
        line(format!(
            "  {:>5} {:>14} {:>14}  bound",
            "cores", "projected tx/s", "measured tx/s"
        ));
        for point in &row.curve {
            let measured = point
                .measured_tps
                .map_or_else(|| "-".to_owned(), |tps| format!("{tps:.0}"));
            line(format!(
                "  {:>5} {:>14.0} {measured:>14}  {}",
                point.cores,
                point.projected_tps,
                point.bound.words()
            ));
        }
    }
    text
}
