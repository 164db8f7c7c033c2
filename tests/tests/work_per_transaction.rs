//! A confirmed transfer is decoded once and its message hashed once, from the socket to the notification.
//!
//! The counts are of the whole process, so this file holds one test and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::wire::work::{self, Work};
use isobath_sdk::{Message, MessageVersion, Pubkey, Transaction};
use isobath_validator::in_process::InProcessNode;
use serde_json::{Value, json};

/// Transfers that are sent one after the other.
const TRANSFERS: u64 = 5;

#[test]
fn a_transfer_is_decoded_once_and_hashed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(20);
    let served = InProcessNode::start(config, RpcConfig::on_port(0), Some(2)).unwrap();
    let logs = served.node().notices();
    for number in 1..=TRANSFERS {
        for skip_preflight in [false, true] {
            transfer_once(
                &served,
                number + u64::from(skip_preflight) * TRANSFERS,
                skip_preflight,
            );
        }
    }
    drop(logs);
    served.stop().unwrap();
}

fn transfer_once(served: &InProcessNode, lamports: u64, skip_preflight: bool) {
    let [from, ..] = dev_keypairs();
    let blockhash = served.node().published().chain().blockhash();
    let transfer = system::transfer(&from.pubkey(), &Pubkey([7; 32]), 1_000_000 + lamports);
    let message = Message::compile(MessageVersion::Legacy, &from.pubkey(), &[transfer], blockhash).unwrap();
    let transaction = Transaction::sign(message, &[&from]).unwrap();
    let signature = transaction.signatures[0];
    let wire = STANDARD.encode(transaction.serialize());

    let mut notices = served.node().notices();
    let before = work::done();
    let sent = call(
        served,
        &json!({"jsonrpc": "2.0", "id": 1, "method": "sendTransaction",
            "params": [wire, {"encoding": "base64", "skipPreflight": skip_preflight}]}),
    );
    assert_eq!(sent["result"], signature.to_string(), "{sent}");
    loop {
        match notices.blocking_recv() {
            Ok(notice) if notice.signatures.iter().any(|(listed, _)| *listed == signature) => break,
            Ok(_) => {}
            Err(error) => panic!("the notice was lost: {error}"),
        }
    }
    let after = work::done();
    let done = Work {
        decoded: after.decoded - before.decoded,
        hashed: after.hashed - before.hashed,
    };
    assert_eq!(
        done,
        Work {
            decoded: 1,
            hashed: 1
        },
        "skip_preflight: {skip_preflight}"
    );
}

/// One call on a connection of its own.
fn call(served: &InProcessNode, request: &Value) -> Value {
    let body = request.to_string();
    let mut stream = TcpStream::connect(served.rpc_addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, json) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(json).unwrap()
}
