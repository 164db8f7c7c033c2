//! CPU time of scheduling a transaction, by one thread and without executing anything.
//!
//! ```text
//! keys --hash, find ids--> locks --register--> window (full) --complete--> ...
//!      '----------------------- with_key_resolution_ns -------------------'
//!                               '-------- schedule_release_ns ------------'
//! ```
//!
//! Timed: registering every transaction, the queues of those that can run, and completing them; with key resolution also
//! hashing the keys and finding their ids in the index of all accounts, a batch at a time. Not timed: making the
//! transactions. Every run fails unless all transactions have come out of the schedule.

mod keys;
mod pipeline;
mod report;
mod workload;

use isobath_scheduler::Lock;
use isobath_timing::{Machine, ThreadTime, load_average, median};

use self::keys::{Memory, Named, Store};
use self::pipeline::Pipeline;
use self::report::{Report, Timings};
use self::workload::{Kind, Locks};
use crate::cli::SchedulerArgs;
use crate::progress::{Length, bar};

/// Transactions whose keys are looked up together, as in the node.
const BATCH: usize = 32;

/// Runs `scheduler`; always true, since its targets are in `bench/peers`.
///
/// # Errors
/// When a transaction does not come out of the schedule.
pub(crate) fn run(args: &SchedulerArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let mut bench = Bench::new(args)?;
    let measuring = bar("measuring", Length::Items(u64::from(args.rounds)));
    // The first round brings memory near and is not counted.
    for round in 0..=args.rounds {
        bench.round(round > 0)?;
        if round > 0 {
            measuring.inc(1);
        }
    }
    measuring.finish_and_clear();
    let load_average = [load_before, load_average()];
    let report = Report::new(args, &bench.timings, Machine::detect(), load_average);
    if args.output.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report::render(&report));
    }
    Ok(true)
}

/// CPU time of scheduling a transaction that shares no account with another, in nanoseconds: the median of a few rounds.
///
/// # Errors
/// When a transaction does not come out of the schedule.
pub(crate) fn schedule_release_ns(accounts: u32, seed: u64) -> anyhow::Result<f64> {
    let pipeline = Pipeline::new(2_048);
    let transactions = workload::make(Kind::None, accounts, 200_000, seed);
    // The first round brings memory near.
    let mut rounds = (0..8).map(|_| time(transactions.len(), || schedule(&pipeline, &transactions)));
    rounds.next().transpose()?;
    Ok(median(&rounds.collect::<anyhow::Result<Vec<f64>>>()?))
}

/// Everything that is prepared before the timer starts.
struct Bench {
    store: Store,
    resolved: Pipeline,
    named: Pipeline,
    workloads: Vec<(Kind, Vec<Locks>, Vec<Named>)>,
    timings: Timings,
}

impl Bench {
    fn new(args: &SchedulerArgs) -> anyhow::Result<Self> {
        let store = Store::new(args.accounts as usize, args.seed)?;
        let workload = |kind| {
            let transactions = workload::make(kind, args.accounts, args.transactions, args.seed);
            let named = store.name(&transactions);
            (kind, transactions, named)
        };
        Ok(Self {
            workloads: Kind::ALL.into_iter().map(workload).collect(),
            store,
            resolved: Pipeline::new(args.window),
            named: Pipeline::new(args.window),
            timings: Timings::default(),
        })
    }

    /// Every workload in its turn, without and with keys.
    fn round(&mut self, counts: bool) -> anyhow::Result<()> {
        for (kind, transactions, named) in &self.workloads {
            let schedule_release = time(transactions.len(), || schedule(&self.resolved, transactions))?;
            let store = &mut self.store;
            let with_keys = time(named.len(), || schedule_named(&self.named, store, named))?;
            if counts {
                self.timings.add(*kind, schedule_release, with_keys);
            }
        }
        Ok(())
    }
}

/// Transactions whose ids are known.
fn schedule(pipeline: &Pipeline, transactions: &[Locks]) -> anyhow::Result<()> {
    let mut run = pipeline.run();
    for batch in transactions.chunks(BATCH) {
        run.register(batch.iter().map(|locks| &locks[..]));
    }
    run.finish()
}

/// Transactions of which the keys are known.
fn schedule_named(pipeline: &Pipeline, store: &mut Store, named: &[Named]) -> anyhow::Result<()> {
    let mut run = pipeline.run();
    let (mut memory, mut locks) = (Memory::default(), Vec::<Lock>::new());
    for batch in named.chunks(BATCH) {
        locks.clear();
        store.resolve(batch, &mut memory, &mut locks);
        run.register(locks.chunks(3));
    }
    run.finish()
}

/// CPU time of this thread per transaction, in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 transactions")]
fn time(transactions: usize, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = ThreadTime::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e9 / transactions.max(1) as f64)
}
