//! This node, in the process of the comparison.

use std::collections::BTreeSet;
use std::path::Path;

use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_validator::in_process::InProcessNode;

use super::case::{steps, transaction_names};
use super::cast::genesis;
use super::compare::Answers;
use super::run::{Run, Target};

/// Slots as short as those of the other node.
const SLOT_MS: u64 = 100;

/// The answers of a new node whose ledger is in `folder`.
///
/// # Errors
/// The node does not start, does not answer, or fails.
pub fn answers(folder: &Path) -> Result<Answers, String> {
    let steps = steps();
    let node = start(folder, &transaction_names(&steps))?;
    let target = Target {
        http: node.rpc_addr(),
        ws: node.ws_addr(),
    };
    let answers = Run::new(target).answers(&steps);
    node.stop().map_err(|error| format!("{error:#}"))?;
    answers
}

fn start(folder: &Path, transactions: &BTreeSet<String>) -> Result<InProcessNode, String> {
    let mut config = NodeConfig::at(folder);
    config.genesis = Some(genesis(transactions));
    config.slot_ms = Some(SLOT_MS);
    InProcessNode::start(config, RpcConfig::on_port(0), Some(2)).map_err(|error| format!("{error:#}"))
}
