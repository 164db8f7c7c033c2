//! A disk that fails: the node reports it, accepts nothing more, and keeps all that it published.

mod support;

use isobath_node::{Node, NodeConfig, Preflight, SubmitError};
use isobath_storage::LossyStorage;
use isobath_testkit::keys::{dev_key, unfunded_key};
use support::{FAST_SLOT_MS, PATIENCE, balance, confirmed, submit, transfer};
use tokio::time::timeout;

fn on(disk: &LossyStorage) -> NodeConfig {
    let mut config = NodeConfig::default();
    config.slot_ms = Some(FAST_SLOT_MS);
    config.storage = Some(Box::new(disk.clone()));
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_disk_stops_the_node_and_loses_nothing_published() {
    for operations in 0..4 {
        let disk = LossyStorage::new();
        let node = Node::start(on(&disk)).unwrap();
        let mut notices = node.notices();
        let to = unfunded_key(1).pubkey();
        let signature = submit(&node, transfer(&node, &dev_key(0), &to, 1_000_000)).await;
        confirmed(&mut notices, &signature).await;

        disk.stop_after(operations);
        timeout(PATIENCE, node.stopped()).await.unwrap();
        let reason = node.failed().unwrap();
        assert!(reason.contains("ledger") && reason.contains("kept"), "{reason}");
        let late = node
            .submit(transfer(&node, &dev_key(1), &to, 1), Preflight::Skip)
            .await;
        assert!(matches!(late, Err(SubmitError::Failed(_))), "{late:?}");
        assert_eq!(
            balance(&node, &to),
            1_000_000,
            "what was published stays readable"
        );
        let published = node.published().chain().slot();
        drop(node);

        disk.crash();
        let node = Node::start(on(&disk)).unwrap();
        assert!(node.published().chain().slot() >= published);
        assert!(node.find(&signature).unwrap().is_some());
        assert_eq!(balance(&node, &to), 1_000_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_names_the_cure() {
    let disk = LossyStorage::new();
    let node = Node::start(on(&disk)).unwrap();
    disk.set_capacity(Some(disk.bytes().len() + 10_000));
    timeout(PATIENCE, node.stopped()).await.unwrap();
    let reason = node.failed().unwrap();
    assert!(reason.contains("room"), "{reason}");
}
