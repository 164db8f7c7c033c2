//! A node of this process, served on a loopback port, with its ledger in a temporary folder.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use isobath_node::{Node, NodeConfig};
use isobath_rpc::{RpcConfig, RpcServer, serve};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Blocks' worth of transactions that the pool has room for.
const POOL_BLOCKS: usize = 4;
/// Compute units that one transaction may ask for at most.
const TX_COMPUTE_UNITS_MAX: u64 = 1_400_000;
/// The longest transaction.
const TX_BYTES_MAX: u64 = 1_232;

/// A served node.
pub(super) struct Fixture {
    pub(super) node: Node,
    pub(super) address: SocketAddr,
    server: RpcServer,
    runtime: Runtime,
    folder: TempDir,
}

impl Fixture {
    /// Starts a node whose genesis has these accounts beside the usual ones, and whose blocks end at a number of
    /// transactions before anything else.
    ///
    /// # Errors
    /// When the ledger, a thread or a port cannot be had.
    pub(super) fn start(
        accounts: Vec<GenesisAccount>,
        block_transactions: usize,
        slot_ms: u64,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()
            .context("cannot make a temporary folder; TMPDIR names another place for it")?;
        let mut genesis = Genesis::development();
        genesis.accounts.extend(accounts);
        genesis.accounts.sort_by_key(|account| account.pubkey);
        let mut config = NodeConfig::at(folder.path());
        config.genesis = Some(genesis);
        config.slot_ms = Some(slot_ms);
        let count = block_transactions as u64;
        config.budget.transactions = count;
        config.budget.compute_units = count.saturating_mul(TX_COMPUTE_UNITS_MAX);
        config.budget.bytes = count.saturating_mul(TX_BYTES_MAX);
        config.pending.transactions = block_transactions.saturating_mul(POOL_BLOCKS);
        config.pending.bytes = config.budget.bytes.saturating_mul(POOL_BLOCKS as u64);
        let node = Node::start(config).context("cannot start the node")?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("node-rpc")
            .enable_all()
            .build()
            .context("cannot start the threads that serve clients")?;
        let server = runtime
            .block_on(serve(node.clone(), RpcConfig::on_port(0)))
            .context("cannot serve clients on a loopback port")?;
        Ok(Self {
            address: server.rpc_addr(),
            node,
            server,
            runtime,
            folder,
        })
    }

    /// Shuts the node down and removes its ledger.
    ///
    /// # Errors
    /// When the node had failed.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.server.stop());
        drop(self.runtime);
        self.node.shutdown();
        if let Some(reason) = self.node.failed() {
            bail!("the node failed: {reason}");
        }
        self.folder.close().context("cannot remove the temporary folder")
    }
}
