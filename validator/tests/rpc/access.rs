//! Whose requests are answered: hosts, and origins of pages.

use isobath_rpc::RpcConfig;
use serde_json::{Value, json};

use crate::client::{Answer, WebSocket, exchange, request};
use crate::fixture::{Fixture, dev_key};

/// A page that is neither on this machine nor listed.
const EVIL: &str = "https://evil.example";

fn handshake(host: &str, origin: Option<&str>) -> String {
    let origin = origin.map_or_else(String::new, |origin| format!("origin: {origin}\r\n"));
    format!(
        "GET / HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n{origin}\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    )
}

fn airdrop() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "requestAirdrop", "params": [dev_key(1).pubkey(), 5] })
}

/// Posts `body` as a page of this origin would.
fn post_from(fixture: &Fixture, origin: &str, body: &Value) -> Answer {
    request(
        fixture.http(),
        "POST",
        "/",
        &[("content-type", "application/json"), ("origin", origin)],
        body.to_string().as_bytes(),
    )
}

#[track_caller]
fn assert_refused(answer: &Value) {
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    let text = answer["error"]["message"].as_str().unwrap();
    for part in ["requestAirdrop", "needs no signature", "--cors-origin"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn requests_to_a_foreign_host_are_refused_on_both_ports() {
    let fixture = Fixture::start();
    let health = |host: &str| format!("GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let call = "content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let call = |host: &str| format!("POST / HTTP/1.1\r\nhost: {host}\r\n{call}");
    let (http, ws) = (fixture.http(), fixture.server().ws_addr());
    for host in ["localhost", "localhost:1", "127.0.0.1:8899", "[::1]:8899"] {
        assert_eq!(exchange(http, health(host).as_bytes()).status, 200, "{host}");
        assert_eq!(exchange(http, call(host).as_bytes()).status, 200, "{host}");
        drop(WebSocket::open_with(&handshake(host, None), ws));
    }
    let before = fixture.server().counters().refused_hosts.get();
    for text in [
        health("evil.example:8899"),
        call("evil.example"),
        "GET http://evil.example/health HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
    ] {
        let answer = exchange(http, text.as_bytes());
        assert_eq!(answer.status, 403, "{text}");
        assert!(
            answer.body.contains("evil.example") && answer.body.contains("--allowed-host"),
            "{}",
            answer.body
        );
    }
    assert_eq!(
        exchange(ws, handshake("evil.example", None).as_bytes()).status,
        403
    );
    assert_eq!(fixture.server().counters().refused_hosts.get(), before + 4);
}

#[test]
fn airdrops_are_refused_to_foreign_pages_alone_and_in_batches() {
    let fixture = Fixture::start();
    for origin in [EVIL, "null", "chrome-extension://abc"] {
        let answer = post_from(&fixture, origin, &airdrop());
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (200, Some("*"))
        );
        assert_refused(&answer.json());
        let health = json!({ "jsonrpc": "2.0", "id": 2, "method": "getHealth" });
        let answers = post_from(&fixture, origin, &json!([airdrop(), health])).json();
        assert_refused(&answers[0]);
        assert_eq!(answers[1]["result"], "ok", "any page may read");
    }
    assert_eq!(fixture.server().counters().refused_origins.get(), 6);
    for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"] {
        let answer = post_from(&fixture, origin, &airdrop()).json();
        assert!(answer["result"].is_string(), "{origin}: {answer}");
    }
}

#[test]
fn airdrops_are_refused_to_foreign_pages_on_a_web_socket() {
    let fixture = Fixture::start();
    let mut socket = WebSocket::open_with(&handshake("localhost", Some(EVIL)), fixture.server().ws_addr());
    socket.send(&airdrop().to_string());
    assert_refused(&socket.receive());
    socket.send(&json!([airdrop()]).to_string());
    assert_refused(&socket.receive()[0]);
    assert!(socket.call(7, "slotSubscribe", json!([]))["result"].is_u64());
    for origin in [None, Some("http://localhost:3000")] {
        let mut socket = WebSocket::open_with(&handshake("localhost", origin), fixture.server().ws_addr());
        socket.send(&airdrop().to_string());
        let answer = socket.receive();
        assert!(answer["result"].is_string(), "{answer}");
    }
}

#[test]
fn pages_of_listed_origins_may_request_airdrops() {
    let config = RpcConfig {
        cors_origins: vec![EVIL.parse().unwrap()],
        ..RpcConfig::on_port(0)
    };
    let fixture = Fixture::start_with(config, None);
    assert!(post_from(&fixture, EVIL, &airdrop()).json()["result"].is_string());
    assert_refused(&post_from(&fixture, "http://evil.example", &airdrop()).json());
}
