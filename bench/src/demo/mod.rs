//! The demo: a throw-away node, a load over its public port, and the check that nothing was lost.
//!
//! ```text
//! temporary folder -> node -> RPC on a free port <- load generator (own threads)
//!        |                                              |
//!        |     sum of all lamports <- after the load, list of confirmed transfers (a file), every expected balance
//!        v                                              |
//! power cut: the files hold what was synced -> opened by a fresh node -> transfers and balances looked up
//! ```
//!
//! The node is the one that `dev` starts, and the load uses the same sockets as any client. Only the checks read the
//! node's own state. Its files are real; a layer above them rolls them back to the last sync when the power is cut, so
//! that what was confirmed without being synced is gone.

mod checks;

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_storage::{FileStorage, PowerLossStorage};
use isobath_validator::in_process::InProcessNode;

use self::checks::Reported;
use crate::cli::DemoArgs;
use crate::client::{self, ConfirmedLog, DriveResult, Funder, Goal, Target};
use crate::keys::derive_funder;
use crate::report::{self, Report};
use crate::stop::{Stop, StopReason, stop_on_ctrl_c};

/// A node, and a disk whose power can be cut.
struct Setup {
    /// The node under load.
    node: NodeConfig,
    /// Cuts the power of its disk.
    cut_power: Box<dyn FnOnce() -> io::Result<()>>,
    /// A node on what the disk then holds; called when the first one has ended.
    reopen: Box<dyn FnOnce() -> NodeConfig>,
}

impl Setup {
    /// A node on real files in `folder`.
    fn on_files(folder: &Path) -> anyhow::Result<Self> {
        let files = FileStorage::open(folder)?;
        let (storage, switch) =
            PowerLossStorage::new(files).context("cannot sync the ledger in the temporary folder")?;
        let mut node = NodeConfig::at(folder);
        node.storage = Some(Box::new(storage));
        let folder = folder.to_owned();
        Ok(Self {
            node,
            cut_power: Box::new(move || switch.cut()),
            reopen: Box::new(|| NodeConfig::at(folder)),
        })
    }
}

/// Runs `demo`.
///
/// # Errors
/// When the node cannot start, the load cannot begin, or the ledger cannot be read back.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<Report> {
    let folder =
        tempfile::tempdir().context("cannot create a temporary folder; set TMPDIR to a writable folder")?;
    let setup = Setup::on_files(folder.path())?;
    let report = run_on(args, setup, |target| target)?;
    folder.close().context("cannot remove the temporary folder")?;
    Ok(report)
}

/// Runs the load on a node and checks it, before and after a power loss. The load reaches the node at the address that
/// `route` makes of the node's own.
fn run_on(args: &DemoArgs, setup: Setup, route: impl FnOnce(Target) -> Target) -> anyhow::Result<Report> {
    let mut config = setup.node;
    config.slot_ms = Some(args.slot_ms);
    let served = InProcessNode::start(config, RpcConfig::on_port(0), None)?;
    let target = route(Target {
        url: format!("http://{}", served.rpc_addr()),
        ws_url: format!("ws://{}", served.ws_addr()),
    });
    let mut result = drive(args, &served, &target)?;
    let log = result.load.log.take();
    let log = log.context("the list of confirmed transfers is missing (internal error)")?;
    let chain = checks::check_running(served.node())?;

    let slot = served.node().published().chain().slot();
    (setup.cut_power)().context("cannot roll the ledger back to its last sync")?;
    let node = served.stop_server();
    node.shutdown();
    drop(node);
    let reported = Reported {
        slot,
        confirmed: log.into_entries()?,
        books: result.load.books.clone(),
    };
    let reopened = checks::check_reopened((setup.reopen)(), reported)?;
    Ok(report::of_demo(args, target.url, &result, chain, reopened))
}

/// Sends for the configured time, on its own threads; ends early when the node stops.
fn drive(args: &DemoArgs, served: &InProcessNode, target: &Target) -> anyhow::Result<DriveResult> {
    let log =
        ConfirmedLog::create().context("cannot create a temporary file; set TMPDIR to a writable folder")?;
    let goal = Goal::Time(Duration::from_secs(args.seconds));
    let funder = Funder::Airdrop(derive_funder(args.load.seed));
    client::build_runtime(args.load.thread_count())?.block_on(async {
        let stop = Stop::new();
        stop_on_ctrl_c(stop.clone());
        let (node, node_stop) = (served.node().clone(), stop.clone());
        tokio::spawn(async move {
            node.stopped().await;
            node_stop.request(StopReason::Stalled);
        });
        client::drive(target, &args.load, goal, &funder, stop, Some(log)).await
    })
}

#[cfg(test)]
mod tests;
