//! The transport: ids, batches, garbage, CORS, health.

use serde_json::{Value, json};

use crate::client::{call, exchange, post, request};
use crate::fixture::Fixture;

#[test]
fn ids_come_back_as_they_were_sent() {
    let fixture = Fixture::start();
    let hash = fixture.node().genesis().hash();
    for id in ["7", "\"seven\"", "null", "\"\"", "9007199254740993"] {
        let answer = post(
            fixture.http(),
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"getGenesisHash"}}"#),
        );
        assert_eq!(
            answer.body,
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"{hash}"}}"#)
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/json; charset=utf-8")
        );
    }
}

#[test]
fn content_types_of_the_clients_are_taken() {
    let fixture = Fixture::start();
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"getHealth","params":[]}"#;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
    ] {
        let answer = request(
            fixture.http(),
            "POST",
            "/",
            &[("content-type", content_type)],
            body,
        );
        assert_eq!(answer.body, r#"{"jsonrpc":"2.0","id":1,"result":"ok"}"#);
    }
    assert_eq!(
        request(
            fixture.http(),
            "POST",
            "/",
            &[("content-type", "text/plain")],
            body
        )
        .status,
        415
    );
    assert_eq!(request(fixture.http(), "GET", "/", &[], b"").status, 405);
}

#[test]
fn batches_are_answered_in_order() {
    let fixture = Fixture::start();
    let answer = post(
        fixture.http(),
        r#"[{"jsonrpc":"2.0","id":"a","method":"getHealth"},
            {"jsonrpc":"2.0","method":"ping"},
            {"jsonrpc":"2.0","id":2,"method":"noSuchMethod"},
            {"foo":"bar"},
            {"jsonrpc":"2.0","id":3,"method":"getBalance","params":[1]}]"#,
    );
    let answers = answer.json();
    assert_eq!(answers[0], json!({ "jsonrpc": "2.0", "id": "a", "result": "ok" }));
    assert_eq!(
        answers[1]["error"],
        json!({ "code": -32601, "message": "Method not found" })
    );
    assert_eq!(answers[2]["error"]["code"], -32600);
    assert_eq!(answers[3]["id"], 3);
    assert_eq!(answers[3]["error"]["code"], -32602);
    assert_eq!(answers.as_array().map(Vec::len), Some(4));
    let empty = post(fixture.http(), "[]").json();
    assert_eq!(empty["error"]["code"], -32600);
}

#[test]
fn calls_without_an_id_are_not_answered() {
    let fixture = Fixture::start();
    for body in [
        r#"{"jsonrpc":"2.0","method":"ping"}"#,
        r#"[{"jsonrpc":"2.0","method":"ping"}]"#,
    ] {
        let answer = post(fixture.http(), body);
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    }
}

#[test]
fn garbage_is_answered_with_the_codes_of_the_protocol() {
    let fixture = Fixture::start();
    let code = |body: &str| post(fixture.http(), body).json()["error"]["code"].clone();
    assert_eq!(code("{"), -32700);
    assert_eq!(code("[1,"), -32700);
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":1}"#), -32600);
    assert_eq!(code(r#"{"jsonrpc":"1.0","id":1,"method":"getSlot"}"#), -32600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{"a":1}}"#),
        -32602
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[1]}"#),
        -32602
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}"#),
        -32601
    );
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[{}{}]}}"#,
        "[".repeat(999),
        "]".repeat(999)
    );
    assert!(code(&deep).is_i64());
    let errors = post(
        fixture.http(),
        r#"{"jsonrpc":"2.0","id":1,"method":"getBalance","params":["zzz"]}"#,
    );
    assert!(!errors.body.contains("\"data\""), "{}", errors.body);
}

#[test]
fn calls_with_a_wrong_id_are_refused_rather_than_ignored() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    for id in ["true", "[]", "{}", "-1", "1.5", "1e400", "18446744073709551616"] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"getSlot"}}"#);
        let refusal = json!({
            "jsonrpc": "2.0", "id": null, "error": { "code": -32600, "message": "Invalid request" },
        });
        assert_eq!(post(fixture.http(), &body).json(), refusal, "{id}");
        socket.send(&body);
        assert_eq!(socket.receive(), refusal, "{id}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"getSlot"}"#;
    assert_eq!(post(fixture.http(), twice).json()["error"]["code"], -32600);
}

