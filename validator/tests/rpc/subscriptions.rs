//! Subscriptions over WebSocket.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::WebSocket;
use crate::fixture::{Fixture, dev_key, fresh_key};

/// Subscribes and returns the id; the answer comes before any notification.
pub(crate) fn subscribe(socket: &mut WebSocket, method: &str, params: Value) -> u64 {
    socket.send_call(1, method, params);
    let answer = socket.receive();
    assert_eq!(answer["id"], 1, "{answer}");
    let id = answer["result"].as_u64().expect("a number");
    assert!(id < 1 << 53);
    id
}

/// A notification as a whole.
pub(crate) fn notification(method: &str, id: u64, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": { "result": result, "subscription": id } })
}

#[test]
fn a_signature_to_come() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let transaction = fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000);
    let signature = transaction.signatures[0];
    let id = subscribe(
        &mut socket,
        "signatureSubscribe",
        json!([signature, { "commitment": "confirmed" }]),
    );
    fixture.send(&transaction);
    let message = socket.receive();
    let slot = fixture.confirm(&signature.to_string())["slot"].clone();
    let result = json!({ "context": { "slot": slot }, "value": { "err": null } });
    assert_eq!(message, notification("signatureNotification", id, &result));
    // It ended by itself.
    assert_eq!(
        socket.call(2, "signatureUnsubscribe", json!([id]))["error"]["code"],
        -32602
    );
}

#[test]
fn a_signature_already_processed() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let signature = fixture.send(&fixture.transfer(&dev_key(1), &fresh_key(1), 1_000_000));
    fixture.confirm(&signature);
    let started = Instant::now();
    let id = subscribe(
        &mut socket,
        "signatureSubscribe",
        json!([signature, { "enableReceivedNotification": true }]),
    );
    let received = socket.receive();
    assert!(started.elapsed() >= Duration::from_millis(10));
    assert_eq!(received["params"]["result"]["value"], "receivedSignature");
    let processed = socket.receive();
    assert_eq!(processed["params"]["subscription"], id);
    assert_eq!(processed["params"]["result"]["value"], json!({ "err": null }));
}

#[test]
fn a_failed_signature() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let transaction = fixture.transfer(&dev_key(2), &fresh_key(1), u64::MAX);
    let id = subscribe(
        &mut socket,
        "signatureSubscribe",
        json!([transaction.signatures[0]]),
    );
    let params =
        json!([crate::fixture::to_base64(&transaction), { "encoding": "base64", "skipPreflight": true }]);
    fixture.result("sendTransaction", params);
    let message = socket.receive();
    assert_eq!(message["params"]["subscription"], id);
    assert_eq!(
        message["params"]["result"]["value"],
        json!({ "err": { "InstructionError": [0, { "Custom": 1 }] } })
    );
}

#[test]
fn every_signature_of_many() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let payer = dev_key(3);
    let transactions: Vec<_> = (0..200)
        .map(|number| fixture.transfer(&payer, &fresh_key(1), 1_000_000 + number))
        .collect();
    for (transaction, call) in transactions.iter().zip(100..) {
        socket.send_call(call, "signatureSubscribe", json!([transaction.signatures[0]]));
    }
    for transaction in &transactions {
        fixture.send(transaction);
    }
    let (mut answers, mut notifications) = (0, 0);
    while notifications < transactions.len() {
        let message = socket.receive();
        match message["method"].as_str() {
            Some("signatureNotification") => notifications += 1,
            _ => answers += 1,
        }
    }
    assert_eq!(answers, transactions.len());
}

#[test]
fn an_account() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let to = fresh_key(1);
    let id = subscribe(
        &mut socket,
        "accountSubscribe",
        json!([to, { "encoding": "base64" }]),
    );
    fixture.send(&fixture.transfer(&dev_key(4), &to, 1_000_000));
    let message = socket.receive();
    let slot = message["params"]["result"]["context"]["slot"].clone();
    assert!(slot.is_u64());
    let account = json!({
        "lamports": 1_000_000, "owner": "11111111111111111111111111111111", "executable": false,
        "rentEpoch": u64::MAX, "space": 0, "data": ["", "base64"],
    });
    let result = json!({ "context": { "slot": slot }, "value": account });
    assert_eq!(message, notification("accountNotification", id, &result));
    fixture.send(&fixture.transfer(&dev_key(4), &to, 1_000_001));
    assert_eq!(
        socket.receive()["params"]["result"]["value"]["lamports"],
        2_000_001
    );
    assert_eq!(socket.call(2, "accountUnsubscribe", json!([id]))["result"], true);
    let again = socket.call(3, "accountUnsubscribe", json!([id]));
    assert_eq!(again["error"]["code"], -32602);
}

#[test]
fn slots() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let id = subscribe(&mut socket, "slotSubscribe", json!([]));
    let first = socket.receive();
    let slot = first["params"]["result"]["slot"].as_u64().unwrap();
    for number in slot + 1..slot + 10 {
        let result = json!({ "parent": number - 1, "slot": number, "root": number });
        assert_eq!(socket.receive(), notification("slotNotification", id, &result));
    }
    assert_eq!(socket.call(2, "slotUnsubscribe", json!([id]))["result"], true);
}

#[test]
fn roots() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let id = subscribe(&mut socket, "rootSubscribe", json!([]));
    let slot = socket.receive()["params"]["result"].as_u64().unwrap();
    assert_eq!(
        socket.receive(),
        notification("rootNotification", id, &json!(slot + 1))
    );
    assert_eq!(socket.call(2, "rootUnsubscribe", json!([id]))["result"], true);
}

#[test]
fn wrong_parameters_are_refused() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    for (method, params) in [
        ("signatureSubscribe", json!(["x"])),
        ("signatureSubscribe", json!([])),
        ("accountSubscribe", json!([1])),
        ("accountSubscribe", json!([fresh_key(1), { "encoding": "hex" }])),
        ("slotSubscribe", json!([1])),
        ("rootSubscribe", json!([1])),
        ("programSubscribe", json!([])),
        ("programSubscribe", json!([fresh_key(1), { "filters": [7] }])),
        ("logsSubscribe", json!([])),
        ("logsSubscribe", json!(["some"])),
        ("logsSubscribe", json!([{ "mentions": [] }])),
        (
            "logsSubscribe",
            json!([{ "mentions": [fresh_key(1), fresh_key(2)] }]),
        ),
        ("logsSubscribe", json!([{ "mentions": ["x"] }])),
    ] {
        assert_eq!(
            socket.call(7, method, params)["error"]["code"],
            -32602,
            "{method}"
        );
    }
    let unknown = socket.call(8, "slotUnsubscribe", json!([12345]));
    assert_eq!(
        unknown["error"],
        json!({ "code": -32602, "message": "Invalid subscription id." })
    );
    assert_eq!(
        socket.call(9, "blockSubscribe", json!([]))["error"]["code"],
        -32601
    );
}
