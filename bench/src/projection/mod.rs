//! A projection of the executor to more cores than are at hand, from what its stages cost on one and on two threads.
//!
//! ```text
//! blocks on 1 and 2 threads, in turns -> costs by stage, serial and shared -> model -> transactions per second on n cores
//! ```
//!
//! It is a projection and not a measurement; where the machine has the cores, the measured rate is printed beside it.

mod model;
mod report;

use isobath_timing::{Machine, core_count, load_average};

use self::model::Inputs;
use self::report::{Point, Report, Row};
use crate::cli::{ExecutionArgs, OutputArgs, ProjectionArgs};
use crate::execution::{Costs, measure_costs};
use crate::workload::Kind;

/// Workloads that are projected.
const WORKLOADS: [Kind; 3] = [Kind::Disjoint, Kind::Zipf, Kind::Hot];
/// Most threads that are measured.
const THREADS_MAX: u32 = 62;

/// Runs `projection`; always true, since there is no target.
///
/// # Errors
/// When an outcome is not the one that a workload means.
pub(crate) fn run(args: &ProjectionArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let register_ns = crate::scheduler::schedule_release_ns(u32::try_from(args.accounts.max(4))?, args.seed)?;
    let rows: Vec<Row> = WORKLOADS
        .into_iter()
        .map(|kind| row(args, kind, register_ns))
        .collect::<anyhow::Result<_>>()?;
    let load = [load_before, load_average()];
    let report = Report::new(args, register_ns, rows, Machine::detect(), load);
    if args.output.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report::render(&report));
    }
    Ok(true)
}

fn row(args: &ProjectionArgs, kind: Kind, register_ns: f64) -> anyhow::Result<Row> {
    let at_hand = u32::try_from(core_count()).unwrap_or(u32::MAX).min(THREADS_MAX);
    let mut threads = vec![1, 2];
    threads.extend(
        args.cores
            .iter()
            .copied()
            .filter(|cores| (3..=at_hand).contains(cores)),
    );
    eprintln!("{}: blocks on {threads:?} threads", kind.name());
    let costs = measure_costs(&threads, args.rounds, |threads| {
        execution_args(args, kind, threads)
    })?;
    let inputs = Inputs {
        one: &costs[0],
        two: &costs[1],
        register_ns,
        bytes_per_tx: f64::from(args.bytes_per_transaction),
        bytes_per_s: f64::from(args.memory_gb_per_s) * 1e9,
    };
    let point = |cores: &u32| {
        let projected = inputs.project(*cores);
        let measured = costs.iter().find(|costs| costs.threads == *cores);
        Point {
            cores: *cores,
            projected_tps: projected.tps,
            bound: projected.bound,
            measured_tps: measured.map(|costs: &Costs| costs.tps),
        }
    };
    let mut curve: Vec<Point> = [1, 2].iter().map(point).collect();
    curve.extend(args.cores.iter().filter(|cores| **cores > 2).map(point));
    Ok(Row::new(kind, &costs[0], &costs[1], curve))
}

const fn execution_args(args: &ProjectionArgs, kind: Kind, threads: u32) -> ExecutionArgs {
    ExecutionArgs {
        threads: Some(threads),
        serial: false,
        oracle: false,
        accounts: args.accounts,
        workload: kind,
        block_transactions: args.block_transactions,
        warmup_blocks: args.warmup_blocks,
        blocks: args.round_blocks,
        seed: args.seed,
        output: OutputArgs { json: true },
    }
}
