//! `isobath-bench`: the load generator, and a demo that a newcomer can believe.
//!
//! - `client` drives a node that is already running, over its public JSON-RPC.
//! - `latency` and `scan` start one too and measure it under full blocks ([`inside`]).
//! - `sigverify` times the verification of signatures, without a node ([`sigverify`]).
//! - `demo` starts a throw-away node in this process, drives it the same way, and then checks that every lamport and
//!   every confirmed transaction is where it should be, also after the ledger was closed and opened again.
//!
//! ```text
//! keys (seed) -> funding -> [ signing -> sending -> confirming ] -> conservation -> report
//!                             bounded queue, bounded window            demo: + reopened ledger
//! ```
//!
//! stdout carries the report and nothing else; progress and warnings go to stderr. The exit code is 0 only if every
//! transaction was confirmed and every check holds, 1 if something fell short, 2 for a mistake on the command line
//! and 130 after Ctrl-C (the report is then partial).

mod cli;
mod client;
mod demo;
mod inside;
mod keys;
mod machine;
mod progress;
mod report;
mod sigverify;
mod stop;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, OutputFormat};
use crate::report::Report;

/// Exit code of a run that Ctrl-C ended early.
const EXIT_INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    init_logging();
    let (result, format) = match cli.command {
        Command::Client(args) => (client::run(&args), args.load.output),
        Command::Demo(args) => (demo::run(&args), args.load.output),
        Command::Latency(args) => return verdict(inside::latency::run(&args)),
        Command::Scan(args) => return verdict(inside::scan::run(&args)),
        Command::Sigverify(args) => return verdict(sigverify::run(&args)),
    };
    match result {
        Ok(report) => print_report(&report, format.into()),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The exit code of a measurement.
fn verdict(result: anyhow::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Warnings of the libraries below, on stderr. `RUST_LOG` asks for more.
fn init_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
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
