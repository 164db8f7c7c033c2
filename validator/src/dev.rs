//! `isobath dev`: starts a node, serves it, and stops it cleanly.
//!
//! ```text
//! handlers -> start -> banner, ready line -> wait -> drain node -> stop serving -> "stopped; ledger safe at slot n"
//! ```
//!
//! The node drains before the servers stop, so a client that waits for a confirmation still gets it. A node that can no
//! longer write its ledger ends the process with exit code 1; what it published is kept.

use std::convert::Infallible;
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::time::Duration;

use anyhow::{Context, anyhow};
use isobath_node::{HistoryLimits, Node, NodeConfig};
use isobath_rpc::RpcServer;
use isobath_sdk::chain::genesis::Genesis;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::args::DevArgs;
use crate::banner::Banner;
use crate::keys::DevKey;
use crate::progress::Screen;
use crate::signals::StopSignals;
use crate::start::{Started, start};

/// How long the servers may take to finish calls after the node has stopped.
const SERVER_STOP_MAX: Duration = Duration::from_millis(500);

/// How often a node that is draining says what it waits for.
const DRAIN_REPORT_EVERY: Duration = Duration::from_millis(500);

/// Exit code after a second signal to stop.
const EXIT_IMMEDIATELY: i32 = 130;

/// Runs a development node until a signal stops it.
///
/// # Errors
/// The cause of a failed start or run, with its cure if there is one.
pub(crate) async fn run(args: &DevArgs, screen: &Screen) -> anyhow::Result<()> {
    let mut stop = StopSignals::install()?;
    let config = node_config(args)?;
    let started = start(args, config, screen, &mut stop).await?;
    let (node, server) = announce(args, started);
    run_until_stopped(&node, &mut stop).await;
    // A node that has failed still has threads to end.
    drain(&node, &mut stop).await;
    // Open connections of clients do not delay the end.
    drop(timeout(SERVER_STOP_MAX, server.stop()).await);
    if let Some(reason) = node.failed() {
        return Err(anyhow!(reason));
    }
    tracing::info!("stopped; ledger safe at slot {}", slot_of(&node));
    Ok(())
}

fn node_config(args: &DevArgs) -> anyhow::Result<NodeConfig> {
    let mut config = NodeConfig::at(&args.ledger);
    config.genesis = args.genesis.as_deref().map(read_genesis).transpose()?;
    config.features = args.features();
    config.slot_ms = args.slot_ms;
    config.order = args.order.into();
    if let Some(cost_units) = args.block_max_cost {
        config.budget.cost_units = Some(cost_units);
    }
    if let Some(cost_units) = args.account_max_cost {
        config.budget.account_cost_units = Some(cost_units);
    }
    if let Some(transactions) = args.block_max_transactions {
        config.budget.transactions = transactions;
    }
    if let Some(pending) = args.pending_max {
        config.pending.transactions = usize::try_from(pending).context("--pending-max")?;
    }
    if let Some(pending) = args.pending_per_payer {
        config.pending.payer_transactions = usize::try_from(pending).context("--pending-per-payer")?;
    }
    config.history = history_limits(args)?;
    if let Some(threads) = args.execution_threads {
        config.execution_threads = usize::from(threads);
    }
    if let Some(bytes) = args.held_view_bytes {
        config.held_view_bytes = bytes;
    }
    Ok(config)
}

fn history_limits(args: &DevArgs) -> anyhow::Result<HistoryLimits> {
    let mut limits = HistoryLimits::default();
    if let Some(blocks) = args.history_blocks {
        limits.blocks_max = blocks;
    }
    if let Some(transactions) = args.history_transactions {
        limits.transactions_max = usize::try_from(transactions).context("--history-transactions")?;
    }
    if let Some(pairs) = args.history_addresses {
        limits.address_postings_max = usize::try_from(pairs).context("--history-addresses")?;
    }
    Ok(limits)
}

fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the genesis {shown}; check --genesis"))?;
    Genesis::from_json(&text)
        .with_context(|| format!("cannot use the genesis {shown}; `isobath genesis` prints a valid one"))
}

/// Prints the banner and the ready line of what has started, and returns it.
fn announce(args: &DevArgs, started: Started) -> (Node, RpcServer) {
    let Started {
        node,
        server,
        keys,
        keys_dir,
    } = started;
    if !args.quiet {
        let banner = Banner {
            ledger: &args.ledger,
            keys_dir: &keys_dir,
            genesis: node.genesis().hash(),
            features: node.genesis().features,
            slot_ms: node.slot_ms(),
            order: args.order.into(),
            keys: &with_balances(&node, keys),
        };
        banner.print();
    }
    let mut stdout = io::stdout().lock();
    let line = format!(
        "ready rpc=http://{} ws=ws://{}\n",
        server.rpc_addr(),
        server.ws_addr()
    );
    if let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        tracing::warn!(%error, "cannot write the ready line to standard output");
    }
    (node, server)
}

/// The keys with their balances in the published view.
fn with_balances(node: &Node, keys: Vec<DevKey>) -> Vec<(DevKey, u64)> {
    let balance = |key: &DevKey| {
        // A view is revoked only if a block is opened during this one look-up; the next one is whole.
        let mut found = std::iter::repeat_with(|| node.published().account(&key.pubkey));
        let account = found.find_map(Result::ok).flatten();
        account.map_or(0, |account| account.lamports)
    };
    keys.into_iter()
        .map(|key| {
            let lamports = balance(&key);
            (key, lamports)
        })
        .collect()
}

/// Waits for the first signal to stop, or for the node to fail.
async fn run_until_stopped(node: &Node, stop: &mut StopSignals) {
    tokio::select! {
        () = node.stopped() => {}
        signal = stop.recv() => tracing::info!(
            "stopping after {signal}: no new transactions, blocks of the {} pending ones for up to 2 s; \
             a second signal exits immediately",
            node.pending_len()
        ),
    }
}

/// Shuts the node down; a signal meanwhile ends the process immediately.
async fn drain(node: &Node, stop: &mut StopSignals) {
    let draining = spawn_blocking({
        let node = node.clone();
        move || node.shutdown()
    });
    tokio::select! {
        // After a panic in the shutdown nothing is left to drain.
        result = draining => drop(result),
        never = report_draining(node) => match never {},
        signal = stop.recv() => {
            tracing::info!("exiting after {signal}; ledger safe at slot {}", slot_of(node));
            process::exit(EXIT_IMMEDIATELY)
        }
    }
}

/// Says what a node that takes long to drain waits for.
async fn report_draining(node: &Node) -> Infallible {
    loop {
        tokio::time::sleep(DRAIN_REPORT_EVERY).await;
        tracing::info!(
            verifying = node.verify_waiting(),
            pending = node.pending_len(),
            "waiting for transactions and for the block after slot {}",
            slot_of(node)
        );
    }
}

/// The slot of the last block that is durable and published.
fn slot_of(node: &Node) -> u64 {
    node.published().chain().slot()
}
