//! Random whole transactions against what the executor promises, many and fast.
//!
//! Unlike [`crate::random_blocks`] there is no model of what a transaction does; so it may do anything: System,
//! nonces, lookup tables, compute budgets, scripts of probes that call each other, and bytes that were damaged on the
//! way. Worlds of odd seeds have the profile `all`, those of even seeds `mainnet`. What is checked is what must hold
//! whatever a transaction says ([`check`]):
//!
//! - lamports are conserved, less the fee; only accounts that it may write change, and only by their owner's program;
//! - a failure leaves the fee and the nonce's advance, a `NoOp` leaves nothing;
//! - the class and its errors belong together, and a message has an effect at most once;
//! - limits of depth, trace, data, log and compute units are kept, and accounts end empty or rent exempt;
//! - nothing but a probe panics; the same block executed again, and by the oracle, gives the identical record.
//!
//! ```text
//! seed, index -> world (genesis, chain) -> per block: generate -> admit -> try_execute -> check
//!                                                   `-> seal -> execute again, oracle, compare -> commit
//! ```
//!
//! Signatures are left out: the executor never sees them, and making them would take most of the time. A world is a
//! function of its seed alone, so the report does not depend on the number of threads, and the seed that a failure
//! names is enough to run it again.

mod cast;
pub mod check;
mod generate;
mod panics;
mod report;
mod scripts;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use isobath_runtime::Runtime;

pub use panics::watch_panics;
pub use report::Report;
pub use world::CASES_PER_WORLD;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Transactions, rounded up to whole worlds.
    pub cases: u64,
    /// Seed of the first world; the others follow it.
    pub seed: u64,
    /// Threads.
    pub jobs: u64,
}

impl Plan {
    /// Worlds that the cases make.
    #[must_use]
    pub const fn worlds(&self) -> u64 {
        self.cases.div_ceil(CASES_PER_WORLD)
    }
}

/// Runs `plan`; `adapt` may plant a defect in every runtime, and `progress` gets the number of worlds that are done.
///
/// # Errors
/// The broken promise of the lowest seed that was seen to break one, with that seed.
///
/// # Panics
/// When the harness itself does.
pub fn run(
    plan: Plan,
    adapt: impl Fn(Runtime) -> Runtime + Sync,
    progress: impl Fn(u64) + Sync,
) -> Result<Report, String> {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut total = Report::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= plan.worlds() {
                return Ok(total);
            }
            let seed = plan.seed.wrapping_add(index);
            total.add(&world::run(seed, &adapt).map_err(|broken| {
                next.store(plan.worlds(), Ordering::Relaxed);
                (seed, broken)
            })?);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let results: Vec<Result<Report, (u64, String)>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|result| result.expect("a world catches what panics in it"))
            .collect()
    });
    let mut total = Report::default();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(report) => total.add(&report),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.into_iter().min() {
        Some((seed, broken)) => Err(format!("seed {seed}: {broken}")),
        None => Ok(total),
    }
}
