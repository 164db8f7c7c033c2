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

use super::{SlotForm, SubscriptionHub};
use crate::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::params::encoding::AccountEncoding;
use crate::params::filters::Filters;
use crate::subscriptions::batches::{LogsOf, ProgramQuery};
use crate::subscriptions::feed::run;
use crate::subscriptions::notify::SharedJson;
use crate::subscriptions::shared::Shape;

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
            (KEY, Some(Account::new(slot, ids::SYSTEM_PROGRAM))),
            (Pubkey([4; 32]), None),
        ],
        block: None,
    }
}

/// How the accounts are rendered in these tests.
const SHAPE: Shape = Shape {
    encoding: AccountEncoding::Base64,
    data_slice: None,
};

fn hub(notifications_queued_max: usize) -> SubscriptionHub {
    SubscriptionHub::new(&RpcLimits {
        notifications_queued_max,
        ..RpcLimits::default()
    })
}

fn any_account() -> ProgramQuery {
    ProgramQuery {
        filters: Filters::default(),
        shape: SHAPE,
    }
}

fn slot_of(event: &SharedJson) -> u64 {
    let event: serde_json::Value = serde_json::from_str(event.get()).expect("JSON");
    event["slot"].as_u64().expect("a slot")
}

fn connection() -> ConnectionHandle {
    ConnectionHandle::of_test(&RpcLimits::default())
}

/// What waits for subscriptions, in bytes.
fn held(hub: &SubscriptionHub) -> usize {
    hub.outlet.held.bytes()
}

