//! The bounds on clients.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use isobath_rpc::RpcConfig;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use serde_json::{Value, json};

use crate::client::{call, connect, exchange, post};
use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};

#[test]
fn large_requests_are_refused() {
    let fixture = Fixture::start();
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"getHealth","x":"{}"}}"#,
        "x".repeat(128 << 10)
    );
    let answer = post(fixture.http(), &body);
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json(),
        json!({
            "jsonrpc": "2.0", "id": null,
            "error": { "code": -32600, "message": "the request has more than 131072 bytes" },
        })
    );
    let mut socket = fixture.socket();
    socket.send(&body);
    assert_eq!(
        socket.receive(),
        json!({
            "jsonrpc": "2.0", "id": null,
            "error": { "code": -32600, "message": "the message has more than 131072 bytes" },
        })
    );
    assert_eq!(socket.call(2, "getHealth", json!([]))["result"], "ok");
}

#[test]
fn large_requests_are_refused_however_they_come() {
    let fixture = Fixture::start();
    let chunk = format!("8000\r\n{}\r\n", "[".repeat(0x8000));
    let chunked = format!("transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(5));
    // The length alone decides; the server does not wait for the body.
    let declared = ["131073", "4294967298", "4611686018427387904"]
        .map(|length| format!("content-length: {length}\r\n\r\n["));
    for rest in declared.into_iter().chain([chunked]) {
        let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
        let answer = exchange(fixture.http(), format!("{head}{rest}").as_bytes());
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["error"]["code"], -32600);
    }
}

#[test]
fn large_batches_are_refused() {
    let mut config = RpcConfig::on_port(0);
    config.limits.batch_entries_max = 3;
    let fixture = Fixture::start_with(config, None);
    let batch = |count: usize| {
        let entry = json!({ "jsonrpc": "2.0", "id": 1, "method": "getHealth" });
        post(fixture.http(), &Value::Array(vec![entry; count]).to_string()).json()
    };
    assert_eq!(batch(3).as_array().map(Vec::len), Some(3));
    assert_eq!(
        batch(4),
        json!({
            "jsonrpc": "2.0", "id": null,
            "error": { "code": -32600, "message": "the batch has 4 entries, at most 3 are served" },
        })
    );
    assert_eq!(fixture.server().counters().refused_batches.get(), 1);
}

#[test]
fn large_answers_are_refused() {
    let mut config = RpcConfig::on_port(0);
    config.limits.response_bytes_max = 2_000;
    let fixture = Fixture::start_with(config, None);
    let params = json!([vec![dev_key(0).pubkey(); 100]]);
    let refusal = json!({ "code": -32603, "message": "the answer has more than 2000 bytes" });
    assert_eq!(fixture.error("getMultipleAccounts", params), refusal);
    let params = json!([vec![dev_key(0).pubkey(); 8]]);
    let entry = json!({ "jsonrpc": "2.0", "id": 1, "method": "getMultipleAccounts", "params": params });
    let batch = post(fixture.http(), &Value::Array(vec![entry; 100]).to_string()).json();
    assert_eq!(batch, json!({ "jsonrpc": "2.0", "id": null, "error": refusal }));
}

#[test]
fn subscriptions_are_counted_per_connection() {
    let mut config = RpcConfig::on_port(0);
    config.limits.subscriptions_max = 2;
    let fixture = Fixture::start_with(config, None);
    let mut socket = fixture.socket();
    for id in 1..3 {
        assert!(socket.call(id, "accountSubscribe", json!([fresh_key(1)]))["result"].is_u64());
    }
    let error = socket.call(3, "accountSubscribe", json!([fresh_key(1)]))["error"].clone();
    assert_eq!(
        error,
        json!({
            "code": -32600, "message": "the connection has 2 subscriptions, the maximum",
        })
    );
    assert!(
        fixture
            .socket()
            .call(1, "accountSubscribe", json!([fresh_key(1)]))["result"]
            .is_u64()
    );
}

/// Sends a frame again and again without reading; the bytes that were taken before the node stopped reading.
fn push_unread(fixture: &Fixture, frame: &[u8]) -> usize {
    let mut stream = fixture.socket().into_stream();
    stream
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let frames = frame.repeat(8_192 / frame.len() + 1);
    let (mut taken, begun) = (0, Instant::now());
    while let Ok(count) = stream.write(&frames) {
        taken += count;
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{taken} bytes are taken, and more"
        );
    }
    taken
}

#[test]
fn messages_are_not_read_before_answers_are() {
    let mut config = RpcConfig::on_port(0);
    config.limits.messages_in_flight_max = 8;
    let fixture = Fixture::start_with(config, None);
    let slot = br#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#;
    for message in [&b"x"[..], slot] {
        let frame = crate::client::frame(message);
        // Only the buffers of the system fill up.
        let taken = push_unread(&fixture, &frame);
        assert!(
            taken < 32 << 20,
            "{taken} bytes were taken from a client that does not read"
        );
    }
    assert_eq!(call(fixture.http(), "getHealth", json!([]))["result"], "ok");
}

