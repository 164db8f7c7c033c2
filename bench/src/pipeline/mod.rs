//! CPU time of a node per transfer, from the pool to the notice, in one process and without JSON-RPC.
//!
//! ```text
//! workload: wire bytes of a round                                 before the round
//! feeder (this thread): newest blockhash; decodes, admits a group  its CPU time is left out
//! --- the timer starts -------------------------------------------------------------------------------
//! feeder: known already? checks against the view, pool            as an admission thread does
//! producer: take, execute, seal, record with its sync, publish
//! feeder: receives the notice, frees it                           as a subscriber does
//! --- the timer stops with the notice of the last transfer -------------------------------------------
//! feeder: compares what was notified with what it fed             its CPU time is left out
//! ```
//!
//! The figure is the CPU time of all threads of the process over a round, less what the feeder spends on its own work. It
//! begins where verified transactions are handed to admission: decoding, static rules and signatures come before.
//! Rounds follow each other on one node; a round ends when each of its transfers was notified, once and as a success.
//! After the last one every account must hold what its transfers left.

mod books;
mod feeder;
mod report;
mod spent;

use std::path::Path;

use anyhow::Context;
use isobath_node::{Node, NodeConfig};
use isobath_timing::{Machine, load_average};

use self::books::Books;
use self::feeder::Feeder;
use self::report::{Measured, Report};
use crate::cli::PipelineArgs;
use crate::in_process::{fixture, print};
use crate::progress::{Length, bar};
use crate::workload::Workload;

/// Transfers whose wire bytes are made at a time: enough that the wait for the end of the last slot is a small part of a
/// round.
const ROUND_TRANSFERS: u64 = 250_000;

/// Runs `pipeline`; always true, since there is no target.
///
/// # Errors
/// When the node cannot be started or fails, a transfer is not notified once and as a success, or a balance is wrong.
pub(crate) fn run(args: &PipelineArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let folder = match &args.ledger {
        Some(parent) => tempfile::tempdir_in(parent).with_context(|| {
            format!(
                "cannot create a folder in {}; give another --ledger",
                parent.display()
            )
        })?,
        None => tempfile::tempdir()
            .context("cannot create a temporary folder; set TMPDIR to a writable folder")?,
    };
    let workload = Workload::new(args.workload, usize::try_from(args.accounts)?, args.seed);
    let node = Node::start(config(args, folder.path(), &workload)?).context("cannot start the node")?;
    let measured = measure(args, &node, folder.path(), workload);
    node.shutdown();
    let report = Report::new(args, &measured?, Machine::detect(), [load_before, load_average()]);
    folder.close().context("cannot remove the ledger")?;
    print(&report, args.output.json, &report::render(&report))?;
    Ok(true)
}

/// The node: its genesis has the accounts, and one payer may fill its pool.
fn config(args: &PipelineArgs, ledger: &Path, workload: &Workload) -> anyhow::Result<NodeConfig> {
    let block_transactions = usize::try_from(args.block_transactions)?;
    let mut config = fixture::node_config(ledger, workload.genesis(), block_transactions, args.slot_ms);
    config.pending.payer_transactions = config.pending.transactions;
    config.pending.payer_bytes = config.pending.bytes;
    Ok(config)
}

fn measure(args: &PipelineArgs, node: &Node, ledger: &Path, workload: Workload) -> anyhow::Result<Measured> {
    let mut feeder = Feeder::new(node, ledger);
    let mut books = Books::new(workload, node.genesis().fees.lamports_per_signature);
    let warming = bar("warming up", Length::Items(args.warmup_transfers));
    for count in rounds(args.warmup_transfers) {
        let wires = books.next(count);
        feeder.round(wires, &warming)?;
    }
    warming.finish_and_clear();
    let measuring = bar("measuring", Length::Items(args.transfers));
    let mut measured = Measured::default();
    for count in rounds(args.transfers) {
        let wires = books.next(count);
        measured.add(feeder.round(wires, &measuring)?);
    }
    measuring.finish_and_clear();
    books.check(node)?;
    Ok(measured)
}

/// `transfers` in rounds of nearly the same size.
fn rounds(transfers: u64) -> impl Iterator<Item = u64> {
    let rounds = transfers.div_ceil(ROUND_TRANSFERS);
    let share = transfers.checked_div(rounds).unwrap_or(0);
    let larger = transfers.checked_rem(rounds).unwrap_or(0);
    (0..rounds).map(move |round| share.saturating_add(u64::from(round < larger)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_transfer_is_lost_between_the_rounds() {
        for transfers in [
            0,
            1,
            ROUND_TRANSFERS,
            ROUND_TRANSFERS + 1,
            10 * ROUND_TRANSFERS - 1,
        ] {
            let rounds: Vec<u64> = rounds(transfers).collect();
            assert_eq!(rounds.iter().sum::<u64>(), transfers);
            assert!(
                rounds.iter().all(|count| (1..=ROUND_TRANSFERS).contains(count)),
                "{rounds:?}"
            );
        }
    }
}
