//! The task that feeds the node's notices to the subscriptions.
//!
//! Logs are rendered from the block that its notice carries, once for all followers. When the task falls behind and loses
//! notices, it reads from the view what the other subscriptions wait for; followers of logs and programs, who would miss
//! a block without knowing, are cut off. Nothing is read from the disk.

use std::sync::Arc;

use isobath_node::{BlockNotice, Node};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::subscriptions::hub::SubscriptionHub;

/// Delivers notices until the node is gone.
pub(crate) async fn run(
    hub: Arc<SubscriptionHub>,
    node: Node,
    mut notices: broadcast::Receiver<Arc<BlockNotice>>,
) {
    // The last slot that was delivered. What a resync has delivered is not delivered again.
    let mut done: Option<u64> = None;
    loop {
        match notices.recv().await {
            Ok(notice) if done.is_some_and(|done| notice.slot <= done) => {}
            Ok(notice) => {
                hub.deliver(&notice);
                done = Some(notice.slot);
                feed_logs(&hub, notice).await;
            }
            Err(RecvError::Lagged(lost)) => {
                tracing::warn!(
                    lost,
                    "missed notifications of blocks; resyncing from the published view"
                );
                done = Some(hub.resync(&node));
                hub.cut_off_logs();
                hub.cut_off_programs();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Delivers the logs of a published block, if logs are followed. A full block takes long to render, so that happens on
/// a thread that may block.
async fn feed_logs(hub: &Arc<SubscriptionHub>, notice: Arc<BlockNotice>) {
    if !hub.wants_logs() {
        return;
    }
    let Some(block) = notice.block.clone() else {
        hub.cut_off_logs();
        return;
    };
    drop(notice);
    let hub = Arc::clone(hub);
    let delivery = tokio::task::spawn_blocking(move || hub.deliver_logs(block.history()));
    if delivery.await.is_err() {
        tracing::error!("delivering the logs of a block panicked (internal error, a bug)");
    }
}
