//! Commits blocks, one at a time, while the next one is built.
//!
//! ```text
//! producer   [ N-1 opens, executes, ends ] [ N opens, executes ..................... | waits | ends ] [ N+1 ..
//! committer                                [ hashes N-1, record + sync, publishes ]                   [ hashes N ..
//! ```
//!
//! Invariant: at most one block has ended and is not published. The next one ends when that is published, so its header
//! and result follow from the published chain. If a commit fails, the node fails: nothing is rolled back, since the record
//! may be durable, and the open block is given up.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use isobath_accounts_db::EndedBlock;
use isobath_ledger::CommitError;
use isobath_runtime::{AheadChain, Chain, Tx, UnhashedBlock};
use isobath_sdk::TransactionError;

use crate::indexes::contention::BlockContention;
use crate::lane_threads::LaneThreads;
use crate::stages::feeder::record_no_effect;
use crate::stages::publish::Publisher;
use crate::stages::threads::{Failed, guarded, start_lanes};
use crate::stages::work_time::WorkTime;
use crate::state::NodeState;

/// A block that has ended.
pub(crate) struct EndedWork {
    pub(crate) block: UnhashedBlock,
    pub(crate) accounts: EndedBlock,
    /// The chain after it.
    pub(crate) chain: AheadChain,
    /// What its transactions waited for.
    pub(crate) contention: BlockContention,
    /// Transactions whose message is in this block or an earlier one.
    pub(crate) repeated: Vec<Tx>,
}

/// The producer's side: at most one block is being committed.
pub(crate) struct Committer<'n> {
    node: &'n NodeState,
    blocks: SyncSender<EndedWork>,
    done: Receiver<()>,
    /// The chain after the block that is being committed.
    in_flight: Option<AheadChain>,
}

impl<'n> Committer<'n> {
    /// Starts the committing thread, which ends with the committer.
    pub(crate) fn start<'s>(
        node: &'n Arc<NodeState>,
        scope: &'s std::thread::Scope<'s, 'n>,
    ) -> std::io::Result<Self> {
        let (blocks, to_commit) = sync_channel(1);
        let (committed, done) = sync_channel(1);
        let thread = std::thread::Builder::new().name("committer".to_owned());
        thread.spawn_scoped(scope, move || {
            guarded(node, "the committer", || {
                run_committer(node, &to_commit, &committed)
            });
        })?;
        Ok(Self {
            node,
            blocks,
            done,
            in_flight: None,
        })
    }

    /// The chain to open the next block on: after the newest block that has ended, whose result may not be known yet. A
    /// copy, since a tip that is held counts as a reader's.
    pub(crate) fn newest_chain(&self) -> Chain {
        match &self.in_flight {
            Some(ahead) => ahead.chain().clone(),
            None => self.node.tip().head.chain.clone(),
        }
    }

    /// Waits until what is being committed is published.
    ///
    /// # Errors
    /// If it cannot be committed; the node has failed.
    pub(crate) fn wait(&mut self) -> Result<(), Failed> {
        if self.in_flight.take().is_none() {
            return Ok(());
        }
        let begun = Instant::now();
        let done = self.done.recv().map_err(|_| Failed);
        let waited = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.node.counters.commit_waited_ns.add(waited);
        done
    }

    /// Commits and publishes a block. The one before is published.
    ///
    /// # Errors
    /// If no block can be committed any more; the node has failed.
    pub(crate) fn commit(&mut self, work: EndedWork) -> Result<(), Failed> {
        self.in_flight = Some(work.chain.clone());
        self.blocks.send(work).map_err(|_| Failed)
    }
}

/// Commits blocks until there are no more or one cannot be committed.
fn run_committer(node: &NodeState, blocks: &Receiver<EndedWork>, committed: &SyncSender<()>) {
    let mut publisher = Publisher::default();
    // Those of the producer execute the next block meanwhile.
    let Ok(threads) = start_lanes(node) else {
        return;
    };
    for work in blocks {
        if let Err(error) = commit(node, (&mut publisher, &threads), work) {
            node.fail(describe_failure(&error));
            return;
        }
        if committed.send(()).is_err() {
            // The producer has ended.
            return;
        }
    }
}

fn commit(
    node: &NodeState,
    (publisher, threads): (&mut Publisher, &LaneThreads),
    ended: EndedWork,
) -> Result<(), CommitError> {
    let EndedWork {
        block,
        accounts,
        chain,
        contention,
        repeated,
    } = ended;
    let begun = Instant::now();
    let work = WorkTime::begin();
    publisher.prune(node);
    let record = block.hash(threads);
    let chain = chain.complete(&record.history.result);
    let height = chain.height();
    work.end(&node.counters);
    let durable = node.db.commit(record, accounts)?;
    let work = WorkTime::begin();
    // Not later: who sees the transactions may ask what they waited for.
    let early = node.contention.push(contention);
    node.counters.contention_forgotten_early.add(early);
    publisher.publish(node, durable, chain);
    // Not earlier: admission would find the old balances without the fees that are owed.
    while node.lock_pool().pending.forget_taken(height) {}
    work.end(&node.counters);
    settle_repeated(node, &repeated);
    let busy = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    node.counters.commit_busy_ns.add(busy);
    Ok(())
}

/// Forgets repeated transactions that are published, and records the others as dropped: their message is published under
/// another signature. Whether a transaction is in the block that was open when it came is known only once that block is
/// published.
pub(crate) fn settle_repeated(node: &NodeState, repeated: &[Tx]) {
    if repeated.is_empty() {
        return;
    }
    let (same, renamed): (Vec<&Tx>, Vec<&Tx>) = repeated
        .iter()
        .partition(|tx| node.status(&tx.signature()).is_some());
    let same: Vec<_> = same.into_iter().map(Tx::signature).collect();
    node.accepted.publish(&same);
    record_no_effect(node, renamed, TransactionError::AlreadyProcessed);
}

/// The cause of a failed commit and its cure.
fn describe_failure(error: &CommitError) -> String {
    format!(
        "cannot write the ledger: {error}; everything published so far is kept; \
         make room on the disk or repair the storage, then start again with the same ledger"
    )
}
