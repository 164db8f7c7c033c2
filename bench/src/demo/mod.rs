//! The newcomer's demo: a throw-away node, a load over its public port, and proof that nothing was lost.
//!
//! ```text
//! temporary folder -> node -> RPC on a free port <- load generator (own threads)
//!        |                                              |
//!        |            sums of lamports <- after the load, list of confirmed transfers (a file)
//!        v                                              |
//! node shut down -> ledger opened by a fresh node -> every confirmed transfer looked up in its block
//! ```
//!
//! The node is the one that `dev` starts and the load goes through the same sockets as any client's; only the checks
//! look inside.

mod checks;
mod node;

use std::time::Duration;

use anyhow::Context;

use crate::cli::DemoArgs;
use crate::client::{self, ConfirmedLog, Driven, Funder, Goal};
use crate::keys::derive_funder;
use crate::report::{self, Report};
use crate::stop::{Stop, StopReason, stop_on_ctrl_c};
use node::DemoNode;

/// Runs `demo`.
///
/// # Errors
/// When the node cannot start, the load cannot begin, or the ledger cannot be read back.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<Report> {
    let folder =
        tempfile::tempdir().context("cannot make a temporary folder; TMPDIR names another place for it")?;
    let node = DemoNode::start(folder.path(), args.slot_ms)?;
    let url = node.target().url.clone();
    let mut driven = drive(args, &node)?;
    let live = checks::ChainState::read(&node.node)?;
    node.stop()?;

    let log = driven
        .load
        .log
        .take()
        .context("the list of confirmed transfers is missing")?;
    let (chain, reopened) = checks::check_reopened(folder.path(), live, log.into_entries()?)?;
    folder.close().context("cannot remove the temporary folder")?;
    Ok(report::of_demo(args, url, &driven, chain, reopened))
}

/// Sends for the time asked for, on threads of its own; ends early when the node comes down.
fn drive(args: &DemoArgs, demo: &DemoNode) -> anyhow::Result<Driven> {
    let log = ConfirmedLog::create().context("cannot make a temporary file")?;
    let goal = Goal::Time(Duration::from_secs(args.seconds));
    let funder = Funder::Airdrop(derive_funder(args.load.seed));
    client::build_runtime(args.load.thread_count())?.block_on(async {
        let stop = Stop::new();
        stop_on_ctrl_c(stop.clone());
        let (node, node_stop) = (demo.node.clone(), stop.clone());
        tokio::spawn(async move {
            node.stopped().await;
            node_stop.request(StopReason::Stalled);
        });
        client::drive(demo.target(), &args.load, goal, &funder, stop, Some(log)).await
    })
}
