//! A served node and the transactions that the tests send to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_node::{HistoryLimits, Node, NodeConfig};
use isobath_rpc::{RpcConfig, RpcServer};
use isobath_rpc_client::{ClientConfig, Preflight, RpcClient, RpcError};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::{
    Hash, Instruction, Keypair, Message, MessageVersion, Pubkey, Transaction, builtins::system,
};
pub(crate) use isobath_testkit::keys::dev_key;
use isobath_testkit::keys::unfunded_key;
use isobath_validator::in_process::InProcessNode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client;

/// A node of its own, served on free ports.
pub(crate) struct Fixture {
    // Fields are dropped in this order: the node goes before its folder.
    served: InProcessNode,
    rpc: RpcClient,
    calls: tokio::runtime::Runtime,
    folder: TempDir,
}

impl Fixture {
    pub(crate) fn start() -> Self {
        Self::start_with(RpcConfig::on_port(0), None)
    }

    pub(crate) fn start_with(config: RpcConfig, genesis: Option<Genesis>) -> Self {
        Self::start_in(TempDir::new().unwrap(), config, |node| node.genesis = genesis)
    }

    /// A node that serves only so much history.
    pub(crate) fn start_remembering(history: HistoryLimits) -> Self {
        Self::start_node(|node| node.history = history)
    }

    /// A node with another configuration.
    pub(crate) fn start_node(change: impl FnOnce(&mut NodeConfig)) -> Self {
        Self::start_in(TempDir::new().unwrap(), RpcConfig::on_port(0), change)
    }

    /// Stops everything and starts it again on the same ledger.
    pub(crate) fn restart(self) -> Self {
        self.restart_with(RpcConfig::on_port(0))
    }

    pub(crate) fn restart_with(self, config: RpcConfig) -> Self {
        let Self { served, folder, .. } = self;
        served.stop().unwrap();
        Self::start_in(folder, config, |_| ())
    }

    fn start_in(folder: TempDir, config: RpcConfig, change: impl FnOnce(&mut NodeConfig)) -> Self {
        let mut node_config = NodeConfig::at(folder.path());
        node_config.slot_ms = Some(20);
        change(&mut node_config);
        let served = InProcessNode::start(node_config, config, Some(2)).unwrap();
        let url = format!("http://{}", served.rpc_addr());
        let rpc = RpcClient::new(&url, ClientConfig::default()).unwrap();
        let calls = tokio::runtime::Runtime::new().unwrap();
        Self {
            served,
            rpc,
            calls,
            folder,
        }
    }

    pub(crate) const fn node(&self) -> &Node {
        self.served.node()
    }

    pub(crate) const fn server(&self) -> &RpcServer {
        self.served.server()
    }

    pub(crate) const fn http(&self) -> SocketAddr {
        self.served.rpc_addr()
    }

    pub(crate) fn socket(&self) -> client::WebSocket {
        client::WebSocket::open(self.served.ws_addr())
    }

    /// Stops the server and returns the node.
    pub(crate) fn stop_server(self) -> Node {
        self.served.stop_server()
    }

    /// Calls a method and returns its result.
    pub(crate) fn result(&self, method: &'static str, params: Value) -> Value {
        self.ask(|rpc| rpc.call(method, params))
    }

    /// Calls a typed method and returns its result.
    pub(crate) fn ask<'a, T, F>(&'a self, call: impl FnOnce(&'a RpcClient) -> F) -> T
    where
        F: Future<Output = Result<T, RpcError>>,
    {
        let answer = self.calls.block_on(call(&self.rpc));
        answer.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Calls a method and returns its error, byte for byte as the node sent it.
    pub(crate) fn error(&self, method: &str, params: Value) -> Value {
        let answer = client::call(self.http(), method, params);
        assert!(answer.get("result").is_none(), "{method}: {answer}");
        answer["error"].clone()
    }

    /// Waits until a new slot begins.
    pub(crate) fn next_slot(&self) {
        let slot = || self.node().published().chain().slot();
        let before = slot();
        self.wait(|| (slot() > before).then_some(()));
    }

    pub(crate) fn blockhash(&self) -> Hash {
        self.node().published().chain().blockhash()
    }

    /// Sends a transaction and returns its signature.
    pub(crate) fn send(&self, transaction: &Transaction) -> String {
        let wire = to_base64(transaction);
        self.ask(|rpc| rpc.send_transaction(&wire, Preflight::Simulate))
            .to_string()
    }

    /// Waits until a transaction has a status, and returns it.
    pub(crate) fn confirm(&self, signature: &str) -> Value {
        self.wait(|| {
            let status = self.result("getSignatureStatuses", json!([[signature]]))["value"][0].clone();
            (!status.is_null()).then_some(status)
        })
    }

    /// Polls until there is something.
    pub(crate) fn wait<T>(&self, poll: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(found) = poll() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("nothing came within 20 s");
    }

    /// A signed transfer from a development key.
    pub(crate) fn transfer(&self, from: &Keypair, to: &Pubkey, lamports: u64) -> Transaction {
        self.sign(
            MessageVersion::Legacy,
            from,
            &[system::transfer(&from.pubkey(), to, lamports)],
        )
    }

    pub(crate) fn sign(
        &self,
        version: MessageVersion,
        payer: &Keypair,
        instructions: &[Instruction],
    ) -> Transaction {
        let message = Message::compile(version, &payer.pubkey(), instructions, self.blockhash()).unwrap();
        Transaction::sign(message, &[payer]).unwrap()
    }
}

/// A key that no genesis knows.
pub(crate) fn fresh_key(number: u8) -> Pubkey {
    unfunded_key(number).pubkey()
}

pub(crate) fn to_base64(transaction: &Transaction) -> String {
    STANDARD.encode(transaction.serialize())
}
