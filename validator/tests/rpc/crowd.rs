//! The bounds on clients in sum: many connections, many heavy calls, many subscriptions.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use isobath_rpc::RpcConfig;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use serde_json::{Value, json};

use crate::client::{call, connect, post, request};
use crate::fixture::{Fixture, dev_key, fresh_key};

/// An account of 1 MiB that compresses badly.
const LARGE: Pubkey = Pubkey([0x61; 32]);

fn config() -> RpcConfig {
    RpcConfig::on_port(0)
}

fn start_with_large_account(config: RpcConfig) -> Fixture {
    let mut genesis = Genesis::development();
    let noise = (0..1u32 << 20).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3]);
    genesis.accounts.push(GenesisAccount {
        data: noise.collect(),
        ..GenesisAccount::funded(LARGE, 10_000_000_000)
    });
    genesis.normalize();
    Fixture::start_with(config, Some(genesis))
}

fn large() -> Value {
    json!([LARGE, { "encoding": "base64" }])
}

/// Parameters of getMultipleAccounts for that account, several times.
fn many(count: usize, encoding: &str) -> Value {
    json!([vec![LARGE; count], { "encoding": encoding }])
}

fn health(fixture: &Fixture) -> String {
    request(fixture.http(), "GET", "/health", &[], b"").body
}

#[test]
fn health_is_answered_while_all_connections_are_busy() {
    let mut config = config();
    config.limits.connections_max = 2;
    let fixture = Fixture::start_with(config, None);
    let follow = |number| {
        let mut socket = fixture.socket();
        assert!(socket.call(1, "accountSubscribe", json!([fresh_key(number)]))["result"].is_u64());
        socket
    };
    let followers = [1, 2].map(follow);
    let ws = fixture.server().ws_addr();
    assert_eq!(request(ws, "GET", "/health", &[], b"").body, "ok");
    let headers = [
        ("upgrade", "websocket"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
    ];
    let refusal = request(ws, "GET", "/", &headers, b"");
    assert_eq!(
        (refusal.status, refusal.header("connection")),
        (503, Some("close"))
    );
    assert_eq!(
        refusal.json()["error"]["message"],
        "Node is busy: the port has 2 connections, the maximum; try again later"
    );
    assert!(fixture.server().counters().refused_connections.get() > 0);
    drop(followers);
    fixture.wait(|| (request(ws, "GET", "/", &[], b"").status == 403).then_some(()));
}

#[test]
fn an_address_with_too_many_connections_is_still_answered_about_health() {
    let mut config = config();
    config.limits.connections_per_address_max = 2;
    config.limits.heavy_calls_max = 1;
    config.limits.large_answers_bytes_max = 1;
    config.limits.unread_max = Duration::from_secs(60);
    let fixture = start_with_large_account(config);
    // Neither reads its answer, so both are busy.
    let busy = [(); 2].map(|()| ask_without_reading(&fixture));
    fixture.wait(|| {
        let refused = post(fixture.http(), &call_text("getSlot", &json!([])));
        (refused.status == 503).then(|| {
            let error = &refused.json()["error"];
            assert_eq!(error["code"], -32005);
            let text = error["message"].as_str().unwrap();
            assert!(text.contains("your address has 2 connections"), "{text}");
        })
    });
    assert_eq!(health(&fixture), "ok");
    assert_eq!(call(fixture.http(), "getHealth", json!([]))["result"], "ok");
    drop(busy);
    fixture.wait(|| (post(fixture.http(), &call_text("getSlot", &json!([]))).status == 200).then_some(()));
}

fn call_text(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// A connection whose client asks for the large account and reads nothing.
fn ask_without_reading(fixture: &Fixture) -> std::net::TcpStream {
    let mut stream = connect(fixture.http());
    let body = call_text("getMultipleAccounts", &many(16, "base64"));
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length";
    stream
        .write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes())
        .unwrap();
    stream
}

#[test]
fn silent_connections_give_way_to_requests() {
    let mut config = config();
    config.limits.connections_max = 32;
    config.limits.connections_per_address_max = 16;
    let fixture = Fixture::start_with(config, None);
    let silent: Vec<_> = (0..200).map(|_| connect(fixture.http())).collect();
    assert_eq!(health(&fixture), "ok");
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    for _ in 0..8 {
        assert!(call(fixture.http(), "getSlot", json!([]))["result"].is_u64());
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(fixture.server().counters().idle_closed.get() > 0);
    drop(silent);
}

#[test]
fn answers_that_nobody_reads_are_bounded_in_sum() {
    let mut config = config();
    // Sixteen accounts of 1 MiB take 22 MiB as base64; one such answer fits and half of another.
    config.limits.large_answers_bytes_max = 32 << 20;
    config.limits.unread_max = Duration::from_millis(100);
    let fixture = start_with_large_account(config);
    let lazy: Vec<_> = (0..6).map(|_| ask_without_reading(&fixture)).collect();
    fixture.wait(|| (fixture.server().counters().large_unread_closed.get() > 0).then_some(()));
    // The last in the queue reads, and gets its answer because the others are closed.
    let account = call(fixture.http(), "getAccountInfo", large());
    assert_eq!(account["result"]["value"]["space"], 1 << 20);
    drop(lazy);
}

#[test]
fn light_calls_do_not_wait_behind_heavy_ones() {
    let mut config = config();
    config.limits.heavy_calls_max = 1;
    let fixture = start_with_large_account(config);
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                call(fixture.http(), "getMultipleAccounts", many(4, "base64+zstd"));
                answered.fetch_add(1, Ordering::SeqCst);
            });
        }
        while answered.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let before = answered.load(Ordering::SeqCst);
        let light = call(fixture.http(), "getAccountInfo", json!([dev_key(0).pubkey()]));
        assert!(light["result"]["value"]["lamports"].is_u64());
        let after = answered.load(Ordering::SeqCst);
        assert!(
            after - before < 12,
            "{} heavy calls were answered first",
            after - before
        );
    });
}

