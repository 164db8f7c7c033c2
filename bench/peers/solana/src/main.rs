//! Times execution and scheduling beside Solana's, on the same transactions, in the same run, in turns.
//!
//! ```sh
//! just bench-solana execution --accounts 10000 --json
//! just bench-solana scheduler --json
//! just bench-solana schedules > bench/src/quality/prio-graph.txt
//! ```
//!
//! Workloads and our side are the files of `isobath-bench` themselves, so that figures here and there mean the same.

mod cli;
mod execution;
#[allow(dead_code, reason = "it is also compiled without those who use the rest")]
#[path = "../../../src/figures.rs"]
mod figures;
mod scheduler;
mod schedules;
mod translate;
#[allow(dead_code, reason = "it is also compiled without those who use the rest")]
#[path = "../../../src/workload.rs"]
mod workload;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Execution(args) => execution::run(&args),
        Command::Scheduler(args) => scheduler::run(&args),
        Command::Schedules => schedules::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