#[test]
fn requests_that_take_too_long_are_given_up() {
    let mut config = RpcConfig::on_port(0);
    config.limits.request_time_max = Duration::from_millis(400);
    let fixture = Fixture::start_with(config, None);
    let head =
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    let mut slow_head = connect(fixture.http());
    let mut slow_body = connect(fixture.http());
    slow_body.write_all(head.as_bytes()).unwrap();
    for byte in head.bytes().take(12) {
        // The node may have hung up already.
        drop(slow_head.write_all(&[byte]));
        drop(slow_body.write_all(b" "));
        std::thread::sleep(Duration::from_millis(60));
    }
    let mut rest = Vec::new();
    drop(slow_head.read_to_end(&mut rest));
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    let answer = crate::client::read_answer(slow_body);
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["error"]["code"], -32600);
}

#[test]
fn silent_connections_are_closed() {
    let mut config = RpcConfig::on_port(0);
    config.limits.idle_max = Duration::from_millis(200);
    let fixture = Fixture::start_with(config, None);
    let mut socket = fixture.socket();
    while socket.receive_text().is_some() {}
    assert_eq!(call(fixture.http(), "getHealth", json!([]))["result"], "ok");
}

#[test]
fn a_client_that_does_not_read_is_hung_up_on_and_holds_up_nobody() {
    const KEY: Pubkey = Pubkey([0x61; 32]);
    let mut genesis = Genesis::development();
    genesis.accounts.push(GenesisAccount {
        data: vec![7; 1 << 20],
        ..GenesisAccount::funded(KEY, 10_000_000_000)
    });
    genesis.normalize();
    let mut config = RpcConfig::on_port(0);
    config.limits.write_stall_max = Duration::from_millis(300);
    let fixture = Fixture::start_with(config, Some(genesis));
    let mut lazy = fixture.socket();
    for id in 0..300 {
        lazy.send_call(id, "getAccountInfo", json!([KEY, { "encoding": "base64" }]));
    }
    for id in 0..20 {
        let mut busy = fixture.socket();
        let info = busy.call(id, "getAccountInfo", json!([KEY, { "encoding": "base64+zstd" }]));
        assert_eq!(info["result"]["value"]["space"], 1 << 20);
    }
    std::thread::sleep(Duration::from_millis(600));
    let mut answers = 0;
    while lazy.receive_text().is_some() {
        answers += 1;
    }
    assert!(answers < 300, "all {answers} answers were kept for it");
}

/// Simulations and preflights have a budget: what one costs is charged to its address when it has run.
#[test]
fn simulations_that_cost_too_much_are_refused() {
    let mut config = RpcConfig::on_port(0);
    // A transfer costs about 1,500 units, so the first one uses up the share of a second, and a long time.
    config.limits.simulation_units_per_second = 10;
    let fixture = Fixture::start_with(config, None);
    let transaction = to_base64(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000));
    let params = json!([transaction, { "encoding": "base64" }]);
    assert_eq!(
        fixture.result("simulateTransaction", params.clone())["value"]["err"],
        Value::Null
    );
    for method in ["simulateTransaction", "sendTransaction"] {
        let error = fixture.error(method, params.clone());
        assert_eq!(error["code"], -32005);
        assert_eq!(
            error["message"],
            "Node is busy: the simulations and preflights from your address cost more than its share of 10 units per \
             second; try again later, or send without preflight"
        );
    }
    assert_eq!(
        fixture.server().counters().refused_simulations_of_address.get(),
        2
    );
    let skipped = json!([transaction, { "encoding": "base64", "skipPreflight": true }]);
    let signature = fixture.result("sendTransaction", skipped);
    fixture.confirm(signature.as_str().unwrap());
}

/// A preflight is charged like a simulation.
#[test]
fn preflights_use_the_budget_of_simulations() {
    let mut config = RpcConfig::on_port(0);
    config.limits.simulation_units_per_second = 10;
    let fixture = Fixture::start_with(config, None);
    fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000));
    let next = to_base64(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_001));
    let error = fixture.error("sendTransaction", json!([next, { "encoding": "base64" }]));
    assert_eq!(error["code"], -32005);
}

/// The last of its signatures is wrong, so all of them are verified, and nothing runs.
#[test]
fn a_simulation_with_a_wrong_signature_uses_the_budget() {
    let mut config = RpcConfig::on_port(0);
    config.limits.simulation_units_per_second = 10;
    let fixture = Fixture::start_with(config, None);
    let mut forged = fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000);
    forged.signatures[0].0[5] ^= 1;
    let params = json!([to_base64(&forged), { "encoding": "base64", "sigVerify": true }]);
    let first = fixture.result("simulateTransaction", params.clone());
    assert_eq!(first["value"]["err"], "SignatureFailure");
    assert_eq!(fixture.error("simulateTransaction", params)["code"], -32005);
}