#[test]
fn heavy_calls_that_wait_are_bounded() {
    let mut config = config();
    config.limits.heavy_calls_max = 1;
    config.limits.heavy_queued_per_address_max = 2;
    let fixture = start_with_large_account(config);
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let params = many(4, "base64+zstd");
                let answer = call(fixture.http(), "getMultipleAccounts", params);
                if let Some(error) = answer.get("error") {
                    assert_eq!(error["code"], -32005);
                    let text = error["message"].as_str().unwrap();
                    assert!(
                        text.starts_with("Node is busy: 2 calls of this kind from your address"),
                        "{text}"
                    );
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    let refused = refused.into_inner();
    assert!((1..16).contains(&refused), "{refused} calls were refused");
    assert_eq!(
        fixture.server().counters().refused_heavy_of_address.get(),
        refused as u64
    );
}

#[test]
fn parameters_of_heavy_calls_are_not_read_before_their_turn() {
    let mut config = config();
    config.limits.heavy_queued_max = 0;
    let fixture = Fixture::start_with(config, None);
    // These are far larger as values than as text, and no method takes them.
    let params = vec![vec![0; 10_000]; 6];
    for method in ["getBlock", "getProgramAccounts", "simulateTransaction"] {
        assert_eq!(fixture.error(method, json!(params))["code"], -32005, "{method}");
    }
}

#[test]
fn subscriptions_are_bounded_in_sum_and_for_each_address() {
    for (in_sum, of_address, expected) in [
        (
            3,
            100,
            "Node is busy: the node has 3 subscriptions, the maximum; try again later",
        ),
        (
            100,
            3,
            "Node is busy: your address has 3 subscriptions, the maximum; unsubscribe from some",
        ),
    ] {
        let mut config = config();
        config.limits.subscriptions_sum_max = in_sum;
        config.limits.subscriptions_per_address_max = of_address;
        let fixture = Fixture::start_with(config, None);
        let mut sockets = [(); 4].map(|()| fixture.socket());
        let mut subscribe = |socket: usize| sockets[socket].call(1, "slotSubscribe", json!([]));
        for socket in 0..3 {
            assert!(subscribe(socket)["result"].is_u64());
        }
        let refused = subscribe(3);
        assert_eq!(refused["error"]["code"], -32005);
        assert_eq!(refused["error"]["message"], expected);
        let first = std::mem::replace(&mut sockets[0], fixture.socket());
        drop(first);
        fixture.wait(|| {
            let mut socket = fixture.socket();
            socket.call(1, "slotSubscribe", json!([]))["result"]
                .is_u64()
                .then_some(())
        });
    }
}

#[test]
fn batches_that_nobody_reads_are_bounded_in_sum() {
    let mut config = config();
    // Fourteen accounts of 1 MiB take 20 MiB as base64; the address may have 24 MiB.
    config.limits.batch_answers_bytes_max = 48 << 20;
    let fixture = start_with_large_account(config);
    let entry = json!({ "jsonrpc": "2.0", "id": 1, "method": "getAccountInfo", "params": large() });
    let batch = Value::Array(vec![entry; 14]).to_string();
    let mut lazy = connect(fixture.http());
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length";
    lazy.write_all(format!("{head}: {}\r\n\r\n{batch}", batch.len()).as_bytes())
        .unwrap();
    let answered = lazy.peek(&mut [0]).unwrap();
    assert_eq!(answered, 1);
    let refused = post(fixture.http(), &batch).json();
    assert_eq!(refused["error"]["code"], -32005, "{refused}");
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("the answers of batches")
    );
    assert_eq!(fixture.server().counters().refused_batch_answers.get(), 1);
    drop(lazy);
    fixture.wait(|| {
        post(fixture.http(), &batch)
            .json()
            .as_array()
            .map(|answers| assert_eq!(answers.len(), 14))
    });
}
