//! A confirmed transfer is decoded once and its message hashed once, from the socket to the notifications.
//!
//! The counts are of the whole process, so this file holds one test and nothing else. Client and node share it; the
//! client only encodes. Assertions of debug builds that decode again are not counted.

#![allow(clippy::unwrap_used, reason = "a test")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_rpc_client::{ClientConfig, LogsFilter, Preflight, PubsubClient, RpcClient};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::wire::work::{self, Work};
use isobath_sdk::{Hash, Message, MessageVersion, Pubkey, Transaction};
use isobath_validator::in_process::InProcessNode;
use serde_json::Value;

/// Transfers of each kind, sent one after the other.
const TRANSFERS: u64 = 5;

/// What one transfer may cost.
const ONCE: Work = Work {
    decoded: 1,
    hashed: 1,
};

#[test]
fn a_transfer_is_decoded_once_and_hashed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(20);
    let served = InProcessNode::start(config, RpcConfig::on_port(0), Some(2)).unwrap();
    let calls = tokio::runtime::Runtime::new().unwrap();
    calls.block_on(async {
        let rpc = RpcClient::new(&format!("http://{}", served.rpc_addr()), ClientConfig::default()).unwrap();
        let url = format!("ws://{}", served.ws_addr());
        let pubsub = PubsubClient::connect(&url, ClientConfig::default())
            .await
            .unwrap();
        for lamports in 1..=TRANSFERS {
            for preflight in [Preflight::Simulate, Preflight::Skip] {
                let blockhash = rpc.latest_blockhash().await.unwrap().blockhash;
                let done = transfer_once(&rpc, &pubsub, blockhash, lamports, preflight).await;
                assert_eq!(done, ONCE, "{preflight:?}");
            }
        }
    });
    served.stop().unwrap();
}

/// Sends one transfer, waits for the notifications of its logs, its receiver and its signature, and returns what was done meanwhile.
async fn transfer_once(
    rpc: &RpcClient,
    pubsub: &PubsubClient,
    blockhash: Hash,
    lamports: u64,
    preflight: Preflight,
) -> Work {
    let [from, ..] = dev_keypairs();
    // Preflight makes it another message than the one without.
    let to = Pubkey([u8::from(matches!(preflight, Preflight::Skip)).saturating_add(7); 32]);
    let transfer = system::transfer(&from.pubkey(), &to, lamports.saturating_add(1_000_000));
    let message = Message::compile(MessageVersion::Legacy, &from.pubkey(), &[transfer], blockhash).unwrap();
    let transaction = Transaction::sign(message, &[&from]).unwrap();
    let wire = STANDARD.encode(transaction.serialize());
    let signature = transaction.signatures[0];
    let mut logs = pubsub.logs::<Value>(LogsFilter::All).await.unwrap();
    let mut changed = pubsub.account(&to).await.unwrap();
    let mut confirmed = pubsub.signature(&signature).await.unwrap();

    let before = work::done();
    assert_eq!(rpc.send_transaction(&wire, preflight).await.unwrap(), signature);
    confirmed.next().await.unwrap();
    changed.next().await.unwrap();
    let logged = logs.next().await.unwrap();
    assert_eq!(logged["value"]["signature"], signature.to_string(), "{logged}");
    let after = work::done();
    Work {
        decoded: after.decoded.saturating_sub(before.decoded),
        hashed: after.hashed.saturating_sub(before.hashed),
    }
}
