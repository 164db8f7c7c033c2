//! The producer: one thread that produces a block per slot, with others that execute it.
//!
//! ```text
//! open block --> take and execute until the deadline --> end --> (committer) roots, result --> record + sync --> publish
//!      ^                                                  |
//!      '--------------------------------------------------'
//! ```
//!
//! The next block opens when one has ended, while the committing thread hashes, writes and publishes it; see
//! [`super::commit`].
//!
//! No lock that readers take is held over any of these steps.
//!
//! A transaction that arrives while a block is open joins that block, so it is confirmed within about one slot.
//! [`Pace`] decides when slots end; slot numbers never skip.
//!
//! Only this thread reads the host clock for the chain, and [`ChainClock`] bounds what a wrong clock does to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use isobath_accounts_db::{Lane, OpenBlock};
use isobath_runtime::{LaneEnd, ParallelBuffers, ParallelExecution, ParallelLane, Tx};

use crate::config::program_record_bytes;
use crate::counters::Counters;
use crate::indexes::accepted::DropReason;
use crate::indexes::contention::BlockContention;
use crate::lane_threads::LaneThreads;
use crate::stages::chain_clock::{ChainClock, Reading};
use crate::stages::commit::{Committer, EndedWork, settle_repeated};
use crate::stages::feeder::{Feeder, await_end, drop_in_steps};
use crate::stages::pace::Pace;
use crate::stages::report::Report;
use crate::stages::threads::{Failed, start_lanes};
use crate::stages::wait_log::{BlockTimer, WaitLog};
use crate::stages::work_time::WorkTime;
use crate::state::NodeState;

/// Produces blocks until the node stops or its storage fails.
pub(crate) fn run_producer(node: &Arc<NodeState>) {
    let mut report = Report::new(node.slot_ms);
    let produced = std::thread::scope(|scope| {
        let mut committer = match Committer::start(node, scope) {
            Ok(committer) => committer,
            Err(error) => {
                node.fail(format!("cannot start the committer: {error}"));
                return Err(Failed);
            }
        };
        produce_blocks(node, &mut committer, &mut report)?;
        committer.wait()
    });
    // The node has failed if there is an error, and has said why.
    drop(produced);
    report.last(node);
}

fn produce_blocks(
    node: &NodeState,
    committer: &mut Committer<'_>,
    report: &mut Report,
) -> Result<(), Failed> {
    let mut pace = Pace::new(node.slot_ms, Instant::now());
    let mut means = Means {
        clock: ChainClock::default(),
        buffers: ParallelBuffers::new(node.execution_threads, node.runtime.rules()),
        threads: start_lanes(node)?,
    };
    loop {
        let slot = pace.next(Instant::now());
        if slot.is_late {
            node.counters.slots_overrun.increment();
        }
        let produced = produce_block(node, committer, &mut means, slot.deadline)?;
        report.block(node);
        if produced.finishing {
            let drained = !produced.has_taken || node.pending_len() == 0;
            if drained || node.finish_by().is_none_or(|by| Instant::now() >= by) {
                return Ok(());
            }
        }
    }
}

/// What the producer makes blocks with, one after the other.
struct Means {
    clock: ChainClock,
    buffers: ParallelBuffers,
    threads: LaneThreads,
}

/// The result of one slot.
struct Produced {
    /// Whether any transaction was taken from the pool, be it without effect.
    has_taken: bool,
    finishing: bool,
}

/// Opens a block, fills it until the deadline, ends it and has it committed.
fn produce_block(
    node: &NodeState,
    committer: &mut Committer<'_>,
    Means {
        clock,
        buffers,
        threads,
    }: &mut Means,
    deadline: Instant,
) -> Result<Produced, Failed> {
    let mut work = WorkTime::begin();
    let chain = committer.newest_chain();
    begin_block(node, chain.height().saturating_add(1));
    let timestamp_ms = time_block(node, clock, chain.timestamp_ms());
    let accounts = node.db.open_next();
    node.counters.views_revoked.raise_to(node.db.views_revoked());
    let block = node
        .runtime
        .open_parallel(&chain, accounts, timestamp_ms, buffers);
    let mut block = block.limiting_programs(program_record_bytes(node.budget.record_bytes));
    let filled = fill_block(node, (&mut block, threads), deadline, &mut work);
    count_lanes(&node.counters, &filled.ends);
    node.counters.waits_unrecorded.add(filled.contention.unrecorded());
    let produced = Produced {
        has_taken: filled.has_taken,
        finishing: filled.finishing,
    };
    let waiting = Instant::now();
    committer.wait()?;
    work.leave_out(waiting.elapsed());
    end_block(node, committer, (block, threads), filled)?;
    node.counters.lock_waits.raise_to(buffers.conflicts());
    work.end(&node.counters);
    Ok(produced)
}

