//! The demo: a throw-away node, a load over its public port, and the check that nothing was lost.
//!
//! ```text
//! temporary folder -> node -> RPC on a free port <- load generator (own threads)
//!        |                                              |
//!        |            sums of lamports <- after the load, list of confirmed transfers (a file)
//!        v                                              |
//! node shut down -> ledger opened by a fresh node -> every confirmed transfer looked up in its block
//! ```
//!
//! The node is the one that `dev` starts, and the load uses the same sockets as any client. Only the checks read the
//! node's own state.

mod checks;

use std::time::Duration;

use anyhow::Context;
use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_validator::in_process::InProcessNode;

use crate::cli::DemoArgs;
use crate::client::{self, ConfirmedLog, DriveResult, Funder, Goal, Target};
use crate::keys::derive_funder;
use crate::report::{self, Report};
use crate::stop::{Stop, StopReason, stop_on_ctrl_c};

/// Runs `demo`.
///
/// # Errors
/// When the node cannot start, the load cannot begin, or the ledger cannot be read back.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<Report> {
    let folder =
        tempfile::tempdir().context("cannot create a temporary folder; set TMPDIR to a writable folder")?;
    let mut config = NodeConfig::at(folder.path());
    config.slot_ms = Some(args.slot_ms);
    let node = InProcessNode::start(config, RpcConfig::on_port(0), None)?;
    let target = Target {
        url: format!("http://{}", node.rpc_addr()),
        ws_url: format!("ws://{}", node.ws_addr()),
    };
    let mut result = drive(args, &node, &target)?;
    let live = checks::ChainState::read(node.node())?;
    node.stop()?;

    let log = result
        .load
        .log
        .take()
        .context("the list of confirmed transfers is missing (internal error)")?;
    let (chain, reopened) = checks::check_reopened(folder.path(), live, log.into_entries()?)?;
    folder.close().context("cannot remove the temporary folder")?;
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
