//! The task that feeds the node's notices to the subscriptions.
//!
//! Logs are not part of a notice, so the block is read back from the ledger when somebody follows them. When the task
//! falls behind and loses notices, it asks the view about what is waited for and reads the lost blocks back.

use std::sync::Arc;

use isobath_node::{BlockNotice, Node};
use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::subscriptions::hub::SubscriptionHub;

/// Hands out notices until the node is gone.
pub(crate) async fn run(
    hub: Arc<SubscriptionHub>,
    node: Node,
    mut notices: broadcast::Receiver<Arc<BlockNotice>>,
) {
    // The last slot that was handed out. What a resync has told is not told again.
    let mut done: Option<u64> = None;
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

/// Hands out the logs of a published block, if somebody follows logs.
async fn hand_out_logs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_logs() {
        return;
    }
    let (hub, node) = (Arc::clone(hub), node.clone());
    let work = move || match node.history(slot) {
        Ok(Some(history)) => hub.deliver_logs(&history),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, slot, "cannot read a block for its logs"),
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        tracing::error!(slot, "reading the logs of a block panicked");
    }
}

/// Hands out the accounts of followed programs for a block whose notice was lost.
async fn hand_out_programs(hub: &Arc<SubscriptionHub>, node: &Node, slot: u64) {
    if !hub.wants_programs() {
        return;
    }
    let (hub, node) = (Arc::clone(hub), node.clone());
    let work = move || match node.delta(slot) {
        Ok(Some(delta)) => {
            let changed: Vec<(Pubkey, Option<Arc<Account>>)> = delta
                .accounts
                .into_iter()
                .map(|(key, account)| (key, account.map(Arc::new)))
                .collect();
            hub.deliver_programs(slot, changed.iter().map(|(key, account)| (key, account.as_ref())));
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, slot, "cannot read what a block changed"),
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        tracing::error!(slot, "reading what a block changed panicked");
    }
}
