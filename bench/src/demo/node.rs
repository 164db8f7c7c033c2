//! The throw-away node of the demo: what `dev` starts, in this process, with its ledger in a temporary folder.

use std::path::Path;

use anyhow::{Context, bail};
use isobath_node::{Node, NodeConfig};
use isobath_rpc::{RpcConfig, RpcServer, serve};
use tokio::runtime::Runtime;

use crate::client::Target;

/// A running node and the threads that serve its clients.
pub(super) struct DemoNode {
    pub(super) node: Node,
    server: RpcServer,
    target: Target,
    runtime: Runtime,
}

impl DemoNode {
    /// Starts a node with a new ledger in `ledger`, served on a free pair of loopback ports.
    ///
    /// # Errors
    /// When the ledger, a thread or a port cannot be had.
    pub(super) fn start(ledger: &Path, slot_ms: u64) -> anyhow::Result<Self> {
        let mut config = NodeConfig::at(ledger);
        config.slot_ms = Some(slot_ms);
        let node = Node::start(config).context("cannot start the node")?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("node-rpc")
            .enable_all()
            .build()
            .context("cannot start the threads that serve clients")?;
        let server = runtime
            .block_on(serve(node.clone(), RpcConfig::on_port(0)))
            .context("cannot serve clients on a loopback port")?;
        let target = Target {
            url: format!("http://{}", server.rpc_addr()),
            ws_url: format!("ws://{}", server.ws_addr()),
        };
        Ok(Self {
            node,
            server,
            target,
            runtime,
        })
    }

    /// Where clients find it.
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Shuts the node down as Ctrl-C does: no new clients, last block, ledger closed.
    ///
    /// # Errors
    /// When the node had failed.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        let Self {
            node,
            server,
            target: _,
            runtime,
        } = self;
        runtime.block_on(server.stop());
        drop(runtime);
        node.shutdown();
        match node.failed() {
            Some(reason) => bail!("the node failed: {reason}"),
            None => Ok(()),
        }
    }
}
