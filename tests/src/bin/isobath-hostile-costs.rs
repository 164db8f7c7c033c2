//! Searches for the transactions that make a node do the most per unit of block cost, and prints the worst.
//!
//! `isobath-hostile-costs [--seed S] [--rounds N] [--steps N] [--json]`; exit code 1 if one does more than the bound, or
//! is charged for less than it does.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use isobath_tests::fuzz_transactions::watch_panics;
use isobath_tests::hostile_costs::{Plan, TIMES_MAX, search};

const USAGE: &str = "usage: isobath-hostile-costs [--seed S] [--rounds N] [--steps N] [--json]";

fn main() -> ExitCode {
    match arguments(std::env::args().skip(1)) {
        Some((plan, is_json)) => run(plan, is_json),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn arguments(mut arguments: impl Iterator<Item = String>) -> Option<(Plan, bool)> {
    let mut plan = Plan {
        seed: 1,
        rounds: 100,
        steps: 400,
    };
    let mut is_json = false;
    while let Some(name) = arguments.next() {
        let mut number = || arguments.next()?.parse().ok();
        match name.as_str() {
            "--seed" => plan.seed = number()?,
            "--rounds" => plan.rounds = number()?,
            "--steps" => plan.steps = number()?,
            "--json" => is_json = true,
            _ => return None,
        }
    }
    Some((plan, is_json))
}

fn run(plan: Plan, is_json: bool) -> ExitCode {
    // The probes of a search panic on purpose.
    watch_panics();
    let bar = ProgressBar::new(plan.rounds);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rounds, {msg}, {eta} left");
    bar.set_style(style.expect("the template is valid"));
    let found = search(plan, |done, report| {
        bar.set_position(done);
        bar.set_message(format!("{:.2} times a transfer", report.times()));
    });
    bar.finish_and_clear();
    match found {
        Ok(report) => {
            match is_json {
                true => println!("{:#}", report.json()),
                false => println!("{report}"),
            }
            ExitCode::from(u8::from(report.times() > TIMES_MAX))
        }
        Err(broken) => {
            eprintln!("error: {broken}");
            ExitCode::FAILURE
        }
    }
}
