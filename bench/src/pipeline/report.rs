//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fmt::Write as _;
use std::time::Duration;

use isobath_timing::Machine;
use serde::Serialize;

use super::spent::{Producer, Spent};
use crate::cli::PipelineArgs;
use crate::figures::{per, quartiles};

/// What the timed rounds measured.
#[derive(Default)]
pub(super) struct Measured {
    sum: Spent,
    us_per_transfer: Vec<f64>,
}

impl Measured {
    pub(super) fn add(&mut self, round: Spent) {
        self.us_per_transfer.push(us(round.node) / per(round.transfers));
        let is_first = self.us_per_transfer.len() == 1;
        self.sum = if is_first { round } else { self.sum.plus(round) };
    }
}

/// What was measured, for a reader.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    workload: &'static str,
    accounts: u64,
    warmup_transfers: u64,
    block_transactions: u64,
    slot_ms: u64,
    rounds: usize,
    transfers: u64,
    cpu_us_per_transfer: f64,
    cpu_us_per_transfer_low: f64,
    cpu_us_per_transfer_high: f64,
    transfers_per_cpu_s: f64,
    stages_us: StagesUs,
    feeder_us: f64,
    tps: f64,
    blocks: u64,
    bytes_per_transfer: f64,
}

/// The parts of `cpu_us_per_transfer`, as means over all rounds; `None` where the system does not report them.
#[derive(Clone, Copy, Debug, Serialize)]
struct StagesUs {
    pool: f64,
    blocks: Option<f64>,
    record: Option<f64>,
    address_index: Option<f64>,
    notices: f64,
    rest: f64,
}

impl StagesUs {
    fn of(sum: &Spent) -> Self {
        let each = |part: Duration| us(part) / per(sum.transfers);
        let Producer { blocks, record } = sum.producer.unwrap_or_default();
        let parts = [blocks, record, sum.addresses.unwrap_or_default()];
        let parts = parts
            .into_iter()
            .chain([sum.on_behalf.pool, sum.on_behalf.notices]);
        let known = parts.fold(Duration::ZERO, Duration::saturating_add);
        Self {
            pool: each(sum.on_behalf.pool),
            blocks: sum.producer.map(|producer| each(producer.blocks)),
            record: sum.producer.map(|producer| each(producer.record)),
            address_index: sum.addresses.map(each),
            notices: each(sum.on_behalf.notices),
            rest: each(sum.node.saturating_sub(known)),
        }
    }
}

impl Report {
    pub(super) fn new(
        args: &PipelineArgs,
        measured: &Measured,
        machine: Machine,
        load_average: [Option<f64>; 2],
    ) -> Self {
        let sum = &measured.sum;
        let count = per(sum.transfers);
        let [cpu_us_per_transfer, low, high] = quartiles(&measured.us_per_transfer);
        Self {
            command: "pipeline",
            version: env!("CARGO_PKG_VERSION"),
            machine,
            load_average,
            workload: args.workload.name(),
            accounts: args.accounts,
            warmup_transfers: args.warmup_transfers,
            block_transactions: args.block_transactions,
            slot_ms: args.slot_ms,
            rounds: measured.us_per_transfer.len(),
            transfers: sum.transfers,
            cpu_us_per_transfer,
            cpu_us_per_transfer_low: low,
            cpu_us_per_transfer_high: high,
            transfers_per_cpu_s: 1e6 / cpu_us_per_transfer.max(f64::MIN_POSITIVE),
            stages_us: StagesUs::of(sum),
            feeder_us: us(sum.feeder) / count,
            tps: count / sum.wall.as_secs_f64().max(f64::MIN_POSITIVE),
            blocks: sum.blocks,
            bytes_per_transfer: per(sum.bytes) / count,
        }
    }
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let stages = &report.stages_us;
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         workload    {}, {} accounts, {} transfers to warm up, {} timed\n\
         blocks      {}, slots of {} ms, at most {} transactions each\n\
         checked     every transfer was notified once and succeeded; balances and capitalization hold\n\
         figures     CPU time of the node per transfer, in microseconds\n\n",
        report.machine.cores,
        report.machine.cpu,
        report.workload,
        report.accounts,
        report.warmup_transfers,
        report.transfers,
        report.blocks,
        report.slot_ms,
        report.block_transactions,
    );
    let mut line = |name: &str, value: Option<f64>, note: &str| {
        let value = value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"));
        let _infallible = writeln!(text, "  {name:<28} {value:>9}  {note}");
    };
    let spread = format!(
        "{} rounds, quartiles {:.3} to {:.3}",
        report.rounds, report.cpu_us_per_transfer_low, report.cpu_us_per_transfer_high
    );
    line("pool to notice", Some(report.cpu_us_per_transfer), &spread);
    line(
        "  pool",
        Some(stages.pool),
        "checks against the view, into the pool",
    );
    line("  blocks", stages.blocks, "executed, sealed, published");
    line("  record", stages.record, "encoded, appended, synced");
    line("  address index", stages.address_index, "");
    line("  notices", Some(stages.notices), "received, freed");
    line("  rest", Some(stages.rest), "");
    line("left out: the feeder", Some(report.feeder_us), "");
    let _infallible = writeln!(
        text,
        "\ntransfers per CPU second       {:.0}\ntransfers per second           {:.0}\nbytes per transfer             {:.1}",
        report.transfers_per_cpu_s, report.tps, report.bytes_per_transfer
    );
    text
}
