//! Takes pending transactions into the open block, and settles what became of them.
//!
//! ```text
//! pool --take, reserve--> position in the block --lanes execute--> charged | without effect: refunded, dropped
//! ```
//!
//! There is no thread for this: a lane that has nothing to do pulls. Invariant: the reserved costs are those of the
//! transactions in flight, so that a block never exceeds its budgets. These are at most [`IN_FLIGHT_MAX`], so no more of
//! what a payer has pending is tried in vain before it is known what it has lost: a millisecond of work.

use std::collections::VecDeque;
use std::time::Instant;

use isobath_accounts_db::Lane;
use isobath_program_abi::Pubkey;
use isobath_runtime::{BlockIntake, Tx};
use isobath_scheduler::{Budget, Entry, Pending};
use isobath_sdk::TransactionError;
use isobath_sdk::chain::account::Account;

use crate::counters::Counter;
use crate::indexes::accepted::DropReason;
use crate::stages::wait_log::{BlockTimer, TakeLog};
use crate::state::NodeState;

/// Transactions that are taken and not settled.
const IN_FLIGHT_MAX: usize = 1_024;
/// Maximum number of repeated transactions of one block that are looked up once it is published; more are recorded as
/// dropped. A client can send as many as it likes.
const REPEATED_MAX: usize = 4_096;

/// The way of transactions into one block.
pub(crate) struct Feeder<'b> {
    node: &'b NodeState,
    intake: BlockIntake<'b, Lane>,
    /// Height of the block before.
    parent_height: u64,
    budget: Budget,
    timer: BlockTimer,
    deadline: Instant,
    /// Transactions in the block that are not settled, from the position `settled` on.
    in_flight: VecDeque<Entry<Tx>>,
    settled: u32,
    taken: Vec<Entry<Tx>>,
    pub(crate) taken_log: TakeLog,
    /// Transactions whose message is in this block or an earlier one.
    pub(crate) repeated: Vec<Tx>,
    is_closed: bool,
}

impl<'b> Feeder<'b> {
    /// Takes transactions into the block of a height, until the deadline.
    pub(crate) fn new(
        node: &'b NodeState,
        (intake, height): (BlockIntake<'b, Lane>, u64),
        (timer, deadline): (BlockTimer, Instant),
    ) -> Self {
        Self {
            node,
            intake,
            parent_height: height.saturating_sub(1),
            budget: Budget::new(node.budget),
            timer,
            deadline,
            in_flight: VecDeque::new(),
            settled: 0,
            taken: Vec::new(),
            taken_log: TakeLog::default(),
            repeated: Vec::new(),
            is_closed: false,
        }
    }

    /// Settles what has been executed, and takes more into the block if there is any; whether there was. The producer is
    /// woken when more comes up, if there was none.
    pub(crate) fn pull(&mut self) -> bool {
        self.settle();
        if self.is_closed || self.in_flight.len() >= IN_FLIGHT_MAX {
            return false;
        }
        let taken = self
            .node
            .take_pending(&mut self.budget, self.deadline, &mut self.taken);
        if taken.is_err() {
            return false;
        }
        self.note_taken();
        self.intake
            .push(self.taken.iter().map(|entry| entry.payload.clone()));
        self.in_flight.extend(self.taken.drain(..));
        true
    }

    /// Notes when what was taken was taken, and how long it waited for that.
    fn note_taken(&mut self) {
        let first = self.intake.len();
        self.taken_log.note_taken(first, self.timer.us());
        for (position, entry) in (first..).zip(&self.taken) {
            let blocks = entry.waited_blocks(self.parent_height);
            self.taken_log.note_waited(position, blocks);
        }
    }

    /// Whether any transaction was taken into the block and executed, be it without effect.
    pub(crate) const fn has_taken(&self) -> bool {
        self.settled > 0
    }

    /// Takes no more, after what a node that finishes still has for this block. The lanes end when they have executed what
    /// was taken.
    pub(crate) fn close(&mut self) {
        while self.pull() {}
        self.is_closed = true;
        self.intake.close();
    }

    /// Settles the transactions that have been executed, in the order of the block.
    pub(crate) fn settle(&mut self) {
        while !self.in_flight.is_empty()
            && let Some(end) = self.intake.end_of(self.settled)
        {
            let position = self.settled;
            self.settled = position.saturating_add(1);
            let Some(entry) = self.in_flight.pop_front() else {
                return;
            };
            match end {
                Ok(spent) => self.budget.charge(entry.cost(), spent),
                Err(error) => {
                    self.taken_log.left_out.push(position);
                    self.budget.refund(entry.cost());
                    self.drop_no_op(entry, error);
                }
            }
        }
    }

    /// Drops a transaction that has no effect in the open block.
    fn drop_no_op(&mut self, entry: Entry<Tx>, error: TransactionError) {
        self.node.lock_pool().pending.release(&entry);
        self.node.counters.dropped_no_op.increment();
        let payer = entry.payer;
        if error == TransactionError::AlreadyProcessed && self.repeated.len() < REPEATED_MAX {
            self.repeated.push(entry.payload);
        } else {
            record_no_effect(self.node, [&entry.payload], error);
        }
        if is_unable_to_pay(error) {
            self.drop_unpayable(&payer, error);
        }
    }

    /// Drops what a payer has pending and cannot pay for after the transactions so far, so that a client that empties an
    /// account with its first transaction does not make the node try all others. What comes later is judged by what the
    /// payer lost.
    fn drop_unpayable(&self, payer: &Pubkey, error: TransactionError) {
        let node = self.node;
        let account = self.intake.account_about_now(payer);
        self.note_lost(payer, account.as_ref());
        let covers = |fees| node.runtime.require_payer(payer, account.as_ref(), fees).is_ok();
        let reason = DropReason::NoEffect(error);
        drop_in_steps(node, reason, &node.counters.dropped_unpayable, |pending| {
            pending.drop_unpayable(payer, covers)
        });
    }

    /// Notes what a payer lost in this block, and in the one before if that is not published yet: it may have lost everything
    /// there after the last transaction that it paid for.
    fn note_lost(&self, payer: &Pubkey, now: Option<&Account>) {
        let lamports = |account: Option<&Account>| account.map_or(0, |account| account.lamports);
        // A view that is revoked while it is read is not the newest any more, so the block before is published.
        let published = self.node.published().account(payer).ok().flatten();
        let at_parent = self.intake.account_at_parent(payer);
        let [published, at_parent, now] = [published.as_ref(), at_parent.as_ref(), now].map(lamports);
        let height = self.parent_height.saturating_add(1);
        let pending = &mut self.node.lock_pool().pending;
        pending.note_lost(self.parent_height, payer, published.saturating_sub(at_parent));
        pending.note_lost(height, payer, at_parent.saturating_sub(now));
    }
}

/// Waits until the block is to end, and lets the lanes look for transactions when some come up.
pub(crate) fn await_end(node: &NodeState, deadline: Instant, wake: impl Fn()) {
    while node.await_pending(deadline).is_ok() {
        wake();
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

/// Drops and records entries, a few under each lock of the pool.
pub(crate) fn drop_in_steps(
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

/// Records transactions that have no effect.
pub(crate) fn record_no_effect<'a>(
    node: &NodeState,
    transactions: impl IntoIterator<Item = &'a Tx>,
    error: TransactionError,
) {
    let pool = node.lock_pool();
    node.record_dropped(&pool, transactions, DropReason::NoEffect(error));
}
