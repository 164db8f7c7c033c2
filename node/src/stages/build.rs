//! The producer: one thread that produces a block per slot, with others that execute it.
//!
//! ```text
//! prune --> open block --> take and execute until the deadline --> seal --> record + sync --> publish --> notice
//! ```
//!
//! No lock that readers take is held over any of these steps.
//!
//! A transaction that arrives while a block is open joins that block, so it is confirmed within about one slot.
//! [`Pace`] decides when slots end; slot numbers never skip.
//!
//! Only this thread reads the host clock for the chain, and [`ChainClock`] bounds what a wrong clock does to it.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use isobath_accounts_db::{EndedBlock, Lane, OpenBlock};
use isobath_ledger::CommitError;
use isobath_runtime::{Helpers, LaneEnd, ParallelBuffers, ParallelExecution, ParallelLane, Tx};
use isobath_sdk::TransactionError;
use isobath_sdk::chain::record::BlockRecord;

use crate::config::program_record_bytes;
use crate::counters::Counters;
use crate::indexes::accepted::DropReason;
use crate::indexes::contention::BlockContention;
use crate::stages::chain_clock::{ChainClock, Reading};
use crate::stages::feeder::{Feeder, await_end, drop_in_steps, record_no_effect};
use crate::stages::pace::Pace;
use crate::stages::publish::Publisher;
use crate::stages::report::Report;
use crate::stages::wait_log::{BlockTimer, WaitLog};
use crate::stages::work_time::WorkTime;
use crate::state::NodeState;

/// Fails the node when its thread panics.
struct PanicGuard(Arc<NodeState>, &'static str);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(format!(
                "{} thread panicked (internal error); see the panic message above",
                self.1
            ));
        }
    }
}

/// Runs `body`; a panic in it fails the node, so that no part of it keeps running.
pub(crate) fn guarded(node: &Arc<NodeState>, name: &'static str, body: impl FnOnce()) {
    let _guard = PanicGuard(Arc::clone(node), name);
    body();
}

/// Produces blocks until the node stops or its storage fails.
pub(crate) fn run_producer(node: &Arc<NodeState>) {
    let mut pace = Pace::new(node.slot_ms, Instant::now());
    let mut report = Report::new(node.slot_ms);
    let mut publisher = Publisher::default();
    let mut clock = ChainClock::default();
    let mut buffers = ParallelBuffers::new(node.execution_threads, node.runtime.rules());
    loop {
        let slot = pace.next(Instant::now());
        if slot.is_late {
            node.counters.slots_overrun.increment();
        }
        let produced = match produce_block(node, &mut publisher, (&mut clock, &mut buffers), slot.deadline) {
            Ok(produced) => produced,
            Err(error) => {
                node.fail(describe_failure(&error));
                break;
            }
        };
        report.block(node);
        if produced.finishing {
            let drained = !produced.has_taken || node.pending_len() == 0;
            if drained || node.finish_by().is_none_or(|by| Instant::now() >= by) {
                break;
            }
        }
    }
    report.last(node);
}

/// The result of one slot.
struct Produced {
    /// Whether any transaction was taken from the pool, be it without effect.
    has_taken: bool,
    finishing: bool,
}

/// What became of the transactions that were taken for one block.
struct Built {
    /// The sealed block; `None` if the node is finishing and nothing is left.
    record: Option<(BlockRecord<Tx>, EndedBlock)>,
    /// What its transactions waited for.
    contention: BlockContention,
    /// Transactions whose message is in this block or an earlier one.
    repeated: Vec<Tx>,
    has_taken: bool,
    finishing: bool,
}

fn produce_block(
    node: &NodeState,
    publisher: &mut Publisher,
    means: (&mut ChainClock, &mut ParallelBuffers),
    deadline: Instant,
) -> Result<Produced, CommitError> {
    let mut work = WorkTime::begin();
    publisher.prune(node);
    let built = build_block(node, means, deadline, &mut work);
    work.end(&node.counters);
    if let Some((record, ended)) = built.record {
        let durable = node.db.commit(record, ended)?;
        let work = WorkTime::begin();
        // Not later: who sees the transactions may ask what they waited for.
        let early = node.contention.push(built.contention);
        node.counters.contention_forgotten_early.add(early);
        publisher.publish(node, durable);
        // Not earlier: admission would find the old balances without the fees that are owed.
        while node.lock_pool().pending.forget_taken() {}
        work.end(&node.counters);
    }
    settle_repeated(node, &built.repeated);
    Ok(Produced {
        has_taken: built.has_taken,
        finishing: built.finishing,
    })
}

/// Opens a block, fills it until the deadline and seals it.
fn build_block(
    node: &NodeState,
    (clock, buffers): (&mut ChainClock, &mut ParallelBuffers),
    deadline: Instant,
    work: &mut WorkTime,
) -> Built {
    let tip = node.tip();
    let chain = &tip.head.chain;
    begin_block(node, chain.height().saturating_add(1));
    let timestamp_ms = time_block(node, clock, chain.timestamp_ms());
    let accounts = node.db.open_block();
    node.counters.views_revoked.raise_to(node.db.views_revoked());
    let block = node.runtime.open_parallel(chain, accounts, timestamp_ms, buffers);
    let mut block = block.limiting_programs(program_record_bytes(node.budget.record_bytes));
    let filled = fill_block(node, &mut block, deadline, work);
    count_lanes(&node.counters, &filled.ends);
    node.counters.waits_unrecorded.add(filled.contention.unrecorded());
    let has_kept = filled.ends.iter().any(|end| end.kept_count() > 0);
    let record = if has_kept || !filled.finishing {
        Some(block.seal(filled.ends, &Threads(node.execution_threads)))
    } else {
        drop(block.abort(filled.ends));
        None
    };
    node.counters.lock_waits.raise_to(buffers.conflicts());
    Built {
        record,
        contention: filled.contention,
        has_taken: filled.has_taken,
        repeated: filled.repeated,
        finishing: filled.finishing,
    }
}

