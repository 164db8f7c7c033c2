//! The task that feeds the node's notices to the subscriptions.
//!
//! Logs are not part of a notice; they are rendered from the block as the node keeps it in memory, once for all
//! followers. When the task falls behind and loses notices, it asks the view about what is waited for and takes the lost
//! blocks from memory too. Where one is no longer there, the followers that would miss it are cut off. Nothing is read
//! from the disk.

use std::sync::Arc;

use isobath_node::{BlockNotice, Node, PublishedBlock};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::subscriptions::hub::SubscriptionHub;

/// Hands out notices until the node is gone.
pub(crate) async fn run(
    hub: Arc<SubscriptionHub>,
    node: Node,
    notices: broadcast::Receiver<Arc<BlockNotice>>,
) {
    run_from(hub, node, notices, None).await;
}

/// The same after the block of slot `done` was handed out. What a resync has handed out is not handed out again.
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
                hand_out_logs(&hub, &node, notice.slot).await;
                done = Some(notice.slot);
            }
            Err(RecvError::Lagged(lost)) => {
                tracing::debug!(
                    lost,
                    "the notices of some blocks were lost; asking the view instead"
                );
                let slot = hub.resync(&node);
                for lost in done.unwrap_or(slot).saturating_add(1)..=slot {
                    hand_out_programs(&hub, &node, lost).await;
                    hand_out_logs(&hub, &node, lost).await;
                }
                done = Some(slot);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Hands out the logs of a published block, if anyone follows logs.
async fn hand_out_logs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_logs() {
        return;
    }
    match node.recent_block(slot) {
        Some(block) => hand_out(hub, block, |hub, block| hub.deliver_logs(&block.history)).await,
        None => hub.cut_off_logs(),
    }
}

/// Hands out the accounts of followed programs for a block whose notice was lost.
async fn hand_out_programs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_programs() {
        return;
    }
    match node.recent_block(slot) {
        Some(block) => hand_out(hub, block, deliver_programs).await,
        None => hub.cut_off_programs(),
    }
}

fn deliver_programs(hub: &SubscriptionHub, block: &PublishedBlock) {
    let changed = block.changed.iter();
    let changed = changed.map(|(key, account)| (key, account.as_ref()));
    hub.deliver_programs(block.history.header.slot, changed);
}

/// Runs `deliver` on a thread that may block: rendering a full block takes long.
async fn hand_out(
    hub: &Arc<SubscriptionHub>,
    block: Arc<PublishedBlock>,
    deliver: fn(&SubscriptionHub, &PublishedBlock),
) {
    let hub = Arc::clone(hub);
    if tokio::task::spawn_blocking(move || deliver(&hub, &block))
        .await
        .is_err()
    {
        tracing::error!("handing out a block panicked (internal error, a bug)");
    }
}
