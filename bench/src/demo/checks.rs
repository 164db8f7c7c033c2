//! The checks after the load: no lamport is missing, and a power loss keeps every transfer reported as confirmed, with
//! every balance that these leave.
//!
//! They use data that the load generator did not produce: the sum covers every account of the node, the burned fees
//! come from the results of all blocks, and the look-ups read the blocks of a ledger that a fresh node opened.

use std::collections::{HashSet, VecDeque};

use anyhow::Context;
use isobath_node::{Node, NodeConfig};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::{Signature, TransactionView};

use crate::client::{Books, ConfirmedEntries};
use crate::disk::folder_bytes;
use crate::report::{ChainCheck, Reopened};

/// Blocks whose signatures are kept during the look-up; few suffice, since entries are nearly sorted by slot.
const BLOCKS_KEPT: usize = 16;

/// Lamports of a published view.
#[derive(Clone, Copy, Debug)]
struct ChainState {
    slot: u64,
    sum_lamports: u128,
    capitalization: u64,
}

impl ChainState {
    /// Sums every account of the published view.
    fn read(node: &Node) -> anyhow::Result<Self> {
        let read = node.published().read_accounts(|accounts| Self {
            slot: accounts.slot(),
            sum_lamports: accounts.sum_lamports(),
            capitalization: accounts.capitalization(),
        });
        read.context("cannot sum the accounts")
    }

    /// Compares with the genesis less the fees that the blocks of `node` burned.
    fn check_on(self, node: &Node) -> anyhow::Result<ChainCheck> {
        let genesis_lamports = node
            .genesis()
            .capitalization()
            .context("the lamports of the genesis overflow")?;
        Ok(self.check(genesis_lamports, burned_until(node, self.slot)?))
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

/// Checks the sum of all accounts of a running node.
///
/// # Errors
/// When the node has failed, so that its view may be stale, or its blocks cannot be read.
pub(super) fn check_running(node: &Node) -> anyhow::Result<ChainCheck> {
    if let Some(reason) = node.failed() {
        anyhow::bail!("the node failed: {reason}");
    }
    ChainState::read(node)?.check_on(node)
}

/// What the node reported before its power was lost, all of which its ledger must still hold.
#[derive(Debug)]
pub(super) struct Reported {
    /// The last published slot.
    pub(super) slot: u64,
    /// Every transfer that was reported as confirmed.
    pub(super) confirmed: ConfirmedEntries,
    /// The balances that these leave.
    pub(super) books: Books,
}

/// Opens what a power loss left, and checks it against what was reported: every published block, every confirmed
/// transfer, every balance and the sum of all accounts.
///
/// # Errors
/// When the ledger cannot be opened or read.
pub(super) fn check_reopened(left: NodeConfig, reported: Reported) -> anyhow::Result<Reopened> {
    let folder = left.ledger.clone();
    let node = Node::start(left).context("cannot reopen the ledger")?;
    // Stopped at once, so that no block is added; the published view stays readable.
    node.shutdown();
    let state = ChainState::read(&node)?;
    let wrong_accounts = count_wrong(&node, &reported.books)?;
    let (looked_up, found) = look_up(&node, reported.confirmed)?;
    let lamports_hold = state.check_on(&node)?.holds;
    let lost_blocks = reported.slot.saturating_sub(state.slot);
    let ledger_bytes = folder.map_or(Ok(0), |folder| folder_bytes(&folder));
    Ok(Reopened {
        holds: lamports_hold && looked_up == found && lost_blocks == 0 && wrong_accounts == 0,
        blocks: state.slot,
        ledger_bytes: ledger_bytes.context("cannot read the size of the ledger")?,
        looked_up,
        found,
        lamports_hold,
        lost_blocks,
        wrong_accounts,
    })
}

/// How many accounts of the load do not hold what its transfers left.
fn count_wrong(node: &Node, books: &Books) -> anyhow::Result<u64> {
    let balances = node.published().read_accounts(|accounts| {
        let balance = |address| accounts.get(address).map_or(0, |account| account.lamports);
        books.addresses().iter().map(balance).collect::<Vec<u64>>()
    });
    let balances = balances.context("cannot read the accounts of the load")?;
    Ok(books.compare(&balances).wrong_accounts)
}

/// Fees burned in the blocks up to and including that of slot `last`.
fn burned_until(node: &Node, last: u64) -> anyhow::Result<u64> {
    let mut burned: u64 = 0;
    for slot in 1..=last {
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
