//! The producer: one thread that produces a block per slot.
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

use std::sync::Arc;
use std::time::Instant;

use isobath_accounts_db::View;
use isobath_ledger::CommitError;
use isobath_runtime::{BlockExecution, Tx};
use isobath_scheduler::Budget;
use isobath_sdk::chain::record::BlockRecord;

use crate::indexes::accepted::DropReason;
use crate::stages::chain_clock::{ChainClock, Reading};
use crate::stages::pace::Pace;
use crate::stages::publish::Publisher;
use crate::stages::report::Report;
use crate::stages::work_time::WorkTime;
use crate::state::{Idle, NodeState};

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
    loop {
        let slot = pace.next(Instant::now());
        if slot.is_late {
            node.counters.slots_overrun.increment();
        }
        let produced = match produce_block(node, &mut publisher, &mut clock, slot.deadline) {
            Ok(produced) => produced,
            Err(error) => {
                node.fail(describe_failure(&error));
                break;
            }
        };
        report.block(node);
        if produced.finishing {
            let drained = produced.transactions == 0 || node.pending_len() == 0;
            if drained || node.finish_by().is_none_or(|by| Instant::now() >= by) {
                break;
            }
        }
    }
    report.last(node);
}

/// The result of one slot.
struct Produced {
    transactions: usize,
    finishing: bool,
}

fn produce_block(
    node: &NodeState,
    publisher: &mut Publisher,
    clock: &mut ChainClock,
    deadline: Instant,
) -> Result<Produced, CommitError> {
    let mut work = WorkTime::begin();
    publisher.prune(node);
    let built = build_block(node, clock, deadline, &mut work);
    work.end(&node.counters);
    let Some((record, finishing)) = built else {
        return Ok(Produced {
            transactions: 0,
            finishing: true,
        });
    };
    let transactions = record.history.transactions.len();
    let durable = node.db.commit(record)?;
    let work = WorkTime::begin();
    publisher.publish(node, durable);
    work.end(&node.counters);
    Ok(Produced {
        transactions,
        finishing,
    })
}

/// Opens a block, fills it until the deadline and seals it. `None` if the node is finishing and nothing is left.
fn build_block(
    node: &NodeState,
    clock: &mut ChainClock,
    deadline: Instant,
    work: &mut WorkTime,
) -> Option<(BlockRecord<Tx>, bool)> {
    let tip = node.tip();
    let chain = &tip.head.chain;
    drop_expired(node, chain.height());
    let timestamp_ms = time_block(node, clock, chain.timestamp_ms());
    let mut block = node
        .runtime
        .open_block(chain, node.db.begin_block(), timestamp_ms);
    let finishing = fill_block(node, &mut block, deadline, work);
    if finishing && block.transaction_count() == 0 {
        return None;
    }
    Some((block.seal(), finishing))
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

/// Executes pending transactions until the deadline or the order to finish; true if the node is finishing.
fn fill_block(
    node: &NodeState,
    block: &mut BlockExecution<'_, View>,
    deadline: Instant,
    work: &mut WorkTime,
) -> bool {
    let mut budget = Budget::new(node.budget);
    loop {
        let tx = match node.take_pending(&mut budget, deadline, work) {
            Ok(tx) => tx,
            Err(Idle::Finished) => return true,
            Err(Idle::Deadline) => return node.finish_by().is_some(),
        };
        let signature = tx.signature();
        if let Err(error) = block.try_execute(&tx) {
            node.counters.dropped_no_op.increment();
            node.record_dropped([signature], DropReason::NoEffect(error));
        }
    }
}

/// Drops the pending transactions that can no longer enter the block after `height`.
fn drop_expired(node: &NodeState, height: u64) {
    let expired = node.lock_pool().pending.drop_expired(height.saturating_add(1));
    if !expired.is_empty() {
        node.counters.dropped_expired.add(expired.len() as u64);
        let signatures = expired.iter().map(|entry| entry.payload.signature());
        node.record_dropped(signatures, DropReason::Expired);
    }
}

/// The cause of a failed commit and its cure.
fn describe_failure(error: &CommitError) -> String {
    format!(
        "cannot write the ledger: {error}; everything published so far is kept; \
         make room on the disk or repair the storage, then start again with the same ledger"
    )
}
