//! The log lines of block production: one summary every few seconds, one line per non-empty block at debug level.

use crate::state::NodeState;

/// Approximate interval of the summaries, in milliseconds.
const SUMMARY_MS: u64 = 10_000;

/// Counters at the last summary.
#[derive(Clone, Copy, Default)]
struct Totals {
    blocks: u64,
    transactions: u64,
    busy: u64,
    dropped: u64,
    views_revoked: u64,
}

impl Totals {
    fn of(node: &NodeState) -> Self {
        let counters = &node.counters;
        Self {
            blocks: counters.blocks.get(),
            transactions: counters
                .executed_ok
                .get()
                .saturating_add(counters.executed_failed.get()),
            busy: counters
                .busy_verify
                .get()
                .saturating_add(counters.busy_pool.get())
                .saturating_add(counters.busy_payer.get())
                .saturating_add(counters.busy_preflight.get())
                .saturating_add(counters.busy_view.get()),
            dropped: [
                &counters.dropped_evicted,
                &counters.dropped_expired,
                &counters.dropped_no_op,
                &counters.dropped_unpayable,
                &counters.dropped_stopping,
            ]
            .iter()
            .fold(0, |sum, counter| sum.saturating_add(counter.get())),
            views_revoked: counters.views_revoked.get(),
        }
    }
}

/// Writes the log of one producer.
pub(crate) struct Report {
    every: u64,
    last: Totals,
    transactions_seen: u64,
}

impl Report {
    pub(crate) fn new(slot_ms: u64) -> Self {
        let every = SUMMARY_MS.checked_div(slot_ms).unwrap_or(1).max(1);
        Self {
            every,
            last: Totals::default(),
            transactions_seen: 0,
        }
    }

    /// Call it after each block.
    pub(crate) fn block(&mut self, node: &NodeState) {
        let totals = Totals::of(node);
        let transactions = totals.transactions.saturating_sub(self.transactions_seen);
        self.transactions_seen = totals.transactions;
        if transactions > 0 && tracing::enabled!(tracing::Level::DEBUG) {
            let (slot, height) = tip_of(node);
            tracing::debug!(slot, height, transactions, "block");
        }
        if totals.blocks.saturating_sub(self.last.blocks) >= self.every {
            self.summary(node, totals);
        }
    }

    /// Call it when the producer ends.
    pub(crate) fn last(&mut self, node: &NodeState) {
        let totals = Totals::of(node);
        if totals.blocks > self.last.blocks {
            self.summary(node, totals);
        }
    }

    fn summary(&mut self, node: &NodeState, totals: Totals) {
        let (slot, height) = tip_of(node);
        tracing::info!(
            slot,
            height,
            blocks = totals.blocks.saturating_sub(self.last.blocks),
            transactions = totals.transactions.saturating_sub(self.last.transactions),
            pending = node.pending_len(),
            "blocks produced"
        );
        let busy = totals.busy.saturating_sub(self.last.busy);
        let dropped = totals.dropped.saturating_sub(self.last.dropped);
        if busy > 0 || dropped > 0 {
            tracing::warn!(
                dropped,
                busy,
                "transactions dropped or rejected as busy; the counters name the causes"
            );
        }
        let views = totals.views_revoked.saturating_sub(self.last.views_revoked);
        if views > 0 {
            tracing::warn!(
                views,
                "reads took longer than the node keeps old blocks for them; raise --held-view-bytes if that happens often"
            );
        }
        self.last = totals;
    }
}

fn tip_of(node: &NodeState) -> (u64, u64) {
    let published = node.published();
    (published.chain().slot(), published.chain().height())
}
