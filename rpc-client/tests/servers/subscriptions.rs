//! Subscriptions against a WebSocket server that sends what the test says, and ends when it says.

use std::sync::Arc;

use isobath_rpc_client::{
    ClientConfig, LogsFilter, LogsNotice, Notification, PubsubClient, RpcError, SlotNotice, Subscription,
};
use isobath_sdk::{Pubkey, Signature};
use jsonrpsee::RpcModule;
use jsonrpsee::server::{PendingSubscriptionSink, ServerBuilder, ServerHandle, SubscriptionMessage};
use jsonrpsee::types::ErrorObject;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::scripted::{Reply, closed_port, serve};
use crate::{PATIENCE, SMALL};

/// Serves `method`, whose subscribers get `notifications`; the address and the handle that ends the server.
async fn serve_notifications(
    (subscribe, notification, unsubscribe): (&'static str, &'static str, &'static str),
    notifications: Vec<Value>,
) -> (String, ServerHandle) {
    let mut module = RpcModule::new(());
    let send_all = move |_, pending: PendingSubscriptionSink, _, _| {
        let notifications = notifications.clone();
        async move {
            let sink = pending.accept().await.unwrap();
            for value in notifications {
                let message = SubscriptionMessage::from(to_raw_value(&value).unwrap());
                sink.send(message).await.unwrap();
            }
            sink.closed().await;
        }
    };
    module
        .register_subscription(subscribe, notification, unsubscribe, send_all)
        .unwrap();
    let server = ServerBuilder::default().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    (url, server.start(module))
}

async fn connect(url: &str) -> PubsubClient {
    PubsubClient::connect(url, ClientConfig::default()).await.unwrap()
}

const SLOT: (&str, &str, &str) = ("slotSubscribe", "slotNotification", "slotUnsubscribe");

async fn next<T: serde::de::DeserializeOwned>(subscription: &mut Subscription<T>) -> Result<T, RpcError> {
    timeout(PATIENCE, subscription.next()).await.unwrap()
}

#[tokio::test]
async fn notifications_come_in_order_and_end_with_the_connection() {
    let slots: Vec<_> = (1..=100)
        .map(|slot| json!({"slot": slot, "parent": slot - 1, "root": 0}))
        .collect();
    let (url, server) = serve_notifications(SLOT, slots).await;
    // The subscription alone keeps the connection.
    let mut slots = connect(&url).await.slots().await.unwrap();
    for slot in 1..=100 {
        let expected = SlotNotice {
            slot,
            parent: slot.saturating_sub(1),
            root: 0,
        };
        assert_eq!(next(&mut slots).await, Ok(expected));
    }
    server.stop().unwrap();
    for _ in 0..2 {
        let error = next(&mut slots).await.unwrap_err();
        assert!(matches!(error, RpcError::SubscriptionEnded { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("{url} ended the subscription slotSubscribe;")),
            "{text}"
        );
    }
    let error = slots_of_a_dead_connection(&url, server).await;
    assert!(error.is_unanswered(), "{error:?}");
}

async fn slots_of_a_dead_connection(url: &str, server: ServerHandle) -> RpcError {
    server.stopped().await;
    PubsubClient::connect(url, ClientConfig::default())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_notification_that_does_not_decode_is_named_and_the_next_one_comes() {
    let slots = vec![json!({"slot": "x"}), json!({"slot": 2, "parent": 1, "root": 0})];
    let (url, _server) = serve_notifications(SLOT, slots).await;
    let mut slots = connect(&url).await.slots().await.unwrap();
    let error = next(&mut slots).await.unwrap_err();
    assert!(
        matches!(
            error,
            RpcError::InvalidAnswer {
                method: "slotSubscribe",
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(next(&mut slots).await.map(|notice| notice.slot), Ok(2));
}

#[tokio::test]
async fn logs_accounts_and_signatures_decode() {
    let signature = Signature([4; 64]);
    let logs =
        json!({"context": {"slot": 5}, "value": {"signature": signature, "err": null, "logs": ["a", "b"]}});
    let topic = ("logsSubscribe", "logsNotification", "logsUnsubscribe");
    let (url, _server) = serve_notifications(topic, vec![logs.clone(), logs.clone()]).await;
    let client = connect(&url).await;
    let mut typed: Subscription<Notification<LogsNotice>> = client.logs(LogsFilter::All).await.unwrap();
    let notice = next(&mut typed).await.unwrap();
    assert_eq!((notice.context.slot, notice.value.signature), (5, signature));
    assert_eq!(notice.value.logs, ["a", "b"]);
    let mentions = LogsFilter::Mentions(Pubkey([1; 32]));
    let mut raw: Subscription<Value> = client.logs(mentions).await.unwrap();
    assert_eq!(next(&mut raw).await, Ok(logs));

    let account = json!({
        "lamports": 9, "owner": Pubkey([2; 32]), "executable": false, "rentEpoch": 0, "data": ["AQID", "base64"],
    });
    let topic = ("accountSubscribe", "accountNotification", "accountUnsubscribe");
    let changed = json!({"context": {"slot": 6}, "value": account});
    let (url, _server) = serve_notifications(topic, vec![changed]).await;
    let mut changes = connect(&url).await.account(&Pubkey([1; 32])).await.unwrap();
    assert_eq!(next(&mut changes).await.unwrap().value.data, [1, 2, 3]);

    let topic = (
        "signatureSubscribe",
        "signatureNotification",
        "signatureUnsubscribe",
    );
    let failed = json!({"context": {"slot": 7}, "value": {"err": "AccountNotFound"}});
    let (url, _server) = serve_notifications(topic, vec![failed]).await;
    let mut notices = connect(&url).await.signature(&signature).await.unwrap();
    let notice = next(&mut notices).await.unwrap();
    assert_eq!(notice.value.err, Some(json!("AccountNotFound")));
}

#[tokio::test]
async fn a_reader_that_falls_behind_loses_the_subscription_not_single_notifications() {
    let is_given_up = Arc::new(Notify::new());
    let mut module = RpcModule::new(Arc::clone(&is_given_up));
    let send_forever = |_, pending: PendingSubscriptionSink, given_up: Arc<Arc<Notify>>, _| async move {
        let sink = pending.accept().await.unwrap();
        let slot = |slot: u64| to_raw_value(&json!({"slot": slot, "parent": 0, "root": 0})).unwrap();
        let mut slots = (1..).map(|number| SubscriptionMessage::from(slot(number)));
        // The client unsubscribes when it has fallen behind.
        while sink.send(slots.next().unwrap()).await.is_ok() {}
        given_up.notify_one();
    };
    module
        .register_subscription(SLOT.0, SLOT.1, SLOT.2, send_forever)
        .unwrap();
    let server = ServerBuilder::default().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    let _server = server.start(module);
    let client = PubsubClient::connect(&url, SMALL).await.unwrap();
    let mut slots = client.slots().await.unwrap();
    timeout(PATIENCE, is_given_up.notified()).await.unwrap();
    for slot in 1..=4 {
        assert_eq!(next(&mut slots).await.map(|notice| notice.slot), Ok(slot));
    }
    let error = next(&mut slots).await.unwrap_err();
    assert!(
        matches!(error, RpcError::SubscriptionLagged { waiting_max: 4, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_refused_subscription_keeps_the_reason() {
    let mut module = RpcModule::new(());
    let refuse = |_, pending: PendingSubscriptionSink, _, _| async move {
        let full = ErrorObject::owned::<()>(-32_005, "too many subscriptions", None);
        pending.reject(full).await;
    };
    module
        .register_subscription(SLOT.0, SLOT.1, SLOT.2, refuse)
        .unwrap();
    let server = ServerBuilder::default().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    let _server = server.start(module);
    let client = connect(&url).await;
    let error = client.slots().await.unwrap_err();
    assert!(error.refusal().unwrap().is_busy(), "{error:?}");
    let error = client.account(&Pubkey([1; 32])).await.unwrap_err();
    assert!(
        matches!(
            error,
            RpcError::NotServed {
                method: "accountSubscribe",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_a_websocket_is_named() {
    for url in ["", "http://127.0.0.1:1", "wss://", "ws://", "ws://:x"] {
        let error = PubsubClient::connect(url, SMALL).await.unwrap_err();
        assert!(matches!(error, RpcError::InvalidUrl { .. }), "{url}: {error:?}");
        assert!(
            error.to_string().ends_with("give a URL like ws://127.0.0.1:8900"),
            "{error}"
        );
    }
    let nowhere = format!("ws://{}", closed_port());
    let error = PubsubClient::connect(&nowhere, SMALL).await.unwrap_err();
    assert!(error.is_undelivered(), "{error:?}");
    let handshake = |bytes: &'static str| {
        // A handshake has no body, which the script sees as nothing; the bytes are sent at once.
        let url = serve(move |_| Reply::BytesThenClose(bytes.to_owned()));
        async move {
            PubsubClient::connect(&url.replace("http", "ws"), SMALL)
                .await
                .unwrap_err()
        }
    };
    let error = handshake("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert!(
        matches!(error, RpcError::HttpStatus { status: 403, .. }),
        "{error:?}"
    );
    let error = handshake("").await;
    assert!(matches!(error, RpcError::Disconnected { .. }), "{error:?}");
    let error = handshake("HELLO\r\n\r\n").await;
    assert!(matches!(error, RpcError::InvalidAnswer { .. }), "{error:?}");
}
