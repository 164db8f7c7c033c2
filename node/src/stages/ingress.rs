//! The way in: decode, verify, admit, preflight, pool.
//!
//! ```text
//! submit (caller) --queue--> verification stage --batches, in order--> take-in threads, one by one:
//!   decode                     duplicates dropped                        admit, preflight, insert into the
//!                              batches of signatures                     pool, answer
//! ```
//!
//! The caller decodes, so that bytes that are no transaction cost the threads nothing. A lone transaction is not
//! delayed and a crowd is verified together ([`isobath_sigverify::stage`]). The same bytes sent again shortly after
//! are not verified again and have the same verdict; everything behind verification treats them as it treats any
//! transaction, since the state may have changed. Closing the stage lets what is queued be finished; then the threads end.

use std::sync::Arc;

use isobath_runtime::Tx;
use isobath_scheduler::{Entry, InsertError};
use isobath_sdk::{DecodeError, Signature, TransactionError, TransactionLayout};
use isobath_sigverify::stage::{Layout, Output, Packet, Refusal, StageConfig, Verified};
use tokio::sync::oneshot;

use crate::config::{NodeConfig, VERIFY_BATCH_MAX};
use crate::error::{Busy, SubmitError};
use crate::state::{NodeState, Phase};
use crate::view::published::Published;

/// Whether a transaction is tried against the published view before it is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// Take it in without trying.
    Skip,
    /// Try it; refuse it when it fails.
    Run,
}

type Answer = Result<Signature, SubmitError>;

/// What belongs to a transaction on its way through verification.
pub(crate) struct Job {
    preflight: Preflight,
    answer: oneshot::Sender<Answer>,
}

/// How this node verifies.
pub(crate) fn stage_config(config: &NodeConfig) -> StageConfig {
    StageConfig {
        threads: config.verify_threads,
        queue: config.verify_queue,
        batch_max: VERIFY_BATCH_MAX,
        ..StageConfig::default()
    }
}

impl NodeState {
    /// Takes in one transaction; see [`crate::Node::submit`].
    pub(crate) async fn submit(&self, wire: Vec<u8>, preflight: Preflight) -> Answer {
        self.counters.received.increment();
        let (answer, answered) = oneshot::channel();
        self.enqueue(wire, preflight, answer)?;
        // A worker that ends without an answer does so only when the node comes down.
        answered.await.unwrap_or_else(|_| Err(self.refusal()))
    }

    /// Takes in one transaction without verifying signatures; see [`crate::Node::submit_verified`].
    pub(crate) fn submit_verified(&self, wire: &[u8]) -> Answer {
        self.counters.received.increment();
        if !self.is_open() {
            return Err(self.refusal());
        }
        self.take_in(wire, Preflight::Skip)
    }

    fn enqueue(
        &self,
        wire: Vec<u8>,
        preflight: Preflight,
        answer: oneshot::Sender<Answer>,
    ) -> Result<(), SubmitError> {
        let layout = stage_layout(&wire).map_err(|error| {
            self.counters.refused_decode.increment();
            SubmitError::Decode(error)
        })?;
        if !self.is_open() {
            return Err(self.refusal());
        }
        let packet = Packet {
            bytes: wire,
            layout,
            tag: Job { preflight, answer },
        };
        self.verification
            .submit(packet)
            .map_err(|refused| match refused.reason {
                Refusal::Full => {
                    self.counters.busy_verify.increment();
                    SubmitError::Busy(Busy::VerifyQueue)
                }
                Refusal::Closed => self.refusal(),
                Refusal::Layout(error) => unreachable!("the layout was made for these bytes: {error}"),
            })
    }

    /// Why nothing is taken in any more.
    fn refusal(&self) -> SubmitError {
        self.counters.refused_stopping.increment();
        match self.phase() {
            Phase::Failed(reason) => SubmitError::Failed(reason),
            Phase::Running | Phase::Stopping | Phase::Stopped => SubmitError::Stopping,
        }
    }

    /// Answers one transaction whose signatures were verified.
    fn answer(&self, transaction: Verified<Job>) {
        let Job { preflight, answer } = transaction.packet.tag;
        let result = if transaction.verdict.is_ok() {
            self.take_in(&transaction.packet.bytes, preflight)
        } else {
            self.counters.refused_signature.increment();
            Err(SubmitError::SignatureVerification)
        };
        // The caller may have gone away; its transaction is taken in all the same.
        drop(answer.send(result));
    }

    /// Everything after verification, for one transaction.
    fn take_in(&self, wire: &[u8], preflight: Preflight) -> Answer {
        // What was queued before an order to stop is still taken in; a failed node could not build it into a block.
        if self.has_failed() {
            return Err(self.refusal());
        }
        let tx = self.runtime.admit(wire).map_err(|error| {
            self.counters.refused_admit.increment();
            SubmitError::Invalid(error)
        })?;
        let signature = tx.signature();
        if let Some(pending) = self.pending_signature(&tx.message_hash()) {
            return self.answer_pending(signature, pending);
        }
        match self.check(&tx, preflight)? {
            Standing::Processed => self.answer_repeated(signature),
            Standing::Fresh { height, last_height } => self.pool_in(tx, height, last_height),
        }
    }

