//! Executes large random blocks by several threads that are interrupted everywhere, compares them with the oracle, and prints
//! seeds and counts.
//!
//! ```sh
//! cargo run --release -p isobath-tests --bin isobath-parallel-blocks -- --blocks 100000 --seed 1 --jobs 2
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, sync::Mutex};

use isobath_tests::parallel_blocks::{BLOCKS_PER_CHAIN, Plan, run};

const USAGE: &str = "usage: isobath-parallel-blocks [--blocks N] [--seed S] [--jobs J]";
/// Time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match plan(env::args().skip(1)) {
        Some(plan) => compare(plan),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn plan(mut arguments: impl Iterator<Item = String>) -> Option<Plan> {
    let mut plan = Plan {
        blocks: 600,
        seed: 0,
        jobs: 1,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--blocks" => plan.blocks = value,
            "--seed" => plan.seed = value,
            "--jobs" => plan.jobs = value,
            _ => return None,
        }
    }
    Some(plan)
}

fn compare(plan: Plan) -> ExitCode {
    let (begun, shown) = (Instant::now(), Mutex::new(Instant::now()));
    let chains = plan.chains();
    println!(
        "{} blocks in {chains} chains, seeds {} to {}, {} at a time",
        chains.saturating_mul(BLOCKS_PER_CHAIN),
        plan.seed,
        plan.seed.wrapping_add(chains.saturating_sub(1)),
        plan.jobs
    );
    let progress = |done: u64| {
        let mut shown = shown.lock().expect("printing does not panic");
        if shown.elapsed() >= PROGRESS_EVERY {
            *shown = Instant::now();
            let blocks = done.saturating_mul(BLOCKS_PER_CHAIN);
            println!(
                "{done} chains, {blocks} blocks, {:.0} s",
                begun.elapsed().as_secs_f64()
            );
        }
    };
    match run(plan, progress) {
        Ok(report) => {
            println!("{report}");
            println!("no difference in {:.1} s", begun.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(difference) => {
            eprintln!("difference: {difference}");
            ExitCode::FAILURE
        }
    }
}
