//! Runs random whole transactions against the executor's invariants and prints seed, counts and coverage.
//!
//! ```sh
//! cargo run --release -p isobath-tests --bin isobath-fuzz-transactions -- --cases 10000000 --seed 1 --jobs 2
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, sync::Mutex};

use isobath_tests::fuzz_transactions::{CASES_PER_WORLD, Plan, run, watch_panics};

const USAGE: &str = "usage: isobath-fuzz-transactions [--cases N] [--seed S] [--jobs J]";
/// Time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match plan(env::args().skip(1)) {
        Some(plan) => fuzz(plan),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn plan(mut arguments: impl Iterator<Item = String>) -> Option<Plan> {
    let mut plan = Plan {
        cases: 200_000,
        seed: 0,
        jobs: 1,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--cases" => plan.cases = value,
            "--seed" => plan.seed = value,
            "--jobs" => plan.jobs = value,
            _ => return None,
        }
    }
    Some(plan)
}

fn fuzz(plan: Plan) -> ExitCode {
    watch_panics();
    let (begin, shown) = (Instant::now(), Mutex::new(Instant::now()));
    let worlds = plan.worlds();
    println!(
        "{} cases in {worlds} worlds, seeds {} to {}, {} threads",
        worlds.saturating_mul(CASES_PER_WORLD),
        plan.seed,
        plan.seed.wrapping_add(worlds.saturating_sub(1)),
        plan.jobs
    );
    let progress = |done: u64| {
        let mut shown = shown.lock().expect("printing does not panic");
        if shown.elapsed() >= PROGRESS_EVERY {
            *shown = Instant::now();
            let cases = done.saturating_mul(CASES_PER_WORLD);
            println!(
                "{done} worlds, {cases} cases, {:.0} s",
                begin.elapsed().as_secs_f64()
            );
        }
    };
    let result = run(plan, |runtime| runtime, progress);
    let seconds = begin.elapsed().as_secs_f64();
    match result {
        Ok(report) => {
            println!("{report}");
            let rate = f64::from(u32::try_from(report.cases / 1_000).unwrap_or(u32::MAX)) / seconds;
            println!("no invariant violated in {seconds:.1} s, {rate:.1} thousand cases/s");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            eprintln!("invariant violated: {broken}");
            ExitCode::FAILURE
        }
    }
}
