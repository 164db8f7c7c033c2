//! The bounds on clients.

use std::time::Duration;

use isobath_sdk::Pubkey;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_validator::rpc::RpcConfig;
use serde_json::{Value, json};

use crate::client::{call, post, request};
use crate::fixture::{Fixture, dev_key, fresh_key};

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
    assert!(socket.receive()["error"]["code"].is_i64());
    assert_eq!(socket.call(2, "getHealth", json!([]))["result"], "ok");
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
    assert_eq!(fixture.server.counters().refused_batches.get(), 1);
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
            "code": -32600, "message": "the connection has 2 subscriptions, which is the most",
        })
    );
    assert!(
        fixture
            .socket()
            .call(1, "accountSubscribe", json!([fresh_key(1)]))["result"]
            .is_u64()
    );
}

#[test]
fn connections_wait_for_a_place() {
    let mut config = RpcConfig::on_port(0);
    config.limits.connections_max = 1;
    let fixture = Fixture::start_with(config, None);
    let mut first = fixture.socket();
    assert_eq!(first.call(1, "getHealth", json!([]))["result"], "ok");
    let address = fixture.server.ws_addr();
    let second = std::thread::spawn(move || request(address, "GET", "/health", &[], b"").body);
    assert_eq!(first.call(2, "getHealth", json!([]))["result"], "ok");
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.join().unwrap(), "ok");
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