/// Ends a block and has it committed, unless the node is finishing and nothing is left.
fn end_block(
    node: &NodeState,
    committer: &mut Committer<'_>,
    (block, threads): (ParallelExecution<'_, OpenBlock>, &LaneThreads),
    filled: Filled,
) -> Result<(), Failed> {
    let has_kept = filled.ends.iter().any(|end| end.kept_count() > 0);
    if filled.finishing && !has_kept {
        drop(block.abort(filled.ends));
        settle_repeated(node, &filled.repeated);
        return Ok(());
    }
    let tip = node.tip();
    let parent = &tip.head.chain;
    let ended = block.end_with(filled.ends, parent, parent.newest_anchor(), threads);
    let (block, accounts, chain) = ended.expect("the lag is at least 1, so every block may name its parent");
    committer.commit(EndedWork {
        block,
        accounts,
        chain,
        contention: filled.contention,
        repeated: filled.repeated,
    })
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

/// Closes the block when it is dropped, also by a panic: the lanes would wait for transactions for ever, and the panic for
/// them.
struct Closing<'f, 'b>(&'f Mutex<Feeder<'b>>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        lock(self.0).close();
    }
}

/// A lane on its way through a block: what runs, then what comes of it.
struct LaneState<'b> {
    lane: Option<ParallelLane<'b, Lane>>,
    ended: Option<(LaneEnd, WaitLog)>,
}

/// Executes pending transactions until the deadline or the order to finish.
///
/// Each reserves its cost when it is taken, and is charged what it did cost when it has run. One without effect is not in
/// the block and costs nothing.
fn fill_block(
    node: &NodeState,
    (block, threads): (&mut ParallelExecution<'_, OpenBlock>, &LaneThreads),
    deadline: Instant,
    work: &mut WorkTime,
) -> Filled {
    let (slot, height) = (block.slot(), block.height());
    let (intake, lanes) = block.split();
    let waker = intake.waker();
    let timer = BlockTimer::begin();
    let feeder = Mutex::new(Feeder::new(node, (intake, height), (timer, deadline)));
    let begun = Instant::now();
    let lanes = lanes.into_iter().map(|lane| {
        Mutex::new(LaneState {
            lane: Some(lane),
            ended: None,
        })
    });
    let lanes: Vec<_> = lanes.collect();
    let run = |index: usize| {
        let mut state = lock(&lanes[index]);
        state.ended = state.lane.take().map(|lane| run_lane(node, lane, &feeder, timer));
    };
    threads.run_beside(0..lanes.len(), run, || {
        let _closing = Closing(&feeder);
        await_end(node, deadline, || waker.wake());
    });
    let ended = lanes
        .into_iter()
        .map(|state| into_inner(state).ended.expect("every lane has run"));
    let (ends, waits): (Vec<_>, Vec<_>) = ended.unzip();
    work.leave_out(begun.elapsed());
    let mut feeder = into_inner(feeder);
    feeder.settle();
    Filled {
        ends,
        contention: BlockContention::new(slot, &waits, &feeder.taken_log),
        has_taken: feeder.has_taken(),
        repeated: feeder.repeated,
        finishing: node.finish_by().is_some(),
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Offers the pending transactions to the block of `height`, and drops those that can no longer enter it.
fn begin_block(node: &NodeState, height: u64) {
    node.lock_pool().pending.begin_block(height);
    let counter = &node.counters.dropped_expired;
    drop_in_steps(node, DropReason::Expired, counter, |pending| {
        pending.drop_expired(height)
    });
}
