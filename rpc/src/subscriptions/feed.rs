//! The task that feeds the node's notices to the subscriptions.
//!
//! Logs are not part of a notice; they are rendered from the block as the node keeps it in memory, once for all
//! followers. When the task falls behind and loses notices, it reads from the view what subscriptions wait for, and the
//! lost blocks from memory too. If one is no longer there, the followers that would miss it are cut off. Nothing is
//! read from the disk.

use std::sync::Arc;

use isobath_node::{BlockNotice, Node, PublishedBlock};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::subscriptions::hub::SubscriptionHub;

/// Delivers notices until the node is gone.
pub(crate) async fn run(
    hub: Arc<SubscriptionHub>,
    node: Node,
    notices: broadcast::Receiver<Arc<BlockNotice>>,
) {
    run_from(hub, node, notices, None).await;
}

/// The same after the block of slot `done` was delivered. What a resync has delivered is not delivered again.
pub(super) async fn run_from(
    hub: Arc<SubscriptionHub>,
    node: Node,
    mut notices: broadcast::Receiver<Arc<BlockNotice>>,
    mut done: Option<u64>,
) {
    loop {
        match notices.recv().await {
            Ok(notice) if done.is_some_and(|done| notice.slot <= done) => {}
            Ok(notice) => {
                hub.deliver(&notice);
                feed_logs(&hub, &node, notice.slot).await;
                done = Some(notice.slot);
            }
            Err(RecvError::Lagged(lost)) => {
                tracing::debug!(
                    lost,
                    "missed notifications of some blocks; resyncing from the published view"
                );
                let slot = hub.resync(&node);
                for lost in done.unwrap_or(slot).saturating_add(1)..=slot {
                    feed_programs(&hub, &node, lost).await;
                    feed_logs(&hub, &node, lost).await;
                }
                done = Some(slot);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Delivers the logs of a published block, if logs are followed.
async fn feed_logs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_logs() {
        return;
    }
    match node.recent_block(slot) {
        Some(block) => run_delivery(hub, block, |hub, block| hub.deliver_logs(&block.history)).await,
        None => hub.cut_off_logs(),
    }
}

/// Delivers the accounts of followed programs for a block whose notice was lost.
async fn feed_programs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_programs() {
        return;
    }
    match node.recent_block(slot) {
        Some(block) => run_delivery(hub, block, deliver_programs).await,
        None => hub.cut_off_programs(),
    }
}

fn deliver_programs(hub: &SubscriptionHub, block: &PublishedBlock) {
    let changed = block.changed.iter();
    let changed = changed.map(|(key, account)| (key, account.as_ref()));
    hub.deliver_programs(block.history.header.slot, changed);
}

/// Runs `deliver` on a thread that may block: rendering a full block takes long.
async fn run_delivery(
    hub: &Arc<SubscriptionHub>,
    block: Arc<PublishedBlock>,
    deliver: fn(&SubscriptionHub, &PublishedBlock),
) {
    let hub = Arc::clone(hub);
    if tokio::task::spawn_blocking(move || deliver(&hub, &block))
        .await
        .is_err()
    {
        tracing::error!("delivering a block to its subscriptions panicked (internal error, a bug)");
    }
}
