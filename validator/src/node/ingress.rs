//! The way in: decode, verify in batches, admit, preflight, pool.
//!
//! ```text
//! submit (caller) --bounded queue--> worker: verify up to 64 transactions at once
//!   decode                                   then, one by one: admit, preflight, insert into the pool, answer
//! ```
//!
//! The caller decodes, so that bytes that are no transaction cost the workers nothing. A worker takes whatever is
//! queued, up to [`VERIFY_BATCH_MAX`] transactions, without waiting for more: a lone transaction is not delayed and
//! a crowd is verified together. Closing the queue lets the workers finish what is in it and then end.

use std::sync::Arc;

use crossbeam_channel::{Receiver, TrySendError};
use isobath_runtime::Tx;
use isobath_scheduler::{Entry, InsertError};
use isobath_sdk::{Signature, TransactionError, TransactionLayout, TransactionView};
use isobath_sigverify::{Item, verify_batch};
use tokio::sync::oneshot;

use super::config::VERIFY_BATCH_MAX;
use super::error::{Busy, SubmitError};
use super::published::Published;
use super::shared::{Phase, Shared};

/// Whether a transaction is tried against the published view before it is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// Take it in without trying.
    Skip,
    /// Try it; refuse it when it fails.
    Run,
}

type Answer = Result<Signature, SubmitError>;

/// One transaction on its way to a worker.
pub(crate) struct Job {
    wire: Vec<u8>,
    layout: TransactionLayout,
    preflight: Preflight,
    answer: oneshot::Sender<Answer>,
}

impl Shared {
    /// Takes in one transaction; see [`super::Node::submit`].
    pub(crate) async fn submit(&self, wire: Vec<u8>, preflight: Preflight) -> Answer {
        self.counters.received.increment();
        let (answer, answered) = oneshot::channel();
        self.enqueue(wire, preflight, answer)?;
        // A worker that ends without an answer does so only when the node comes down.
        answered.await.unwrap_or_else(|_| Err(self.refusal()))
    }

    /// Takes in one transaction without verifying signatures; see [`super::Node::submit_verified`].
    pub(crate) fn submit_verified(&self, wire: &[u8]) -> Answer {
        self.counters.received.increment();
        if self.intake().is_none() {
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
        let layout = TransactionLayout::parse(&wire).map_err(|error| {
            self.counters.refused_decode.increment();
            SubmitError::Decode(error)
        })?;
        let Some(queue) = self.intake() else {
            return Err(self.refusal());
        };
        queue
            .try_send(Job {
                wire,
                layout,
                preflight,
                answer,
            })
            .map_err(|error| match error {
                TrySendError::Full(_) => {
                    self.counters.busy_verify.increment();
                    SubmitError::Busy(Busy::VerifyQueue)
                }
                TrySendError::Disconnected(_) => self.refusal(),
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

/// Runs one verification worker until the queue is closed and empty.
pub(crate) fn run_worker(shared: &Arc<Shared>, queue: &Receiver<Job>) {
    let mut batch = Vec::with_capacity(VERIFY_BATCH_MAX);
    while let Ok(first) = queue.recv() {
        batch.push(first);
        batch.extend(queue.try_iter().take(VERIFY_BATCH_MAX.saturating_sub(1)));
        let valid = verify_jobs(shared, &batch);
        for (job, valid) in batch.drain(..).zip(valid) {
            let answer = if valid {
                shared.take_in(&job.wire, job.preflight)
            } else {
                shared.counters.refused_signature.increment();
                Err(SubmitError::SignatureVerification)
            };
            // The caller may have gone away; its transaction is taken in all the same.
            drop(job.answer.send(answer));
        }
    }
}

/// Verifies every signature of a batch at once; true for the transactions whose signatures all hold.
fn verify_jobs(shared: &Shared, batch: &[Job]) -> Vec<bool> {
    let views: Vec<_> = batch
        .iter()
        .map(|job| TransactionView::new(&job.wire, job.layout))
        .collect();
    let mut items = Vec::with_capacity(batch.len());
    for view in &views {
        let message = view.message_bytes();
        items.extend(
            view.signatures()
                .iter()
                .zip(view.static_keys())
                .map(|(signature, key)| Item {
                    key,
                    message,
                    signature,
                }),
        );
    }
    let verdicts = verify_batch(&items);
    shared.counters.verify_batches.increment();
    shared.counters.signatures_verified.add(items.len() as u64);
    let mut valid = verdicts.iter().map(|verdict| verdict.is_ok());
    // `all` would stop at the first bad signature and leave the rest to the next transaction.
    views
        .iter()
        .map(|view| {
            valid
                .by_ref()
                .take(view.signatures().len())
                .fold(true, |all, ok| all & ok)
        })
        .collect()
}
