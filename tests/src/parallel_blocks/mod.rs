//! Large random blocks, executed by several threads that are interrupted everywhere, and by the oracle.
//!
//! ```text
//! seed -> generate: 200 transactions in the mean -> one thread ---------------------------> compare with the oracle
//!                                               `-> 1, 2, 3, 8, 16 threads that yield ----> compare with one thread
//!                                                      readers of held views beside them -> compare with those blocks
//!
//! cast      keys and genesis: holders, keys without an account, and the cast of the random blocks
//! generate  random transactions that meet at the same accounts
//! yielding  accounts whose every use may end the time slice of a thread
//! readers   held views, read while a block is executed
//! harness   a chain of blocks, and the comparisons
//! pipeline  the same chain, each of whose blocks opens when the one before has ended
//! report    what was exercised, counted
//! defect    what can be planted in the threads' executor and store
//! ```
//!
//! The generator of [`random_blocks`](crate::random_blocks) makes a part of the transactions: nonces, lookup tables, calls of
//! probes, creation and closing. Its own comparison with the model keeps it honest.

mod cast;
mod defect;
mod generate;
mod harness;
mod pipeline;
mod readers;
mod report;
mod yielding;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub use defect::Defect;
pub use harness::{BLOCKS_PER_CHAIN, run_chain};
pub use report::Report;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Blocks, rounded up to whole chains.
    pub blocks: u64,
    /// Seed of the first chain; the others follow it.
    pub seed: u64,
    /// Chains that run at a time.
    pub jobs: u64,
}

impl Plan {
    /// Chains that the blocks make.
    #[must_use]
    pub const fn chains(&self) -> u64 {
        self.blocks.div_ceil(BLOCKS_PER_CHAIN)
    }
}

/// Runs `plan`; `progress` gets the number of chains that are done.
///
/// # Errors
/// The difference in the chain of the lowest seed that was seen to have one, with that seed.
///
/// # Panics
/// When the harness itself does.
pub fn run(plan: Plan, progress: impl Fn(u64) + Sync) -> Result<Report, String> {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut total = Report::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= plan.chains() {
                return Ok(total);
            }
            let seed = plan.seed.wrapping_add(index);
            total.add(&run_chain(seed, None).map_err(|difference| {
                next.store(plan.chains(), Ordering::Relaxed);
                (seed, difference)
            })?);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let results: Vec<Result<Report, (u64, String)>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|result| result.expect("no harness panics")).collect()
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
        Some((_, difference)) => Err(difference),
        None => Ok(total),
    }
}
