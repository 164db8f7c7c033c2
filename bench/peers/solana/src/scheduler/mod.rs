//! CPU time of scheduling the transactions of `isobath-bench scheduler` by several schedulers, in turns.
//!
//! ```text
//! transactions of two writable accounts and one that is read -> each scheduler in its turn: all come out again
//! ```
//!
//! One thread, nothing is executed. Timed: taking the locks of every transaction, the order of those that can run, and
//! releasing the locks; for ids and for keys among all accounts. What each timer contains: `docs/bench.md`.

#[path = "../../../../src/scheduler/keys.rs"]
mod keys;
#[path = "../../../../src/scheduler/pipeline.rs"]
mod pipeline;
mod prio;
mod report;
mod unified;
#[path = "../../../../src/scheduler/workload.rs"]
mod workload;

use isobath_scheduler::Lock;
use isobath_timing::{Machine, ThreadTime, load_average};

use self::keys::{Memory, Named, Store};
use self::pipeline::Pipeline;
use self::prio::PRIO_GRAPHS;
pub(crate) use self::prio::earliest;
use self::report::{Report, Timings};
use self::workload::{Kind, Locks};
use crate::cli::SchedulerArgs;

/// Transactions whose keys are looked up together, as in the node.
const BATCH: usize = 32;

/// Runs `scheduler`.
///
/// # Errors
/// When a transaction does not come out of a schedule.
pub(crate) fn run(args: &SchedulerArgs) -> anyhow::Result<()> {
    let load_before = load_average();
    let mut ours = Ours::new(args)?;
    let mut timings = Timings::default();
    let mut unified = unified::Unified::new();
    for kind in Kind::ALL {
        let locks = workload::make(kind, args.accounts, args.transactions, args.seed);
        let named = ours.store.name(&locks);
        let window = args.window as usize;
        unified.know(&named);
        // The first round brings memory near and is not counted.
        for round in 0..=args.rounds {
            let mut add = |scheduler, ns| {
                if round > 0 {
                    timings.add(scheduler, kind, ns);
                }
            };
            add("isobath_ids", time(&locks, || ours.schedule(&locks))?);
            add("isobath_keys", time(&locks, || ours.schedule_named(&named))?);
            for (ids, keys, drive) in PRIO_GRAPHS {
                add(ids, time(&locks, || prio::run_ids(&locks, window, drive))?);
                add(keys, time(&locks, || prio::run_keys(&named, window, drive))?);
            }
            let tasks = unified.create(&named)?;
            add(
                "unified_tasks",
                time(&locks, || unified.schedule(&tasks, window))?,
            );
            drop(tasks);
            let txs = unified.transactions(&named)?;
            // Tasks are dropped after the timer has stopped, as Agave drops them on another thread.
            let mut done = Vec::with_capacity(locks.len());
            add(
                "unified_keys",
                time(&locks, || unified.run(txs, window, &mut done))?,
            );
        }
    }
    let load = [load_before, load_average()];
    Report::new(args, &timings, Machine::detect(), load).print(args.json)
}

/// CPU time of this thread per transaction, in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 transactions")]
fn time(transactions: &[Locks], work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = ThreadTime::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e9 / transactions.len().max(1) as f64)
}

/// Our schedule, as `isobath-bench scheduler` drives it.
struct Ours {
    store: Store,
    resolved: Pipeline,
    named: Pipeline,
}

impl Ours {
    fn new(args: &SchedulerArgs) -> anyhow::Result<Self> {
        Ok(Self {
            store: Store::new(args.accounts as usize, args.seed)?,
            resolved: Pipeline::new(args.window),
            named: Pipeline::new(args.window),
        })
    }

    fn schedule(&self, transactions: &[Locks]) -> anyhow::Result<()> {
        let mut run = self.resolved.run();
        for batch in transactions.chunks(BATCH) {
            run.register(batch.iter().map(|locks| &locks[..]));
        }
        run.finish()
    }

    fn schedule_named(&mut self, named: &[Named]) -> anyhow::Result<()> {
        let mut run = self.named.run();
        let (mut memory, mut locks) = (Memory::default(), Vec::<Lock>::new());
        for batch in named.chunks(BATCH) {
            locks.clear();
            self.store.resolve(batch, &mut memory, &mut locks);
            run.register(locks.chunks(3));
        }
        run.finish()
    }
}
