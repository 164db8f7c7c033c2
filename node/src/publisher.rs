//! Publication: moving the readers from one block to the next.
//!
//! ```text
//! prepare   statuses, addresses and owners gain the block; the next tip is made         readers: old tip
//! exchange  accounts and tip are replaced, under the tip's lock: a few microseconds
//! tell      the notice goes out                                                         readers: new tip
//! settle    what only older views could ask for is let go of, when none is held
//! ```
//!
//! Everything that costs time in proportion to the block is in `prepare` and `settle`, which hold back no reader of the
//! published view. Readers of the old tip do not see what is prepared: each index is read through the view.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::store::Durable;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Signature, TransactionError};

use super::counters::Counters;
use super::notice::BlockNotice;
use super::owners::owner_changes;
use super::published::{Head, Tip};
use super::recent_fees::BlockBids;
use super::shared::Shared;
use super::statuses::list_statuses;
use super::visible::{VisibleTx, visible};

/// Transactions that are entered into the index of addresses before its readers get a turn.
const ADDRESSES_STEP: usize = 256;

/// Publishes blocks, and knows which older views may still be held.
#[derive(Default)]
pub(crate) struct Publisher {
    /// Tips that were published before the current one, oldest first.
    older: VecDeque<Arc<Tip>>,
}

impl Publisher {
    /// Moves the published view to a durable block and tells the listeners.
    pub(crate) fn publish(&mut self, shared: &Shared, durable: Durable) {
        let (head, signatures) = prepare(shared, &durable);
        let header = &durable.history().header;
        let notice = BlockNotice {
            slot: header.slot,
            parent_slot: header.parent_slot,
            height: header.height,
            blockhash: head.chain.blockhash(),
            signatures,
            changed: durable.changes().to_vec(),
        };
        count_block(&shared.counters, durable.history());
        let (old, history) = exchange(shared, head, durable);
        self.older.push_back(old);
        // Nobody listening is no error.
        drop(shared.notices.send(Arc::new(notice)));
        drop(history);
    }

    /// Lets go of what no view that is still held can ask for.
    pub(crate) fn settle(&mut self, shared: &Shared) {
        // A tip that is not current is handed to nobody, so one that only this list holds is gone for good.
        while self
            .older
            .front_mut()
            .is_some_and(|oldest| Arc::get_mut(oldest).is_some())
        {
            self.older.pop_front();
        }
        let tip = shared.tip();
        let oldest = self.older.front().unwrap_or(&tip);
        let (slot, height) = (oldest.head.chain.slot(), oldest.head.chain.height());
        shared.statuses.forget_old(height);
        if shared.owners().has_left(slot) {
            shared.owners_mut().forget(slot, &tip.accounts);
        }
        tip.head.chain.forget();
    }
}

/// Works out all that can be worked out before the exchange: the next head, and the signatures with their errors.
fn prepare(shared: &Shared, durable: &Durable) -> (Head, Vec<(Signature, Option<TransactionError>)>) {
    let history = durable.history();
    let header = &history.header;
    let tip = shared.tip();
    let visible = visible(history);
    for some in visible.chunks(ADDRESSES_STEP) {
        shared.addresses_mut().push(header, some);
    }
    let listed = list_statuses(header, &visible);
    shared.statuses.push(header, &listed);
    let changes = owner_changes(&tip.accounts, durable.changes());
    if !changes.is_empty() {
        shared.owners_mut().push(header.slot, &changes);
    }
    let head = next_head(shared, &tip.head, history, &visible);
    let errors = listed
        .into_iter()
        .map(|(signature, status)| (signature, status.error));
    (head, errors.collect())
}

fn next_head(shared: &Shared, head: &Head, history: &History, visible: &[VisibleTx<'_>]) -> Head {
    let mut next = head.clone();
    next.push(history, visible.len())
        .expect("a block that was sealed on this chain extends it");
    next.recent_fees.push(BlockBids::of(history.header.slot, visible));
    next.first_slot = shared.statuses.first_slot();
    next
}

/// Replaces accounts and tip in one step; returns what was replaced, to be freed outside the lock.
fn exchange(shared: &Shared, head: Head, durable: Durable) -> (Arc<Tip>, History) {
    let mut tip = shared.tip.write().unwrap_or_else(PoisonError::into_inner);
    let history = shared.db.publish_keeping(durable);
    let accounts = shared.db.view();
    let old = std::mem::replace(&mut *tip, Arc::new(Tip { head, accounts }));
    drop(tip);
    (old, history)
}

fn count_block(counters: &Counters, history: &History) {
    counters.blocks.increment();
    for execution in &history.executions {
        let outcome = &execution.outcome;
        match (outcome.class, outcome.error) {
            (OutcomeClass::NoOp, _) => counters.executed_no_op.increment(),
            (_, None) => counters.executed_ok.increment(),
            (_, Some(_)) => counters.executed_failed.increment(),
        }
        counters.compute_units.add(outcome.compute_units);
    }
}
