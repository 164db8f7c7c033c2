//! Every way in which a call can fail, and what the client makes of it.

use std::time::Instant;

use isobath_rpc_client::{BlockingRpcClient, ClientConfig, Preflight, RpcClient, RpcError, code};
use serde_json::{Value, json};

use crate::scripted::{Reply, closed_port, serve};
use crate::{PATIENCE, SMALL, client_of};

/// The error of one `getSlot` under [`SMALL`] limits.
async fn slot_error(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> RpcError {
    let rpc = RpcClient::new(&serve(script), SMALL).unwrap();
    rpc.slot().await.unwrap_err()
}

#[test]
fn unusable_addresses_are_named() {
    for url in ["", "127.0.0.1:8899", "ftp://127.0.0.1", "http://", "https://"] {
        let error = RpcClient::new(url, ClientConfig::default()).unwrap_err();
        assert!(
            matches!(error, RpcError::InvalidUrl { .. }) && error.is_undelivered(),
            "{url}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("`{url}` is not the address of a node ("))
                && text.ends_with("give a URL like http://127.0.0.1:8899"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_names_the_command_that_starts_a_node() {
    let url = format!("http://{}", closed_port());
    let error = RpcClient::new(&url, SMALL).unwrap().slot().await.unwrap_err();
    assert!(error.is_undelivered() && error.is_unanswered(), "{error:?}");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot connect to {url} (")) && text.contains("start `isobath dev` there"),
        "{text}"
    );
}

#[tokio::test]
async fn a_connection_closed_before_or_amid_the_answer_leaves_its_fate_open() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
    for bytes in ["", "HTTP/1.1 200", head, &format!("{head}{{\"jsonrpc\":\"2.0\",")] {
        let bytes = bytes.to_owned();
        let error = slot_error(move |_| Reply::BytesThenClose(bytes.clone())).await;
        assert!(matches!(error, RpcError::Disconnected { .. }), "{error:?}");
        assert!(error.is_unanswered() && !error.is_undelivered());
        assert!(
            error.to_string().contains("before getSlot was answered"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn silence_times_out() {
    let begun = Instant::now();
    let error = slot_error(|_| Reply::Silence).await;
    assert!(matches!(error, RpcError::TimedOut { timeout, .. } if timeout == SMALL.call_timeout));
    assert!(error.is_unanswered() && !error.is_undelivered());
    assert!(begun.elapsed() >= SMALL.call_timeout && begun.elapsed() < PATIENCE);
}

#[tokio::test]
async fn what_is_not_json_rpc_is_an_invalid_answer() {
    for body in [
        "",
        "<html>404</html>",
        "{\"hello\"",
        "{\"hello\":1}",
        "[]",
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"seven\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":7}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":7}",
    ] {
        let error = slot_error(|_| Reply::Body(body.to_owned())).await;
        assert!(
            matches!(error, RpcError::InvalidAnswer { .. }),
            "{body}: {error:?}"
        );
        assert!(!error.is_unanswered() && !error.is_undelivered());
        assert!(error.to_string().contains("with Solana JSON-RPC"), "{error}");
    }
}

#[tokio::test]
async fn a_status_of_http_is_named() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";
    let error = slot_error(|_| Reply::BytesThenClose(answer.to_owned())).await;
    assert!(
        matches!(error, RpcError::HttpStatus { status: 503, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}7}}",
        " ".repeat(2_000)
    );
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    for reply in [true, false] {
        let (long, chunked) = (long.clone(), chunked.clone());
        let error = slot_error(move |_| match reply {
            true => Reply::Body(long.clone()),
            false => Reply::BytesThenClose(chunked.clone()),
        })
        .await;
        assert!(
            matches!(error, RpcError::AnswerTooLarge { bytes_max: 1_000, .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn refusals_keep_code_message_and_data() {
    let simulation = json!({"err": "AccountNotFound", "logs": []});
    let object = json!({"code": -32_002, "message": "Transaction simulation failed", "data": simulation});
    let rpc = client_of(move |_| Reply::Error(object.clone()));
    let error = rpc
        .send_transaction("AQID", Preflight::Simulate)
        .await
        .unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.preflight(), Some(&simulation));
    assert!(!refusal.is_busy() && !error.is_unanswered());

    let busy =
        json!({"code": code::NODE_UNHEALTHY, "message": "Node is busy", "data": {"numSlotsBehind": null}});
    let error = client_of(move |_| Reply::Error(busy.clone()))
        .slot()
        .await
        .unwrap_err();
    assert!(error.refusal().unwrap().is_busy());
    assert!(error.to_string().starts_with("Node is busy ("), "{error}");
}

#[tokio::test]
async fn an_unknown_method_is_distinct_from_other_refusals() {
    let object = json!({"code": -32_601, "message": "Method not found"});
    let error = client_of(move |_| Reply::Error(object.clone()))
        .slot()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            RpcError::NotServed {
                method: "getSlot",
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.refusal().is_none());
}

#[test]
fn calls_wait_on_the_calling_thread_and_connect_again_when_the_server_hung_up() {
    let url = serve(|request| {
        let body = json!({"jsonrpc": "2.0", "id": request["id"], "result": 7}).to_string();
        Reply::BytesThenClose(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    });
    let rpc = BlockingRpcClient::new(&url, ClientConfig::default()).unwrap();
    for _ in 0..3 {
        assert_eq!(rpc.wait(RpcClient::slot), Ok(7));
        // Long enough for the end of the connection to arrive.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let error = BlockingRpcClient::new("nowhere", ClientConfig::default()).unwrap_err();
    assert!(matches!(error, RpcError::InvalidUrl { .. }));
}
