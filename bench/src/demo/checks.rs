//! The checks after the load: no lamport is missing, and the ledger holds every transfer reported as confirmed.
//!
//! Both use data that the load generator did not produce: the sum covers every account of the node, the burned fees come
//! from the results of all blocks, and the look-ups read the blocks of a ledger that a fresh node opened.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use anyhow::{Context, ensure};
use isobath_node::{Node, NodeConfig};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::{Signature, TransactionView};

use crate::client::ConfirmedEntries;
use crate::report::{ChainCheck, Reopened};

/// Blocks whose signatures are kept during the look-up; few suffice, since entries are nearly sorted by slot.
const BLOCKS_KEPT: usize = 16;

/// Lamports of a published view.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChainState {
    slot: u64,
    sum_lamports: u128,
    capitalization: u64,
}

impl ChainState {
    /// Sums every account of the published view.
    ///
    /// # Errors
    /// When the node has failed, so that its view may be stale.
    pub(super) fn read(node: &Node) -> anyhow::Result<Self> {
        if let Some(reason) = node.failed() {
            anyhow::bail!("the node failed: {reason}");
        }
        let published = node.published();
        let accounts = published.accounts();
        Ok(Self {
            slot: accounts.slot(),
            sum_lamports: accounts.sum_lamports(),
            capitalization: accounts.capitalization(),
        })
    }

    /// Compares with the genesis less the burned fees.
    fn check(self, genesis_lamports: u64, burned_lamports: u64) -> ChainCheck {
        let expected = genesis_lamports.checked_sub(burned_lamports);
        ChainCheck {
            holds: expected == Some(self.capitalization)
                && self.sum_lamports == u128::from(self.capitalization),
            slot: self.slot,
            genesis_lamports,
            burned_lamports,
            capitalization_lamports: self.capitalization,
            sum_lamports: u64::try_from(self.sum_lamports).unwrap_or(u64::MAX),
        }
    }
}

/// Reopens the ledger and checks it: the lamports of `live` and of the reopened state, and every confirmed entry.
///
/// # Errors
/// When the ledger cannot be opened or read.
pub(super) fn check_reopened(
    ledger: &Path,
    live: ChainState,
    confirmed: ConfirmedEntries,
) -> anyhow::Result<(ChainCheck, Reopened)> {
    let node = Node::start(NodeConfig::at(ledger)).context("cannot reopen the ledger")?;
    // Stopped at once, so that no block is added; the published view stays readable.
    node.shutdown();
    let reopened = ChainState::read(&node)?;
    ensure!(
        reopened.slot >= live.slot,
        "the reopened ledger ends at slot {}, before {}",
        reopened.slot,
        live.slot
    );

    let genesis_lamports = node
        .genesis()
        .capitalization()
        .context("the lamports of the genesis overflow")?;
    let live = live.check(genesis_lamports, burned_in(&node, 1, live.slot)?);
    let burned_later = burned_in(&node, live.slot.saturating_add(1), reopened.slot)?;
    let burned = live.burned_lamports.saturating_add(burned_later);
    let lamports_hold = reopened.check(genesis_lamports, burned).holds;

    let (looked_up, found) = look_up(&node, confirmed)?;
    let result = Reopened {
        holds: lamports_hold && looked_up == found,
        blocks: reopened.slot,
        ledger_bytes: folder_bytes(ledger).context("cannot read the size of the ledger")?,
        looked_up,
        found,
        lamports_hold,
    };
    Ok((live, result))
}

/// Fees burned in the blocks of slots `first..=last`.
fn burned_in(node: &Node, first: u64, last: u64) -> anyhow::Result<u64> {
    let mut burned: u64 = 0;
    for slot in first..=last {
        let Some(history) = node.history(slot)? else {
            continue;
        };
        burned = burned.saturating_add(history.result.fees.burned);
    }
    Ok(burned)
}

/// How many transfers were reported as confirmed, and how many of them succeeded in the reported block.
fn look_up(node: &Node, confirmed: ConfirmedEntries) -> anyhow::Result<(u64, u64)> {
    let mut blocks: VecDeque<(u64, HashSet<Signature>)> = VecDeque::new();
    let (mut looked_up, mut found) = (0_u64, 0_u64);
    for entry in confirmed {
        let (signature, slot) = entry.context("cannot read the list of confirmed transfers")?;
        if !blocks.iter().any(|(kept, _)| *kept == slot) {
            blocks.truncate(BLOCKS_KEPT.saturating_sub(1));
            blocks.push_front((slot, successes_of(node, slot)?));
        }
        let is_there = blocks
            .iter()
            .any(|(kept, signatures)| *kept == slot && signatures.contains(&signature));
        looked_up = looked_up.saturating_add(1);
        found = found.saturating_add(u64::from(is_there));
    }
    Ok((looked_up, found))
}

/// Signatures of the successful transactions of a block.
fn successes_of(node: &Node, slot: u64) -> anyhow::Result<HashSet<Signature>> {
    let Some(history) = node.history(slot)? else {
        return Ok(HashSet::new());
    };
    let mut signatures = HashSet::with_capacity(history.transactions.len());
    for (wire, execution) in history.transactions.iter().zip(&history.executions) {
        if execution.outcome.class == OutcomeClass::Executed && execution.outcome.error.is_none() {
            let view = TransactionView::parse(wire).context("the ledger holds an undecodable transaction")?;
            signatures.insert(view.signature(0));
        }
    }
    Ok(signatures)
}

/// Total size of the files of a folder.
fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut bytes: u64 = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes = bytes.saturating_add(entry?.metadata()?.len());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_capitalization_and_burned_fees_must_agree() {
        let state = |sum_lamports, capitalization| ChainState {
            slot: 3,
            sum_lamports,
            capitalization,
        };
        assert!(state(90, 90).check(100, 10).holds);
        assert!(!state(91, 90).check(100, 10).holds, "an account holds too much");
        assert!(!state(90, 91).check(100, 10).holds, "the capitalization is off");
        assert!(!state(91, 91).check(100, 10).holds, "a fee was not burned");
        assert!(!state(0, 0).check(5, 10).holds, "more was burned than existed");
        assert!(
            !state(1 << 70, u64::MAX).check(u64::MAX, 0).holds,
            "more than can exist"
        );
    }
}
