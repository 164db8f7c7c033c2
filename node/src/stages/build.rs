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

use isobath_accounts_db::{EndedBlock, OpenBlock};
use isobath_ledger::CommitError;
use isobath_program_abi::Pubkey;
use isobath_runtime::{BlockExecution, Tx};
use isobath_scheduler::{Budget, Entry, Pending};
use isobath_sdk::TransactionError;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::BlockRecord;

use crate::counters::Counter;
use crate::indexes::accepted::DropReason;
use crate::stages::chain_clock::{ChainClock, Reading};
use crate::stages::pace::Pace;
use crate::stages::publish::Publisher;
use crate::stages::report::Report;
use crate::stages::work_time::WorkTime;
use crate::state::{Idle, NodeState};

/// Maximum number of repeated transactions of one block that are looked up once it is published; more are recorded as
/// dropped. A client can send as many as it likes.
const REPEATED_MAX: usize = 4_096;

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

/// What became of the transactions that were taken for one block.
struct Built {
    /// The sealed block; `None` if the node is finishing and nothing is left.
    record: Option<(BlockRecord<Tx>, EndedBlock)>,
    /// Transactions whose message is in this block or an earlier one.
    repeated: Vec<Tx>,
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
    let mut transactions = 0;
    if let Some((record, ended)) = built.record {
        transactions = record.history.transactions.len();
        let durable = node.db.commit(record, ended)?;
        let work = WorkTime::begin();
        publisher.publish(node, durable);
        // Not earlier: admission would find the old balances without the fees that are owed.
        while node.lock_pool().pending.forget_taken() {}
        work.end(&node.counters);
    }
    settle_repeated(node, &built.repeated);
    Ok(Produced {
        transactions,
        finishing: built.finishing,
    })
}

/// Opens a block, fills it until the deadline and seals it.
fn build_block(node: &NodeState, clock: &mut ChainClock, deadline: Instant, work: &mut WorkTime) -> Built {
    let tip = node.tip();
    let chain = &tip.head.chain;
    begin_block(node, chain.height().saturating_add(1));
    let timestamp_ms = time_block(node, clock, chain.timestamp_ms());
    let accounts = node.db.open_block();
    node.counters.views_revoked.raise_to(node.db.views_revoked());
    let mut block = node.runtime.open_block(chain, accounts, timestamp_ms);
    let mut repeated = Vec::new();
    let finishing = fill_block(node, &mut block, deadline, work, &mut repeated);
    let is_needed = !finishing || block.transaction_count() > 0;
    Built {
        record: is_needed.then(|| block.seal()),
        repeated,
        finishing,
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

/// Executes pending transactions until the deadline or the order to finish; true if the node is finishing.
///
/// Each reserves its cost when it is taken, and is charged what it did cost when it has run. One without effect is not in
/// the block and costs nothing.
fn fill_block(
    node: &NodeState,
    block: &mut BlockExecution<'_, OpenBlock>,
    deadline: Instant,
    work: &mut WorkTime,
    repeated: &mut Vec<Tx>,
) -> bool {
    let mut budget = Budget::new(node.budget);
    let mut taken = Vec::new();
    loop {
        match node.take_pending(&mut budget, deadline, work, &mut taken) {
            Ok(()) => {}
            Err(Idle::Finished) => return true,
            Err(Idle::Deadline) => return node.finish_by().is_some(),
        }
        block.look_ahead(taken.iter().map(|entry| &entry.payload));
        for entry in taken.drain(..) {
            match block.try_execute(&entry.payload).map(drop) {
                Ok(()) => budget.charge(entry.cost(), block.spent()),
                Err(error) => {
                    budget.refund(entry.cost());
                    drop_no_op(node, block, entry, error, repeated);
                }
            }
        }
    }
}

/// Drops a transaction that has no effect in the open block.
fn drop_no_op(
    node: &NodeState,
    block: &BlockExecution<'_, OpenBlock>,
    entry: Entry<Tx>,
    error: TransactionError,
    repeated: &mut Vec<Tx>,
) {
    node.lock_pool().pending.release(&entry);
    node.counters.dropped_no_op.increment();
    let payer = entry.payer;
    if error == TransactionError::AlreadyProcessed && repeated.len() < REPEATED_MAX {
        repeated.push(entry.payload);
    } else {
        record_no_effect(node, [&entry.payload], error);
    }
    if is_unable_to_pay(error) {
        drop_unpayable(node, block, &payer, error);
    }
}

/// Whether the reason why a transaction has no effect is its payer.
const fn is_unable_to_pay(error: TransactionError) -> bool {
    matches!(
        error,
        TransactionError::AccountNotFound
            | TransactionError::InvalidAccountForFee
            | TransactionError::InsufficientFundsForFee
            | TransactionError::InsufficientFundsForRent { .. }
    )
}

/// Drops what a payer has pending and cannot pay for after the transactions so far, so that a client that empties an account
/// with its first transaction does not make the node try all others. What comes later is judged by what the payer lost.
fn drop_unpayable(
    node: &NodeState,
    block: &BlockExecution<'_, OpenBlock>,
    payer: &Pubkey,
    error: TransactionError,
) {
    let account = block.account(payer);
    let covers = |fees| node.runtime.require_payer(payer, account.as_ref(), fees).is_ok();
    let lamports = |account: Option<Account>| account.map_or(0, |account| account.lamports);
    // This thread publishes the blocks and opens them, so the view is the newest one, which is never revoked.
    let before = node.published().account(payer).expect("the newest view is whole");
    let before = lamports(before);
    let lost = before.saturating_sub(lamports(account.clone()));
    node.lock_pool().pending.note_lost(payer, lost);
    let reason = DropReason::NoEffect(error);
    drop_in_steps(node, reason, &node.counters.dropped_unpayable, |pending| {
        pending.drop_unpayable(payer, covers)
    });
}

/// Drops and records entries, a few under each lock of the pool.
fn drop_in_steps(
    node: &NodeState,
    reason: DropReason,
    counter: &Counter,
    some: impl Fn(&mut Pending<Tx>) -> Vec<Entry<Tx>>,
) {
    loop {
        let mut pool = node.lock_pool();
        let dropped = some(&mut pool.pending);
        if dropped.is_empty() {
            break;
        }
        counter.add(dropped.len() as u64);
        node.record_dropped(&pool, dropped.iter().map(|entry| &entry.payload), reason);
    }
}

fn record_no_effect<'a>(
    node: &NodeState,
    transactions: impl IntoIterator<Item = &'a Tx>,
    error: TransactionError,
) {
    let pool = node.lock_pool();
    node.record_dropped(&pool, transactions, DropReason::NoEffect(error));
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
