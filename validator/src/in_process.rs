//! An in-process node with its server, for benches, the demo and tests: `isobath dev` without its command line.
//!
//! Invariant: the server stops before the node, and the node stops before its ledger can be reopened.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use isobath_node::{Node, NodeConfig};
use isobath_rpc::{RpcConfig, RpcServer, serve};
use tokio::runtime::{Builder, Runtime};

/// A running node and the threads that serve its clients.
#[derive(Debug)]
pub struct InProcessNode {
    // Dropped in this order: the server before the node.
    server: RpcServer,
    node: Node,
    runtime: Runtime,
}

impl InProcessNode {
    /// Starts a node and serves it; `server_threads` is the number of server threads, one per core if `None`.
    ///
    /// # Errors
    /// If the configuration, the ledger, a thread or a port is not usable.
    pub fn start(node: NodeConfig, rpc: RpcConfig, server_threads: Option<usize>) -> anyhow::Result<Self> {
        let node = Node::start(node).context("cannot start the node")?;
        let mut builder = Builder::new_multi_thread();
        if let Some(threads) = server_threads {
            builder.worker_threads(threads);
        }
        let runtime = builder
            .thread_name("node-rpc")
            .enable_all()
            .build()
            .context("cannot start the server threads")?;
        let server = runtime
            .block_on(serve(node.clone(), rpc))
            .context("cannot serve clients")?;
        Ok(Self {
            server,
            node,
            runtime,
        })
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Its server.
    #[must_use]
    pub const fn server(&self) -> &RpcServer {
        &self.server
    }

    /// Address of JSON-RPC over HTTP.
    #[must_use]
    pub const fn rpc_addr(&self) -> SocketAddr {
        self.server.rpc_addr()
    }

    /// Address of the WebSocket.
    #[must_use]
    pub const fn ws_addr(&self) -> SocketAddr {
        self.server.ws_addr()
    }

    /// Stops serving and returns the node, which keeps running.
    #[must_use]
    pub fn stop_server(self) -> Node {
        let Self {
            server,
            node,
            runtime,
        } = self;
        runtime.block_on(server.stop());
        // Calls in progress hold the node as well; dropping the runtime ends them.
        drop(runtime);
        node
    }

    /// Stops serving, produces blocks of what is pending and closes the ledger.
    ///
    /// # Errors
    /// If the node had failed.
    pub fn stop(self) -> anyhow::Result<()> {
        let node = self.stop_server();
        node.shutdown();
        match node.failed() {
            Some(reason) => bail!("the node failed: {reason}"),
            None => Ok(()),
        }
    }
}
