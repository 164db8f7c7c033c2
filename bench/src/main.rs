//! `isobath-bench`: the load generator, a self-checking demo, and measurements of nodes and of signature verification.
//!
//! | subcommand | module | what it does |
//! |---|---|---|
//! | `client` | `client` | drives a running node over its public JSON-RPC |
//! | `demo` | `demo` | starts a throw-away node in-process, drives it the same way, then checks every balance and every confirmed transfer, again after a simulated power loss |
//! | `latency`, `scan` | `in_process` | measures a node in-process under full blocks |
//! | `pipeline` | `pipeline` | measures a node in-process from the pool to the notice, without JSON-RPC |
//! | `sigverify` | `sigverify` | times signature verification, without a node |
//! | `schedule-quality` | `quality` | compares simulated schedules with a lower bound, in virtual time |
//! | `execution` | `execution` | times the execution of blocks, without a node |
//! | `scheduler` | `scheduler` | times the scheduling of transactions, without executing them |
//! | `state-tree` | `state_tree` | times updates and proofs of the state tree, in memory |
//!
//! ```text
//! keys (seed) -> funding -> [ signing -> sending -> confirming ] -> conservation -> report
//!                             bounded queue, bounded window            demo: + power loss
//! ```
//!
//! All of them share `cli` (the command line), `keys` (accounts of a seed), `machine` (CPU time by side), `progress`
//! (bars on stderr), `report` (the result of `client` and `demo` in two forms) and `stop` (one request to stop).
//!
//! stdout carries the report and nothing else; progress and warnings go to stderr. The exit code is 0 only if every
//! transaction was confirmed and every check holds, 1 if one did not, 2 for an invalid command line and 130 after
//! Ctrl-C (the report is then partial).

mod cli;
mod client;
mod demo;
mod disk;
mod execution;
mod figures;
mod in_process;
mod keys;
mod machine;
mod pipeline;
mod progress;
mod projection;
mod quality;
mod report;
mod scheduler;
mod sigverify;
mod state_tree;
mod stop;
mod workload;

use std::process::ExitCode;

use crate::cli::{Command, OutputFormat};
use crate::report::Report;
use crate::stop::{EXIT_INTERRUPTED, Interrupted};

fn main() -> ExitCode {
    let cli = cli::parse();
    init_logging();
    let (result, format) = match cli.command {
        Command::Client(args) => {
            let run = client::run(&args);
            (
                run.map(|result| report::of_client(&args, &result)),
                args.load.output,
            )
        }
        Command::Demo(args) => (demo::run(&args), args.load.output),
        Command::Latency(args) => return verdict(in_process::latency::run(&args)),
        Command::Scan(args) => return verdict(in_process::scan::run(&args)),
        Command::Execution(args) => return verdict(execution::run(&args)),
        Command::Scheduler(args) => return verdict(scheduler::run(&args)),
        Command::Projection(args) => return verdict(projection::run(&args)),
        Command::StateTree(args) => return verdict(state_tree::run(&args)),
        Command::Pipeline(args) => return verdict(pipeline::run(&args)),
        Command::ScheduleQuality(args) => return verdict(quality::run(&args)),
        Command::Sigverify(args) => return verdict(sigverify::run(&args)),
    };
    match result {
        Ok(report) => print_report(&report, format.into()),
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("{error}");
            ExitCode::from(EXIT_INTERRUPTED)
        }
        Err(error) => {
            isobath_cli::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// The exit code of a measurement: success if its target was reached.
fn verdict(result: anyhow::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            isobath_cli::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Sends warnings of the libraries to stderr; `RUST_LOG` selects more.
fn init_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| progress::Lines)
        .init();
}

/// Prints the report to stdout and turns its verdict into the exit code.
fn print_report(report: &Report, format: OutputFormat) -> ExitCode {
    match format {
        OutputFormat::Human => print!("{}", report::human::render(report)),
        OutputFormat::Json => println!("{}", report.to_json()),
    }
    if report.interrupted {
        return ExitCode::from(EXIT_INTERRUPTED);
    }
    if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
