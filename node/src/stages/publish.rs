//! Publication: moves the readers from one block to the next.
//!
//! ```text
//! prepare   statuses and owners gain the block; the next tip is built                   readers: old tip
//! exchange  accounts and tip are replaced and the block is handed to the index of
//!           addresses, under the tip's lock: a few microseconds
//! notify    the notice is sent to the listeners                                         readers: new tip
//! prune     entries that no held view can read are dropped, before the next block is committed; a revoked view counts as not
//!           held
//! ```
//!
//! All work that grows with the block is in `prepare` and `prune`, which block no reader of the published view. Readers
//! of the old tip do not see prepared entries: each index is read through the view.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, Weak};

use isobath_runtime::{Chain, Tx};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{Delta, History};
use isobath_sdk::{Signature, TransactionError};

use crate::counters::Counters;
use crate::indexes::owners::owner_changes;
use crate::indexes::recent_fees::BlockBids;
use crate::indexes::statuses::list_statuses;
use crate::notice::BlockNotice;
use crate::state::NodeState;
use crate::store::Durable;
use crate::view::effective::{EffectiveTx, effective_transactions};
use crate::view::tip::{Head, Tip};

/// Number of published transactions that are forgotten as accepted before that lock is released for admission.
const ACCEPTED_STEP: usize = 256;

/// Publishes blocks, and tracks the older views that may still be held.
#[derive(Default)]
pub(crate) struct Publisher {
    /// Tips that were published before the current one and that readers may still hold, oldest first.
    older: VecDeque<OlderTip>,
}

/// A tip that is no longer the current one. Only readers hold it, so that what it shows is kept for them alone.
struct OlderTip {
    tip: Weak<Tip>,
    slot: u64,
    height: u64,
}

impl OlderTip {
    fn of(tip: &Arc<Tip>) -> Self {
        let chain = &tip.head.chain;
        Self {
            tip: Arc::downgrade(tip),
            slot: chain.slot(),
            height: chain.height(),
        }
    }

    /// Whether a reader may still ask for what the tip shows. Readers get the current tip only, so once none holds this one
    /// it is gone for ever; and who holds one whose view is revoked is answered with an error.
    fn is_held(&self) -> bool {
        let tip = self.tip.upgrade();
        tip.is_some_and(|tip| !tip.accounts.is_revoked())
    }
}

impl Publisher {
    /// Makes a durable block, after which the chain is this one, the published view and notifies the listeners.
    pub(crate) fn publish(&mut self, node: &NodeState, durable: Durable<Tx>, chain: Chain) {
        let (head, signatures) = prepare(node, &durable, chain);
        let header = &durable.history().header;
        let mut notice = BlockNotice {
            slot: header.slot,
            parent_slot: header.parent_slot,
            height: header.height,
            blockhash: head.chain.blockhash(),
            signatures,
            changed: Vec::new(),
            block: None,
        };
        count_block(&node.counters, durable.history());
        let record_bytes = durable.record_bytes();
        let (old, history, delta) = exchange(node, head, durable);
        notice.changed = delta.accounts;
        self.older.push_back(OlderTip::of(&old));
        drop(old);
        for some in notice.signatures.chunks(ACCEPTED_STEP) {
            node.accepted.publish(some.iter().map(|(signature, _)| signature));
        }
        notice.block = node.held_blocks.hold(history, record_bytes);
        // Sending fails if there are no listeners.
        drop(node.notices.send(Arc::new(notice)));
    }

    /// Drops everything that no held view can read.
    pub(crate) fn prune(&mut self, node: &NodeState) {
        while self.older.front().is_some_and(|oldest| !oldest.is_held()) {
            self.older.pop_front();
        }
        // The newest view, which is never revoked.
        let tip = node.tip();
        let current = OlderTip::of(&tip);
        let oldest = self.older.front().unwrap_or(&current);
        let (slot, height) = (oldest.slot, oldest.height);
        node.statuses.forget_old(height);
        if node.owners().has_left(slot) {
            node.owners_mut().forget(slot, &tip.accounts);
        }
        tip.head.chain.forget(height);
    }
}

/// Prepares all that can be prepared before the exchange: the next head, and the signatures with their errors.
fn prepare(
    node: &NodeState,
    durable: &Durable<Tx>,
    chain: Chain,
) -> (Head, Vec<(Signature, Option<TransactionError>)>) {
    let history = durable.history();
    let header = &history.header;
    let tip = node.tip();
    let effective = effective_transactions(history);
    node.addresses.make_room();
    let listed = list_statuses(header, &effective);
    node.statuses.push(header, &listed);
    let changes = owner_changes(durable.changes(), durable.accounts_before());
    if !changes.is_empty() {
        node.owners_mut().push(header.slot, &changes);
    }
    let head = next_head(node, (&tip.head, chain), history, &effective);
    let errors = listed
        .into_iter()
        .map(|(signature, status)| (signature, status.error));
    (head, errors.collect())
}

fn next_head(
    node: &NodeState,
    (head, chain): (&Head, Chain),
    history: &History<Tx>,
    effective: &[EffectiveTx<'_, Tx>],
) -> Head {
    let mut next = head.clone();
    next.push_own(chain, history, effective.len());
    next.recent_fees
        .push(BlockBids::of(history.header.slot, effective));
    next.first_slot = node.statuses.first_slot();
    next
}

/// Replaces accounts and tip in one step; returns the old tip, the history and the changes, to be freed outside the lock.
fn exchange(node: &NodeState, head: Head, durable: Durable<Tx>) -> (Arc<Tip>, Arc<History<Tx>>, Delta) {
    let mut tip = node.tip.write().unwrap_or_else(PoisonError::into_inner);
    let (history, delta) = node.db.publish_keeping(durable);
    let history = Arc::new(history);
    node.addresses.enqueue(Arc::clone(&history));
    let accounts = node.db.view();
    let old = std::mem::replace(&mut *tip, Arc::new(Tip { head, accounts }));
    drop(tip);
    (old, history, delta)
}

fn count_block(counters: &Counters, history: &History<Tx>) {
    counters.blocks.increment();
    for execution in &history.executions {
        let outcome = execution.outcome;
        match (outcome.class, outcome.error) {
            (OutcomeClass::NoOp, _) => counters.executed_no_op.increment(),
            (_, None) => counters.executed_ok.increment(),
            (_, Some(_)) => counters.executed_failed.increment(),
        }
        counters.compute_units.add(outcome.compute_units);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Node, NodeConfig};

    #[test]
    fn a_tip_whose_view_is_revoked_keeps_no_entries_however_long_it_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = NodeConfig::at(folder.path());
        config.slot_ms = Some(20);
        config.held_view_bytes = 1;
        let node = Node::start(config).unwrap();
        let tip = node.0.state.tip();
        let older = OlderTip::of(&tip);
        while !tip.accounts.is_revoked() {
            assert!(node.failed().is_none());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(!older.is_held());
    }
}