/// The time of the block that begins now.
fn time_block(node: &NodeState, clock: &mut ChainClock, parent_ms: i64) -> i64 {
    let now = Reading::now();
    let time = clock.next(now, parent_ms);
    if time.is_off {
        node.counters.blocks_off_clock.increment();
    }
    time.log(now);
    time.timestamp_ms
}

/// What became of the transactions that were taken for one block.
struct Filled {
    ends: Vec<LaneEnd>,
    contention: BlockContention,
    repeated: Vec<Tx>,
    has_taken: bool,
    finishing: bool,
}

/// Closes the block when it is dropped. So it does when a lane's thread cannot be started: the others would wait for
/// transactions for ever, and the panic for them.
struct Closing<'f, 'b>(&'f Mutex<Feeder<'b>>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        lock(self.0).close();
    }
}

/// Executes pending transactions until the deadline or the order to finish.
///
/// Each reserves its cost when it is taken, and is charged what it did cost when it has run. One without effect is not in
/// the block and costs nothing.
fn fill_block(
    node: &NodeState,
    block: &mut ParallelExecution<'_, OpenBlock>,
    deadline: Instant,
    work: &mut WorkTime,
) -> Filled {
    let (slot, height) = (block.slot(), block.height());
    let (intake, lanes) = block.split();
    let waker = intake.waker();
    let timer = BlockTimer::begin();
    let feeder = Mutex::new(Feeder::new(node, (intake, height), (timer, deadline)));
    let begun = Instant::now();
    let (ends, waits): (Vec<_>, Vec<_>) = std::thread::scope(|scope| {
        let feeder = &feeder;
        let closing = Closing(feeder);
        let threads: Vec<_> = lanes
            .into_iter()
            .map(|lane| scope.spawn(move || run_lane(node, lane, feeder, timer)))
            .collect();
        await_end(node, deadline, || waker.wake());
        drop(closing);
        threads.into_iter().map(join).collect()
    });
    work.leave_out(begun.elapsed());
    let mut feeder = feeder.into_inner().unwrap_or_else(PoisonError::into_inner);
    feeder.settle();
    Filled {
        ends,
        contention: BlockContention::new(slot, &waits, &feeder.taken_log),
        has_taken: feeder.has_taken(),
        repeated: feeder.repeated,
        finishing: node.finish_by().is_some(),
    }
}

/// Threads that share the hashing of a block, the first of which is the producer's.
struct Threads(usize);

impl Helpers for Threads {
    fn count(&self) -> usize {
        self.0
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for index in 1..self.0 {
                scope.spawn(move || job(index));
            }
            job(0);
        });
    }
}

/// Works on a block as one of its threads.
fn run_lane(
    node: &NodeState,
    lane: ParallelLane<'_, Lane>,
    feeder: &Mutex<Feeder<'_>>,
    timer: BlockTimer,
) -> (LaneEnd, WaitLog) {
    let work = WorkTime::begin();
    let mut waits = WaitLog::new(timer, node.execution_threads);
    let end = lane.run_noting(|| lock(feeder).pull(), &mut waits);
    work.end_running(&node.counters);
    (end, waits)
}

fn count_lanes(counters: &Counters, ends: &[LaneEnd]) {
    for LaneEnd { work, .. } in ends {
        counters.lane_steals.add(work.steals);
        counters.lane_waits.add(work.waits);
    }
}

fn lock<'l, 'b>(feeder: &'l Mutex<Feeder<'b>>) -> MutexGuard<'l, Feeder<'b>> {
    feeder.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a lane has done; a panic in it goes on here, where it fails the node.
fn join<T>(lane: ScopedJoinHandle<'_, T>) -> T {
    lane.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Forgets repeated transactions that are published, and records the others as dropped: their message is published under
/// another signature. Whether a transaction is in the block that was open when it came is known only once that block is
/// published.
fn settle_repeated(node: &NodeState, repeated: &[Tx]) {
    if repeated.is_empty() {
        return;
    }
    let (same, renamed): (Vec<&Tx>, Vec<&Tx>) = repeated
        .iter()
        .partition(|tx| node.status(&tx.signature()).is_some());
    let same: Vec<_> = same.into_iter().map(Tx::signature).collect();
    node.accepted.publish(&same);
    record_no_effect(node, renamed, TransactionError::AlreadyProcessed);
}

/// Offers the pending transactions to the block of `height`, and drops those that can no longer enter it.
fn begin_block(node: &NodeState, height: u64) {
    node.lock_pool().pending.begin_block(height);
    let counter = &node.counters.dropped_expired;
    drop_in_steps(node, DropReason::Expired, counter, |pending| {
        pending.drop_expired(height)
    });
}

/// The cause of a failed commit and its cure.
fn describe_failure(error: &CommitError) -> String {
    format!(
        "cannot write the ledger: {error}; everything published so far is kept; \
         make room on the disk or repair the storage, then start again with the same ledger"
    )
}
