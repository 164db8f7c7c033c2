//! `isobath dev`: starts a node, serves it, and stops it cleanly.
//!
//! ```text
//! handlers -> reset? -> node (replay) -> keys, banner -> serve -> ready line -> wait -> drain node -> stop serving
//! ```
//!
//! The node drains before the servers stop, so a client that waits for a confirmation still gets it. A node that can no
//! longer write its ledger ends the process with exit code 1; what it published is kept.

use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::time::Duration;

use anyhow::{Context, anyhow};
use isobath_sdk::chain::genesis::Genesis;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::args::DevArgs;
use crate::banner::Banner;
use crate::keys::DevKey;
use crate::{keys, ledger};
use isobath_node::{HistoryLimits, Node, NodeConfig};
use isobath_rpc::{self as rpc, RpcConfig, RpcServer};

/// SIGXFSZ: sent when a write exceeds the limit on file sizes.
const SIGXFSZ: i32 = 25;

/// How long the servers may take to finish calls after the node has stopped.
const SERVER_STOP_MAX: Duration = Duration::from_millis(500);

/// Exit code after a second signal to stop.
const EXIT_IMMEDIATELY: i32 = 130;

/// Runs a development node until a signal stops it.
///
/// # Errors
/// The cause of a failed start or run, with its cure if there is one.
pub(crate) async fn run(args: &DevArgs) -> anyhow::Result<()> {
    let mut stop = StopSignals::install()?;
    let config = node_config(args)?;
    let starting = spawn_blocking({
        let (reset, ledger) = (args.reset, args.ledger.clone());
        move || start_node(config, reset, &ledger)
    });
    let node = tokio::select! {
        started = starting => started.context("starting the node panicked (internal error)")??,
        // A restart completes or cuts everything written so far.
        () = stop.recv() => process::exit(0),
    };
    let outcome = match serve(args, &node).await {
        Ok(server) => {
            let outcome = run_until_stopped(&node, &mut stop).await;
            // Open connections of clients do not delay the end.
            drop(timeout(SERVER_STOP_MAX, server.stop()).await);
            outcome
        }
        Err(error) => Err(error),
    };
    drain(&node, &mut stop).await;
    outcome
}

fn node_config(args: &DevArgs) -> anyhow::Result<NodeConfig> {
    let mut config = NodeConfig::at(&args.ledger);
    config.genesis = args.genesis.as_deref().map(read_genesis).transpose()?;
    config.slot_ms = args.slot_ms;
    if let Some(compute_units) = args.block_max_compute_units {
        config.budget.compute_units = compute_units;
    }
    if let Some(transactions) = args.block_max_transactions {
        config.budget.transactions = transactions;
    }
    if let Some(pending) = args.pending_max {
        config.pending.transactions = usize::try_from(pending).context("--pending-max")?;
    }
    config.history = history_limits(args)?;
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
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Genesis::from_json(&text).with_context(|| {
        format!(
            "cannot use genesis {} (`isobath genesis` prints a valid one)",
            path.display()
        )
    })
}

fn start_node(mut config: NodeConfig, reset: bool, ledger: &Path) -> anyhow::Result<Node> {
    if reset {
        config.storage = Some(Box::new(ledger::reset(ledger)?));
    }
    Ok(Node::start(config)?)
}

/// Writes the keys, starts the servers and prints the ready line.
async fn serve(args: &DevArgs, node: &Node) -> anyhow::Result<RpcServer> {
    let known = keys::known_to(node.genesis());
    let keys_dir = keys::write_files(&args.ledger, &known)?;
    let known = with_balances(node, known);
    let config = RpcConfig {
        host: args.rpc_host,
        port: args.rpc_port,
        ..RpcConfig::default()
    };
    let server = rpc::serve(node.clone(), config).await?;
    if !args.quiet {
        let banner = Banner {
            ledger: &args.ledger,
            keys_dir: &keys_dir,
            genesis: node.genesis().hash(),
            slot_ms: node.slot_ms(),
            keys: &known,
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
    Ok(server)
}

/// The keys with their balances in the published view.
fn with_balances(node: &Node, keys: Vec<DevKey>) -> Vec<(DevKey, u64)> {
    let view = node.published();
    let balance = |key: &DevKey| {
        let account = view.account(&key.pubkey);
        account.map_or(0, |account| account.lamports)
    };
    keys.into_iter()
        .map(|key| {
            let lamports = balance(&key);
            (key, lamports)
        })
        .collect()
}

/// Waits for the first signal to stop and then drains the node, or waits for the node to fail.
async fn run_until_stopped(node: &Node, stop: &mut StopSignals) -> anyhow::Result<()> {
    tokio::select! {
        () = node.stopped() => {}
        () = stop.recv() => {
            tracing::info!("stopping; a second signal exits immediately");
            drain(node, stop).await;
        }
    }
    node.failed().map_or(Ok(()), |reason| Err(anyhow!(reason)))
}

/// Shuts the node down; a signal meanwhile ends the process immediately.
async fn drain(node: &Node, stop: &mut StopSignals) {
    let node = node.clone();
    tokio::select! {
        // After a panic in the shutdown nothing is left to drain.
        result = spawn_blocking(move || node.shutdown()) => drop(result),
        () = stop.recv() => process::exit(EXIT_IMMEDIATELY),
    }
}

/// The signals that end the process, and the one that must not.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    // Held to keep its handler installed: without one, the kernel kills the process instead of failing the write with
    // EFBIG.
    _file_size: Signal,
}

impl StopSignals {
    fn install() -> anyhow::Result<Self> {
        let install = |kind| signal(kind).context("cannot install a signal handler");
        Ok(Self {
            terminate: install(SignalKind::terminate())?,
            interrupt: install(SignalKind::interrupt())?,
            _file_size: install(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
