//! The node that is measured: a genesis with more accounts, blocks that end at a number of transactions, a ledger in a
//! temporary folder.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use isobath_node::{Node, NodeConfig};
use isobath_rpc::RpcConfig;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_validator::in_process::InProcessNode;
use tempfile::TempDir;

/// Blocks' worth of transactions that fit the pool.
const POOL_BLOCKS: usize = 4;
/// Cost of a transaction, more than any of the workloads reserves.
const TX_COST_UNITS_MAX: u64 = 1_500_000;
/// Bytes of a transaction in the record of its block, more than any of the workloads takes.
const TX_RECORD_BYTES_MAX: u64 = 4_096;
/// Maximum size of a transaction.
const TX_BYTES_MAX: u64 = 1_232;

/// Configuration of a node whose blocks hold at most `block_transactions` transactions and reach no other limit earlier.
pub(crate) fn node_config(
    ledger: &Path,
    genesis: Genesis,
    block_transactions: usize,
    slot_ms: u64,
) -> NodeConfig {
    let mut config = NodeConfig::at(ledger);
    config.genesis = Some(genesis);
    config.slot_ms = Some(slot_ms);
    let count = block_transactions as u64;
    config.budget.transactions = count;
    config.budget.cost_units = Some(count.saturating_mul(TX_COST_UNITS_MAX));
    config.budget.account_cost_units = config.budget.cost_units;
    config.budget.record_bytes = count.saturating_mul(TX_RECORD_BYTES_MAX);
    config.budget.bytes = count.saturating_mul(TX_BYTES_MAX);
    config.pending.transactions = block_transactions.saturating_mul(POOL_BLOCKS);
    config.pending.bytes = config.budget.bytes.saturating_mul(POOL_BLOCKS as u64);
    config
}

/// A served node and its ledger folder.
pub(super) struct Fixture {
    // Dropped in this order: the node goes before its ledger folder.
    served: InProcessNode,
    folder: TempDir,
}

impl Fixture {
    /// Starts a node whose genesis has `accounts` beside those of a development chain, and whose blocks hold at most
    /// `block_transactions` transactions; no other limit of a block is reached earlier.
    ///
    /// # Errors
    /// When the ledger, a thread or a port is not usable.
    pub(super) fn start(
        accounts: Vec<GenesisAccount>,
        block_transactions: usize,
        slot_ms: u64,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()
            .context("cannot create a temporary folder; set TMPDIR to a writable folder")?;
        let mut genesis = Genesis::development();
        genesis.accounts.extend(accounts);
        genesis.accounts.sort_by_key(|account| account.pubkey);
        let config = node_config(folder.path(), genesis, block_transactions, slot_ms);
        let served = InProcessNode::start(config, RpcConfig::on_port(0), None)?;
        Ok(Self { served, folder })
    }

    /// The node.
    pub(super) const fn node(&self) -> &Node {
        self.served.node()
    }

    /// Address of JSON-RPC over HTTP.
    pub(super) const fn address(&self) -> SocketAddr {
        self.served.rpc_addr()
    }

    /// Stops the node and removes its ledger.
    ///
    /// # Errors
    /// When the node had failed.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.served.stop()?;
        self.folder.close().context("cannot remove the temporary folder")
    }
}