#[test]
fn broken_bodies_are_refused_without_a_server_error() {
    let fixture = Fixture::start();
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    for rest in [
        "transfer-encoding: chunked\r\n\r\ng\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n0\r\nx\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    ] {
        let answer = exchange(fixture.http(), format!("{head}{rest}").as_bytes());
        assert_eq!(answer.status, 400, "{rest}");
        assert_eq!(answer.json()["error"]["code"], -32600, "{rest}");
    }
}

#[test]
fn bad_handshakes_are_refused() {
    let fixture = Fixture::start();
    let upgrade = [("connection", "Upgrade"), ("upgrade", "websocket")];
    let version = ("sec-websocket-version", "13");
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let bad = [
        upgrade.to_vec(),
        [&upgrade[..], &[version]].concat(),
        [&upgrade[..], &[key]].concat(),
        [&upgrade[..], &[version, ("sec-websocket-key", "x")]].concat(),
    ];
    for headers in bad {
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n");
        assert_eq!(
            exchange(fixture.server().ws_addr(), head.as_bytes()).status,
            400,
            "{lines}"
        );
        assert_eq!(exchange(fixture.http(), head.as_bytes()).status, 403, "{lines}");
    }
    assert_eq!(post(fixture.server().ws_addr(), "{}").status, 403);
}

#[test]
fn subscriptions_are_not_made_in_a_batch_nor_ended_by_nonsense() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    socket.send(r#"[{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"},{"jsonrpc":"2.0","id":2,"method":"getHealth"}]"#);
    let answers = socket.receive();
    assert_eq!(answers[0]["error"]["code"], -32600);
    assert_eq!(answers[1]["result"], "ok");
    let end = socket.call(3, "slotUnsubscribe", json!([{}]));
    assert_eq!(end["error"]["code"], -32602);
    assert_eq!(
        socket.call(4, "slotUnsubscribe", json!([7]))["error"]["code"],
        -32602
    );
}

#[test]
fn health_is_text() {
    let fixture = Fixture::start();
    for address in [fixture.http(), fixture.server().ws_addr()] {
        let answer = request(address, "GET", "/health", &[], b"");
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }
}

#[test]
fn browsers_may_call_from_anywhere() {
    let fixture = Fixture::start();
    let preflight = request(
        fixture.http(),
        "OPTIONS",
        "/",
        &[
            ("origin", "https://wallet.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,solana-client"),
        ],
        b"",
    );
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("content-type,solana-client")
    );
    let answer = request(
        fixture.http(),
        "POST",
        "/",
        &[
            ("origin", "https://wallet.example"),
            ("content-type", "application/json"),
            ("solana-client", "js/1.0.0"),
        ],
        br#"{"jsonrpc":"2.0","id":1,"method":"getHealth"}"#,
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.json()["result"], "ok");
}

#[test]
fn the_socket_port_serves_methods_too_and_ignores_pings() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    socket.send(r#"{"jsonrpc":"2.0","method":"ping"}"#);
    socket.send(r#"{"jsonrpc":"2.0","method":"ping","params":null}"#);
    socket.send(r#"{"jsonrpc":"2.0","id":"x","method":"getHealth","params":null}"#);
    assert_eq!(
        socket.receive_text().as_deref(),
        Some(r#"{"jsonrpc":"2.0","id":"x","result":"ok"}"#)
    );
    socket.send("nonsense");
    assert_eq!(
        socket.receive(),
        json!({
            "jsonrpc": "2.0", "id": Value::Null, "error": { "code": -32700, "message": "Parse error" },
        })
    );
    let balance = socket.call(5, "getBalance", json!([crate::fixture::dev_key(0).pubkey()]));
    assert!(balance["result"]["value"].as_u64().unwrap() > 0);
}

#[test]
fn stopping_closes_both_ports() {
    let fixture = Fixture::start();
    let (http, mut socket) = (fixture.http(), fixture.socket());
    let answer = call(http, "getHealth", json!([]));
    assert_eq!(answer["result"], "ok");
    let node = fixture.stop_server();
    assert!(socket.receive_text().is_none());
    assert!(std::net::TcpStream::connect(http).is_err());
    assert!(node.failed().is_none());
}
