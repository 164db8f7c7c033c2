//! Admission control: from a verified transaction to the pool of pending transactions.
//!
//! ```text
//! verification stage --batches, in order--> admit threads, one transaction after another:
//!                                             known already? --> preflight or checks --> pool, answer
//! ```
//!
//! The threads receive the batches in the order of verification but do not keep that order: two batches are admitted
//! concurrently. The pool orders by priority, then by arrival in the pool; a sender that needs an order between two
//! transactions waits for the first answer.
//!
//! A repeated transaction is treated like any other, since the state may have changed. When the stage is closed, the
//! threads admit the transactions that are queued and then end.

use std::sync::Arc;

use isobath_runtime::{DecodedTx, Tx, pending_entry};
use isobath_scheduler::InsertError;
use isobath_sdk::{Signature, TransactionError};
use isobath_sigverify::stage::{Output, Verified};

use super::job::{Answer, Ingested, Job, Preflight};
use crate::error::{Busy, SubmitError};
use crate::indexes::accepted::DropReason;
use crate::state::NodeState;
use crate::view::published::Published;

/// Whether a transaction can still be executed, by the published view.
enum Eligibility {
    /// It was already executed.
    Processed,
    /// It was checked at `height` and may enter blocks up to `last_height`.
    Fresh { height: u64, last_height: u64 },
}

impl NodeState {
    /// Accepts or rejects one transaction without verifying signatures; see [`crate::Node::submit_verified`].
    pub(crate) fn submit_verified(&self, wire: &[u8]) -> Answer {
        self.counters.received.increment();
        if !self.is_open() {
            return Err(self.refusal());
        }
        let decoded = DecodedTx::decode(wire.to_vec()).map_err(|error| self.undecodable(error))?;
        let tx = decoded
            .admit(self.runtime.genesis())
            .map_err(|refused| self.inadmissible(&refused))?;
        self.require_lookups(tx.view())?;
        self.accept(tx, Preflight::Skip)
    }

    /// Sends the result of one verified transaction.
    fn answer(&self, transaction: Verified<Job, Ingested>) {
        let Job { preflight, answer } = transaction.packet.tag;
        let result = match (transaction.verdict, transaction.packet.bytes) {
            (Err(_), _) => {
                self.counters.refused_signature.increment();
                Err(SubmitError::SignatureVerification)
            }
            (Ok(()), Ingested::Inadmissible(refused)) => Err(self.inadmissible(&refused)),
            (Ok(()), Ingested::Admitted(tx)) => self.accept(tx, preflight),
        };
        // The caller may be gone; its transaction is accepted all the same.
        drop(answer.send(result));
    }

    /// Everything after verification, for one transaction.
    fn accept(&self, tx: Tx, preflight: Preflight) -> Answer {
        // A stopping node still accepts transactions queued before; a failed node can no longer produce blocks.
        if self.has_failed() {
            return Err(self.refusal());
        }
        let signature = tx.signature();
        if let Some(pending) = self.pending_signature(&tx.message_hash()) {
            return self.answer_pending(signature, pending);
        }
        match self.check(&tx, preflight)? {
            Eligibility::Processed => self.answer_repeated(signature),
            Eligibility::Fresh { height, last_height } => self.insert_pending(tx, height, last_height),
        }
    }

    /// Wallets send the same transaction again until it is confirmed; that is not an error.
    fn answer_repeated(&self, signature: Signature) -> Answer {
        self.counters.repeated.increment();
        Ok(signature)
    }

    /// A message that is pending under another signature will be executed under that one and never under this one, so
    /// the sender gets an error at once instead of waiting.
    fn answer_pending(&self, signature: Signature, pending: Signature) -> Answer {
        if signature == pending {
            return self.answer_repeated(signature);
        }
        self.counters.refused_stale.increment();
        Err(SubmitError::Invalid(TransactionError::AlreadyProcessed))
    }

    /// Checks a transaction against one published view.
    fn check(&self, tx: &Tx, preflight: Preflight) -> Result<Eligibility, SubmitError> {
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
                return Ok(Eligibility::Processed);
            }
            return Err(self.without_effect(TransactionError::AlreadyProcessed));
        } else if self.loads_twice(&published, tx) {
            return Err(self.without_effect(TransactionError::AccountLoadedTwice));
        }
        let height = chain.height();
        let Some(last_height) = self.last_height(&published, tx) else {
            return Err(self.without_effect(TransactionError::BlockhashNotFound));
        };
        Ok(Eligibility::Fresh { height, last_height })
    }

    /// The answer to a transaction that is known to have no effect.
    fn without_effect(&self, error: TransactionError) -> SubmitError {
        self.counters.refused_stale.increment();
        SubmitError::Invalid(error)
    }

    /// Whether a lookup loads a key that the transaction has already. Keys that its own bytes repeat never get here.
    fn loads_twice(&self, published: &Published<'_>, tx: &Tx) -> bool {
        if tx.view().lookups().len() == 0 {
            return false;
        }
        let advice = self.runtime.advise(published.chain(), published.accounts(), tx);
        advice == Err(TransactionError::AccountLoadedTwice)
    }

    /// The last height at which the transaction may still enter a block. A nonce transaction has no such height; it
    /// stays in the pool no longer than a transaction with the newest blockhash.
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

    fn insert_pending(&self, tx: Tx, height: u64, last_height: u64) -> Answer {
        let signature = tx.signature();
        let entry = pending_entry(tx, height, last_height);
        if !self.budget.admits(entry.cost()) {
            self.counters.refused_admit.increment();
            return Err(SubmitError::Invalid(
                TransactionError::WouldExceedMaxBlockCostLimit,
            ));
        }
        match self.pool_insert(entry) {
            Ok(evicted) => {
                self.counters.pooled.increment();
                if !evicted.is_empty() {
                    self.counters.dropped_evicted.add(evicted.len() as u64);
                    let signatures = evicted.iter().map(|entry| entry.payload.signature());
                    self.record_dropped(signatures, DropReason::Evicted);
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

/// Admits verified transactions until the stage ends. Fails the node if the stage has failed.
pub(crate) fn run_admit(node: &Arc<NodeState>, verified: &Output<Job, Ingested>) {
    while let Some(batch) = verified.recv() {
        count_signatures(node, &batch);
        for transaction in batch {
            node.answer(transaction);
        }
    }
    if let Some(reason) = node.verification.failure() {
        node.fail(format!(
            "a verification thread panicked (internal error): {reason}"
        ));
    }
}

fn count_signatures(node: &NodeState, batch: &[Verified<Job, Ingested>]) {
    let fresh = batch.iter().filter(|verified| !verified.is_duplicate);
    let signatures = fresh.fold(0_u64, |sum, verified| {
        sum.saturating_add(verified.packet.layout.signature_count() as u64)
    });
    if signatures > 0 {
        node.counters.verify_batches.increment();
        node.counters.signatures_verified.add(signatures);
    }
}
