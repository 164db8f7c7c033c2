//! A confirmed transfer is decoded once and its message hashed once, from the socket to the notification.
//!
//! The counts are of the whole process, so this file holds one test and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_rpc_client::{BlockingRpcClient, ClientConfig, Preflight};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::wire::work::{self, Work};
use isobath_sdk::{Message, MessageVersion, Pubkey, Transaction};
use isobath_validator::in_process::InProcessNode;

/// Transfers that are sent one after the other.
const TRANSFERS: u64 = 5;

#[test]
fn a_transfer_is_decoded_once_and_hashed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(20);
    let served = InProcessNode::start(config, RpcConfig::on_port(0), Some(2)).unwrap();
    let url = format!("http://{}", served.rpc_addr());
    let rpc = BlockingRpcClient::new(&url, ClientConfig::default()).unwrap();
    let logs = served.node().notices();
    for number in 1..=TRANSFERS {
        transfer_once(&served, &rpc, number, Preflight::Simulate);
        transfer_once(&served, &rpc, number + TRANSFERS, Preflight::Skip);
    }
    drop(logs);
    served.stop().unwrap();
}

fn transfer_once(served: &InProcessNode, rpc: &BlockingRpcClient, lamports: u64, preflight: Preflight) {
    let [from, ..] = dev_keypairs();
    let blockhash = served.node().published().chain().blockhash();
    let transfer = system::transfer(&from.pubkey(), &Pubkey([7; 32]), 1_000_000 + lamports);
    let message = Message::compile(MessageVersion::Legacy, &from.pubkey(), &[transfer], blockhash)
        .expect("a transfer fits a message");
    let transaction = Transaction::sign(message, &[&from]).expect("the payer is the only signer");
    let signature = transaction.signatures[0];
    let wire = STANDARD.encode(transaction.serialize());

    let mut notices = served.node().notices();
    let before = work::done();
    let sent = rpc.wait(|rpc| rpc.send_transaction(&wire, preflight));
    assert_eq!(sent, Ok(signature));
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
        "{preflight:?}"
    );
}
