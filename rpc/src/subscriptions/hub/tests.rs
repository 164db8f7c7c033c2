//! Delivery, removal of what ended, cutting off what lags, and catching up after lost notices.

use std::sync::Arc;
use std::time::Duration;

use isobath_node::{BlockNotice, Node, NodeConfig, Preflight};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{dev_keypairs, faucet_keypair};
use isobath_sdk::{
    Hash, Message, MessageVersion, Pubkey, Signature, Transaction, TransactionError, builtins::system, ids,
};
use tokio::sync::mpsc;

use super::SubscriptionHub;
use crate::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::params::filters::Filters;
use crate::subscriptions::batches::LogsOf;
use crate::subscriptions::feed::run;

const KEY: Pubkey = Pubkey([1; 32]);
const SIGNATURE: Signature = Signature([2; 64]);

fn notice(slot: u64) -> BlockNotice {
    BlockNotice {
        slot,
        parent_slot: slot.saturating_sub(1),
        height: slot,
        blockhash: Hash::ZERO,
        signatures: vec![
            (SIGNATURE, Some(TransactionError::AccountInUse)),
            (Signature([3; 64]), None),
        ],
        changed: vec![
            (KEY, Some(Arc::new(Account::new(slot, ids::SYSTEM_PROGRAM)))),
            (Pubkey([4; 32]), None),
        ],
        block: None,
    }
}

fn connection() -> ConnectionHandle {
    ConnectionHandle::of_test(&RpcLimits::default())
}

#[tokio::test]
async fn every_waiter_gets_its_event() {
    let hub = SubscriptionHub::new(4);
    let (first, second) = (
        hub.wait_for_signature(SIGNATURE),
        hub.wait_for_signature(SIGNATURE),
    );
    let mut account = hub.follow_account(KEY, connection());
    let mut closed = hub.follow_account(Pubkey([4; 32]), connection());
    let mut slots = hub.follow_slots(connection());
    hub.deliver(&notice(7));
    for wait in [first, second] {
        let event = wait.await.expect("an event");
        assert_eq!(
            (event.slot, event.error),
            (7, Some(TransactionError::AccountInUse))
        );
    }
    assert_eq!(
        account
            .recv()
            .await
            .and_then(|event| event.account)
            .map(|account| account.lamports),
        Some(7)
    );
    assert!(closed.recv().await.expect("an event").account.is_none());
    let event = slots.recv().await.expect("an event");
    assert_eq!((event.parent, event.slot, event.root), (6, 7, 7));
    assert!(hub.lock().signatures.is_empty());
}

#[test]
fn ended_subscriptions_are_forgotten() {
    let hub = SubscriptionHub::new(4);
    let (stays, leaves) = (
        hub.wait_for_signature(SIGNATURE),
        hub.wait_for_signature(SIGNATURE),
    );
    hub.forget_signature(&SIGNATURE, leaves);
    assert_eq!(hub.lock().signatures.get(&SIGNATURE).map(Vec::len), Some(1));
    hub.forget_signature(&SIGNATURE, stays);
    assert!(hub.lock().signatures.is_empty());
    hub.forget_account(&KEY, hub.follow_account(KEY, connection()));
    assert!(hub.lock().accounts.is_empty());
    drop(hub.follow_slots(connection()));
    hub.deliver(&notice(1));
    assert!(hub.lock().slots.is_empty());
}

#[test]
fn a_lagging_follower_is_cut_off_alone() {
    let hub = SubscriptionHub::new(2);
    let (slow, quick) = (connection(), connection());
    let mut lagging = hub.follow_account(KEY, slow.clone());
    let mut reading = hub.follow_account(KEY, quick.clone());
    for slot in 1..=3 {
        hub.deliver(&notice(slot));
        assert_eq!(reading.try_recv().map(|event| event.slot), Ok(slot));
    }
    assert!(slow.is_closed() && !quick.is_closed());
    assert_eq!(hub.counters().lagging_closed.get(), 1);
    // It still gets what was queued, and then the end.
    assert_eq!(lagging.try_recv().map(|event| event.slot), Ok(1));
    assert_eq!(lagging.try_recv().map(|event| event.slot), Ok(2));
    assert_eq!(
        lagging.try_recv().err(),
        Some(mpsc::error::TryRecvError::Disconnected)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_notices_are_made_up_from_the_view() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(20);
    config.notice_capacity = 1;
    let node = Node::start(config).expect("a node");
    let mut watch = node.notices();
    // Never read until the end: it loses all but the last notice.
    let notices = node.notices();
    let (payer, to) = (&dev_keypairs()[0], faucet_keypair().pubkey());
    let blockhash = node.published().chain().blockhash();
    let transfer = system::transfer(&payer.pubkey(), &to, 1);
    let message =
        Message::compile(MessageVersion::Legacy, &payer.pubkey(), &[transfer], blockhash).expect("a message");
    let wire = Transaction::sign(message, &[payer])
        .expect("a transaction")
        .serialize();
    let signature = node.submit(wire, Preflight::Run).await.expect("accepted");
    while node.published().status(&signature).is_none() {
        drop(watch.recv().await);
    }
    let processed = node.published().status(&signature).expect("a status").slot;
    while node.published().chain().slot() < processed + 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let hub = Arc::new(SubscriptionHub::new(16));
    let wait = hub.wait_for_signature(signature);
    let mut account = hub.follow_account(to, connection());
    let mut slots = hub.follow_slots(connection());
    let task = tokio::spawn(run(Arc::clone(&hub), node.clone(), notices));
    assert_eq!(wait.await.expect("an event").slot, processed);
    assert!(
        account
            .recv()
            .await
            .is_some_and(|event| event.slot >= processed && event.account.is_some())
    );
    assert!(
        slots
            .recv()
            .await
            .is_some_and(|event| event.slot >= processed + 3)
    );
    assert!(hub.counters().subscription_resyncs.get() > 0);
    task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_who_would_miss_a_block_are_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(20);
    config.notice_capacity = 1;
    let node = Node::start(config).expect("a node");
    let notices = node.notices();
    let first = node.published().chain().slot();
    while node.published().chain().slot() < first + 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let hub = Arc::new(SubscriptionHub::new(16));
    let (logs, programs, accounts) = (connection(), connection(), connection());
    let mut lost_logs = hub.follow_logs(LogsOf::All, logs.clone());
    let mut lost_accounts = hub.follow_program(KEY, Filters::default(), programs.clone());
    let _kept = hub.follow_account(KEY, accounts.clone());
    let task = tokio::spawn(run(Arc::clone(&hub), node.clone(), notices));
    assert!(lost_logs.recv().await.is_none(), "cut off");
    assert!(lost_accounts.recv().await.is_none(), "cut off");
    assert!(logs.is_closed() && programs.is_closed() && !accounts.is_closed());
    assert_eq!(hub.counters().lagging_closed.get(), 2);
    task.abort();
}