#[tokio::test]
async fn every_waiter_gets_its_event() {
    let hub = hub(4);
    let (first, second) = (
        hub.wait_for_signature(SIGNATURE),
        hub.wait_for_signature(SIGNATURE),
    );
    let mut account = hub.follow_account(KEY, SHAPE, connection());
    let mut closed = hub.follow_account(Pubkey([4; 32]), SHAPE, connection());
    let mut slots = hub.follow_slots(SlotForm::Slot, connection());
    hub.deliver(&notice(7));
    for wait in [first, second] {
        let event = wait.await.expect("an event");
        assert_eq!(event.slot, 7);
        assert_eq!(
            event.result.get(),
            r#"{"context":{"slot":7},"value":{"err":"AccountInUse"}}"#
        );
    }
    assert_eq!(
        account
            .recv()
            .await
            .and_then(|event| event.account.clone())
            .map(|account| account.lamports),
        Some(7)
    );
    assert!(closed.recv().await.expect("an event").account.is_none());
    let event = slots.recv().await.expect("an event");
    assert_eq!(event.get(), r#"{"parent":6,"slot":7,"root":7}"#);
    assert!(hub.lock().signatures.is_empty());
}

#[test]
fn ended_subscriptions_are_forgotten() {
    let hub = hub(4);
    let (stays, leaves) = (
        hub.wait_for_signature(SIGNATURE),
        hub.wait_for_signature(SIGNATURE),
    );
    hub.forget_signature(&SIGNATURE, leaves);
    assert_eq!(hub.lock().signatures.get(&SIGNATURE).map(Vec::len), Some(1));
    hub.forget_signature(&SIGNATURE, stays);
    assert!(hub.lock().signatures.is_empty());
    hub.forget_account(&KEY, SHAPE, hub.follow_account(KEY, SHAPE, connection()));
    assert!(hub.lock().accounts.is_empty());
    drop(hub.follow_slots(SlotForm::Slot, connection()));
    hub.deliver(&notice(1));
    assert!(hub.lock().slots.is_empty());
}

#[test]
fn a_lagging_follower_is_cut_off_alone() {
    let hub = hub(2);
    let (slow, quick) = (connection(), connection());
    let mut lagging = hub.follow_account(KEY, SHAPE, slow.clone());
    let mut reading = hub.follow_account(KEY, SHAPE, quick.clone());
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
    while node.status(&signature).is_none() {
        drop(watch.recv().await);
    }
    let processed = node.status(&signature).expect("a status").slot;
    while node.published().chain().slot() < processed + 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let hub = Arc::new(hub(16));
    let wait = hub.wait_for_signature(signature);
    let mut account = hub.follow_account(to, SHAPE, connection());
    let mut slots = hub.follow_slots(SlotForm::Slot, connection());
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
            .is_some_and(|event| slot_of(&event) >= processed + 3)
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

    let hub = Arc::new(hub(16));
    let (logs, programs, accounts) = (connection(), connection(), connection());
    let mut lost_logs = hub.follow_logs(LogsOf::All, logs.clone());
    let mut lost_accounts = hub.follow_program(KEY, any_account(), programs.clone());
    let _kept = hub.follow_account(KEY, SHAPE, accounts.clone());
    let task = tokio::spawn(run(Arc::clone(&hub), node.clone(), notices));
    assert!(lost_logs.recv().await.is_none(), "cut off");
    assert!(lost_accounts.recv().await.is_none(), "cut off");
    assert!(logs.is_closed() && programs.is_closed() && !accounts.is_closed());
    assert_eq!(hub.counters().lagging_closed.get(), 2);
    task.abort();
}

#[test]
fn what_many_follow_is_one_object_and_counted_once() {
    let hub = hub(64);
    let system = ids::SYSTEM_PROGRAM;
    let only_empty = ProgramQuery {
        filters: Filters::parse(Some(vec![serde_json::json!({ "dataSize": 0 })])).expect("filters"),
        shape: SHAPE,
    };
    let mut followers: Vec<_> = (0..8)
        .map(|_| hub.follow_program(system, any_account(), connection()))
        .collect();
    followers.push(hub.follow_program(system, only_empty.clone(), connection()));
    let mut account = hub.follow_account(KEY, SHAPE, connection());
    hub.deliver(&notice(7));
    let bytes = held(&hub);
    let batches: Vec<_> = followers
        .iter_mut()
        .map(|queue| queue.try_recv().expect("a batch"))
        .collect();
    let shared = account.try_recv().expect("an event");
    // Equal subscriptions have one batch; other filters, and the account alone, the same account.
    assert!(batches[..8].iter().all(|batch| Arc::ptr_eq(batch, &batches[0])));
    assert!(batches.iter().all(|batch| Arc::ptr_eq(&batch[0], &shared)));
    drop((batches, shared));
    assert!(bytes > 0 && held(&hub) == 0);
    let one = {
        let hub = self::hub(64);
        let _account = hub.follow_account(KEY, SHAPE, connection());
        let _programs =
            [any_account(), only_empty].map(|query| hub.follow_program(system, query, connection()));
        hub.deliver(&notice(7));
        held(&hub)
    };
    assert_eq!(bytes, one, "counted once for ten followers");
}

#[test]
fn other_shapes_are_other_objects() {
    let hub = hub(64);
    let raw = Shape {
        encoding: AccountEncoding::Base64Zstd,
        ..SHAPE
    };
    let mut first = hub.follow_account(KEY, SHAPE, connection());
    let mut second = hub.follow_account(KEY, raw, connection());
    hub.deliver(&notice(7));
    let (first, second) = (first.try_recv().expect("one"), second.try_recv().expect("two"));
    assert!(!Arc::ptr_eq(&first, &second));
}

#[test]
fn signatures_of_one_block_share_their_result() {
    let hub = hub(4);
    let keys = [Signature([3; 64]), Signature([5; 64])];
    let waits = keys.map(|key| hub.wait_for_signature(key));
    let mut notice = notice(7);
    notice.signatures.push((keys[1], None));
    hub.deliver(&notice);
    let [first, second] = waits.map(|mut wait| wait.try_recv().expect("an event"));
    assert!(Arc::ptr_eq(&first.result, &second.result));
    assert_eq!(
        first.result.get(),
        r#"{"context":{"slot":7},"value":{"err":null}}"#
    );
    assert_eq!(hub.counters().notifications_encoded.get(), 1);
}

#[test]
fn slots_are_encoded_once_for_all() {
    let hub = hub(4);
    let mut queues: Vec<_> = (0..8)
        .map(|_| hub.follow_slots(SlotForm::Root, connection()))
        .collect();
    hub.deliver(&notice(7));
    for queue in &mut queues {
        assert_eq!(queue.try_recv().expect("an event").get(), "7");
    }
    assert_eq!(hub.counters().notifications_encoded.get(), 1);
}

#[test]
fn who_lags_most_is_cut_off_when_notifications_hold_too_much() {
    let hub = SubscriptionHub::new(&RpcLimits {
        notification_bytes_max: 4_000,
        ..RpcLimits::default()
    });
    let (slow, quick) = (connection(), connection());
    let lagging = hub.follow_account(KEY, SHAPE, slow.clone());
    let mut reading = hub.follow_account(KEY, SHAPE, quick.clone());
    for slot in 1..=20 {
        hub.deliver(&notice(slot));
        assert_eq!(reading.try_recv().map(|event| event.slot), Ok(slot));
    }
    assert!(slow.is_closed() && !quick.is_closed());
    assert!(lagging.len() <= 10, "{} queued", lagging.len());
    assert_eq!(hub.counters().lagging_closed.get(), 1);
    drop(lagging);
    assert_eq!(held(&hub), 0);
}

/// A query for one byte of each account, another one for each offset.
fn one_byte(offset: usize) -> ProgramQuery {
    let slice = serde_json::json!({ "offset": offset, "length": 1 });
    ProgramQuery {
        filters: Filters::default(),
        shape: Shape {
            data_slice: Some(serde_json::from_value(slice).expect("a slice")),
            ..SHAPE
        },
    }
}

#[test]
fn one_block_makes_no_more_than_may_wait() {
    let limits = RpcLimits {
        notification_bytes_max: 64 << 10,
        ..RpcLimits::default()
    };
    let hub = SubscriptionHub::new(&limits);
    let (greedy, honest) = (connection(), connection());
    let queues: Vec<_> = (0..1_000)
        .map(|offset| hub.follow_program(ids::SYSTEM_PROGRAM, one_byte(offset), greedy.clone()))
        .collect();
    let mut batches = hub.follow_program(ids::SYSTEM_PROGRAM, any_account(), honest.clone());
    let mut account = hub.follow_account(KEY, SHAPE, honest.clone());
    hub.deliver(&notice(7));
    // What a closed connection holds is there until its subscriptions end.
    let with_closed = held(&hub);
    assert!(
        with_closed <= 2 * limits.notification_bytes_max,
        "{with_closed} bytes held"
    );
    drop(queues);
    assert!(held(&hub) <= limits.notification_bytes_max);
    assert!(greedy.is_closed() && !honest.is_closed());
    assert_eq!(batches.try_recv().map(|batch| batch.len()), Ok(1));
    assert_eq!(account.try_recv().map(|event| event.slot), Ok(7));
}

#[test]
fn a_connection_that_is_closed_counts_once() {
    let hub = hub(1);
    let slow = connection();
    let _queues: Vec<_> = (0..100)
        .map(|_| hub.follow_account(KEY, SHAPE, slow.clone()))
        .collect();
    hub.deliver(&notice(1));
    hub.deliver(&notice(2));
    assert!(slow.is_closed());
    assert_eq!(hub.counters().lagging_closed.get(), 1);
}

#[test]
fn queues_of_equal_length_are_weighed_by_what_they_hold() {
    let hub = SubscriptionHub::new(&RpcLimits {
        notification_bytes_max: 64 << 10,
        ..RpcLimits::default()
    });
    let (large, small) = (connection(), connection());
    let large_key = Pubkey([5; 32]);
    let _large = hub.follow_account(large_key, SHAPE, large.clone());
    let mut queue = hub.follow_account(KEY, SHAPE, small.clone());
    let mut account = Account::new(1, ids::SYSTEM_PROGRAM);
    account.data = vec![0; 20 << 10].into();
    for slot in 1..=2 {
        let mut notice = notice(slot);
        notice.changed.push((large_key, Some(account.clone())));
        hub.deliver(&notice);
    }
    hub.deliver(&notice(3));
    assert!(large.is_closed() && !small.is_closed());
    for slot in 1..=3 {
        assert_eq!(queue.try_recv().map(|event| event.slot), Ok(slot));
    }
}

#[test]
fn an_event_that_never_fits_closes_only_those_who_ask_for_it() {
    let hub = SubscriptionHub::new(&RpcLimits {
        notification_bytes_max: 4_000,
        ..RpcLimits::default()
    });
    let (asks, waits) = (connection(), connection());
    let mut large = hub.follow_account(Pubkey([5; 32]), SHAPE, asks.clone());
    let mut small = hub.follow_account(KEY, SHAPE, waits.clone());
    let mut account = Account::new(1, ids::SYSTEM_PROGRAM);
    account.data = vec![0; 4_000].into();
    let mut notice = notice(1);
    notice.changed.push((Pubkey([5; 32]), Some(account)));
    hub.deliver(&notice);
    assert!(asks.is_closed() && !waits.is_closed());
    assert!(large.try_recv().is_err());
    assert_eq!(small.try_recv().map(|event| event.slot), Ok(1));
}

#[test]
fn an_event_is_made_for_each_connection_that_reads() {
    let hub = SubscriptionHub::new(&RpcLimits {
        notification_bytes_max: 4_000,
        ..RpcLimits::default()
    });
    let reading: Vec<_> = (0..100).map(|_| connection()).collect();
    let mut queues: Vec<_> = reading
        .iter()
        .map(|connection| hub.follow_account(KEY, SHAPE, connection.clone()))
        .collect();
    for slot in 1..=20 {
        hub.deliver(&notice(slot));
        for queue in &mut queues {
            assert_eq!(queue.try_recv().map(|event| event.slot), Ok(slot));
        }
    }
    assert!(reading.iter().all(|connection| !connection.is_closed()));
    drop(queues);
    assert_eq!(held(&hub), 0);
}