    /// Sending the same transaction again is what wallets do until it is confirmed; it is no error.
    fn answer_repeated(&self, signature: Signature) -> Answer {
        self.counters.repeated.increment();
        Ok(signature)
    }

    /// A message that waits under another signature will be carried out under that one; this name of it never
    /// appears, and saying so is better than letting its sender wait.
    fn answer_pending(&self, signature: Signature, pending: Signature) -> Answer {
        if signature == pending {
            return self.answer_repeated(signature);
        }
        self.counters.refused_stale.increment();
        Err(SubmitError::Invalid(TransactionError::AlreadyProcessed))
    }

    /// Checks a transaction against one published view.
    fn check(&self, tx: &Tx, preflight: Preflight) -> Result<Standing, SubmitError> {
        let published = self.published();
        let chain = published.chain();
        if preflight == Preflight::Run {
            let simulation = self.runtime.simulate(chain, published.accounts(), tx);
            if simulation.outcome.error.is_some() {
                self.counters.refused_preflight.increment();
                return Err(SubmitError::Preflight(Box::new(simulation)));
            }
        } else if chain.is_processed(&tx.message_hash()) {
            if published.status(&tx.signature()).is_some() {
                return Ok(Standing::Processed);
            }
            self.counters.refused_stale.increment();
            return Err(SubmitError::Invalid(TransactionError::AlreadyProcessed));
        }
        let height = chain.height();
        let Some(last_height) = self.last_height(&published, tx) else {
            self.counters.refused_stale.increment();
            return Err(SubmitError::Invalid(TransactionError::BlockhashNotFound));
        };
        Ok(Standing::Fresh { height, last_height })
    }

    /// The last height at which the transaction may still enter a block. One that lives by a durable nonce has
    /// no such height; it waits in the pool no longer than one with a new blockhash would.
    fn last_height(&self, published: &Published<'_>, tx: &Tx) -> Option<u64> {
        let chain = published.chain();
        let by_blockhash = chain.last_valid_block_height(&tx.recent_blockhash());
        let by_nonce = || {
            let is_valid = self.runtime.advise(chain, published.accounts(), tx).is_ok();
            is_valid
                .then(|| chain.last_valid_block_height(&chain.blockhash()))
                .flatten()
        };
        by_blockhash
            .filter(|last| *last > chain.height())
            .or_else(by_nonce)
    }

    fn pool_in(&self, tx: Tx, height: u64, last_height: u64) -> Answer {
        let signature = tx.signature();
        let entry = Entry {
            priority: tx.priority(),
            compute_units: tx.compute_unit_limit(),
            size_bytes: tx.wire().len() as u64,
            arrived_at_height: height,
            expires_at_height: last_height,
            identity: tx.message_hash(),
            payload: tx,
        };
        if !self.budget.admits(entry.cost()) {
            self.counters.refused_admit.increment();
            return Err(SubmitError::Invalid(
                TransactionError::WouldExceedMaxBlockCostLimit,
            ));
        }
        match self.pool_insert(entry) {
            Ok(evicted) => {
                self.counters.pooled.increment();
                self.counters.dropped_evicted.add(evicted.len() as u64);
                for entry in evicted {
                    tracing::debug!(signature = %entry.payload.signature(), "pushed out of the full pool");
                }
                Ok(signature)
            }
            Err(InsertError::Duplicate) => self.answer_repeated(signature),
            Err(InsertError::Full { lowest_priority }) => {
                self.counters.busy_pool.increment();
                Err(SubmitError::Busy(Busy::Pool { lowest_priority }))
            }
            Err(InsertError::TooLarge) => {
                self.counters.busy_pool.increment();
                Err(SubmitError::Busy(Busy::PoolSize))
            }
        }
    }
}

/// How a transaction stands against the published view.
enum Standing {
    /// It was carried out already.
    Processed,
    /// Seen at this height, it can still enter blocks up to the other.
    Fresh { height: u64, last_height: u64 },
}

/// Where message, keys and signatures of a transaction stand.
fn stage_layout(wire: &[u8]) -> Result<Layout, DecodeError> {
    let layout = TransactionLayout::parse(wire)?;
    let (keys, signatures) = (layout.signer_keys_range(), layout.signatures_range());
    let layout = Layout::new(wire, layout.message_range(), keys, signatures);
    Ok(layout.expect("a transaction has one key for each of its signatures, and one at least"))
}

/// Takes in what the stage has verified, until it ends. Fails the node when the stage has failed.
pub(crate) fn run_admit(node: &Arc<NodeState>, verified: &Output<Job>) {
    while let Some(batch) = verified.recv() {
        count_signatures(node, &batch);
        for transaction in batch {
            node.answer(transaction);
        }
    }
    if let Some(reason) = node.verification.failure() {
        node.fail(format!(
            "a verification thread stopped by a fault of the program: {reason}"
        ));
    }
}

fn count_signatures(node: &NodeState, batch: &[Verified<Job>]) {
    let fresh = batch.iter().filter(|verified| !verified.is_duplicate);
    let signatures = fresh.fold(0_u64, |sum, verified| {
        sum.saturating_add(verified.packet.layout.signature_count() as u64)
    });
    if signatures > 0 {
        node.counters.verify_batches.increment();
        node.counters.signatures_verified.add(signatures);
    }
}
