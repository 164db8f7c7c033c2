//! The start of a development node, from its ledger to its ready server.
//!
//! ```text
//! reset? -> open the ledger -> keys public? -> key files -> listen -> replay, with progress -> serve
//! ```
//!
//! What can be refused is refused before the replay, which may take long. From `listen` on, clients see how far it has
//! come. A signal to stop ends the process at once: a start changes nothing in the ledger but an incomplete record at
//! its end.

use std::path::{Path, PathBuf};
use std::process;

use anyhow::Context;
use isobath_node::{Node, NodeConfig, OpenedNode, StartProgress};
use isobath_rpc::{self as rpc, RpcConfig, RpcServer};
use tokio::task::spawn_blocking;

use crate::args::DevArgs;
use crate::exposure::{self, PublicKeys};
use crate::keys::{self, DevKey};
use crate::progress::Screen;
use crate::signals::StopSignals;
use crate::{descriptors, ledger};

/// A node that has started and is served.
pub(crate) struct Started {
    pub(crate) node: Node,
    pub(crate) server: RpcServer,
    /// The development keys that its genesis uses.
    pub(crate) keys: Vec<DevKey>,
    /// The folder of their files.
    pub(crate) keys_dir: PathBuf,
}

/// Starts a node and serves it.
///
/// # Errors
/// The cause, with its cure if there is one.
pub(crate) async fn start(
    args: &DevArgs,
    config: NodeConfig,
    screen: &Screen,
    stop: &mut StopSignals,
) -> anyhow::Result<Started> {
    let opening = spawn_blocking({
        let (reset, ledger) = (args.reset, args.ledger.clone());
        move || open(config, reset, &ledger)
    });
    let opened = tokio::select! {
        opened = opening => opened.context("opening the ledger panicked (internal error)")??,
        signal = stop.recv() => exit_early(signal, &StartProgress::default()),
    };
    let keys = keys::known_to(opened.genesis());
    let allowed = if args.allow_public_keys {
        PublicKeys::Anywhere
    } else {
        PublicKeys::Local
    };
    exposure::check(args.rpc_host, &keys, allowed)?;
    let keys_dir = keys::write_files(&args.ledger, &keys)?;
    let progress = opened.progress();
    let server = rpc::listen(rpc_config(args), progress.clone()).await?;
    tracing::info!(rpc = %server.rpc_addr(), ws = %server.ws_addr(), "listening");
    let replaying = spawn_blocking(move || opened.start());
    let node = tokio::select! {
        started = replaying => started.context("starting the node panicked (internal error)")??,
        never = screen.show(&progress) => match never {},
        signal = stop.recv() => exit_early(signal, &progress),
    };
    let server = server.serve(node.clone())?;
    Ok(Started {
        node,
        server,
        keys,
        keys_dir,
    })
}

fn open(mut config: NodeConfig, reset: bool, ledger: &Path) -> anyhow::Result<OpenedNode> {
    if reset {
        config.storage = Some(Box::new(ledger::reset(ledger)?));
    }
    Ok(Node::open(config)?)
}

fn rpc_config(args: &DevArgs) -> RpcConfig {
    RpcConfig {
        host: args.rpc_host,
        port: args.rpc_port,
        allowed_hosts: args.allowed_host.clone(),
        cors_origins: args.cors_origin.clone(),
        limits: descriptors::raise_and_fit(*args.limits.values),
        ..RpcConfig::default()
    }
}

/// Ends the process during a start, as asked.
fn exit_early(signal: &str, progress: &StartProgress) -> ! {
    tracing::info!("stopped by {signal} while {progress}; the ledger is safe");
    process::exit(0)
}
