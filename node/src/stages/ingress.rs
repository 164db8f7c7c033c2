//! Ingress: from wire bytes to a transaction in the verification queue.
//!
//! ```text
//! submit (caller): decode, admit by the static rules, find lookup tables --queue--> verification --> stages/admit
//! ```
//!
//! The caller's thread decodes the bytes, once, and builds the one [`Tx`](isobath_runtime::Tx) that every later stage
//! carries; so bytes that are not a transaction cost the node's own threads nothing, and no later stage decodes them.
//! That costs one pass over the bytes and a sort of the keys (about a microsecond), before the queue and the signatures are
//! looked at. The messages of those that are verified are hashed together by the next stage. Lookup tables are found in the published view, which costs a look-up per
//! table.
//!
//! Errors come in the order of Solana's nodes: first the form of the instructions and the lookup tables, then the
//! signatures, then the other static rules. So a transaction that breaks one of the latter is verified all the same.
//!
//! A single transaction is not delayed, and many are verified together ([`isobath_sigverify::stage`]). The same bytes
//! sent again shortly after are not verified again and have the same verdict.

use isobath_runtime::{DecodedTx, Inadmissible, StaticRule};
use isobath_sdk::{DecodeError, TransactionView};
use isobath_sigverify::stage::{Layout, Packet, Refusal, StageConfig};
use tokio::sync::oneshot;

use crate::config::{NodeConfig, VERIFY_BATCH_MAX};
use crate::error::{Busy, SubmitError};
use crate::stages::job::{Answer, Checks, Ingested, Job};
use crate::state::{NodeState, Phase};

/// Configuration of the verification stage.
pub(crate) fn stage_config(config: &NodeConfig) -> StageConfig {
    StageConfig {
        threads: config.verify_threads,
        queue: config.verify_queue,
        batch_max: VERIFY_BATCH_MAX,
        ..StageConfig::default()
    }
}

impl NodeState {
    /// Accepts or rejects one transaction; see [`crate::Node::submit`].
    pub(crate) async fn submit(&self, wire: Vec<u8>, checks: Checks) -> Answer {
        self.counters.received.increment();
        let (answer, answered) = oneshot::channel();
        self.enqueue(wire, Job { checks, answer })?;
        // A thread ends without sending an answer only when the node is stopping or has failed.
        answered.await.unwrap_or_else(|_| Err(self.refusal()))
    }

    fn enqueue(&self, wire: Vec<u8>, job: Job) -> Result<(), SubmitError> {
        let decoded = DecodedTx::decode(wire).map_err(|error| self.undecodable(error))?;
        if !self.is_open() {
            return Err(self.refusal());
        }
        let ingested = match decoded.check(self.runtime.rules(), self.db.key_hasher()) {
            Ok(tx) => Ingested::Admitted(tx),
            Err(refused) if refused.rule == StaticRule::Form => return Err(self.inadmissible(&refused)),
            Err(refused) => Ingested::Inadmissible(refused),
        };
        self.require_lookups(ingested.view())?;
        let packet = Packet {
            layout: stage_layout(&ingested),
            bytes: ingested,
            tag: job,
        };
        self.verification
            .submit(packet)
            .map_err(|refused| match refused.reason {
                Refusal::Full => {
                    self.counters.busy_verify.increment();
                    SubmitError::Busy(Busy::VerifyQueue)
                }
                Refusal::Closed => self.refusal(),
                Refusal::Layout(error) => unreachable!("the layout is that of these bytes: {error}"),
            })
    }

    /// The answer to bytes that are not a transaction.
    pub(crate) fn undecodable(&self, error: DecodeError) -> SubmitError {
        self.counters.refused_decode.increment();
        SubmitError::Decode(error)
    }

    /// Checks that every lookup of a transaction finds its table and its keys in the published view.
    pub(crate) fn require_lookups(&self, tx: TransactionView<'_>) -> Result<(), SubmitError> {
        if tx.lookups().len() == 0 {
            return Ok(());
        }
        let published = self.published();
        let resolved = self.read_accounts(&published, |accounts| {
            self.runtime.resolve_lookups(published.chain(), accounts, tx)
        })?;
        resolved.map(drop).map_err(|error| {
            self.counters.refused_lookups.increment();
            SubmitError::Sanitize(error)
        })
    }

    /// The answer to a transaction that breaks a static rule.
    pub(crate) fn inadmissible(&self, refused: &Inadmissible) -> SubmitError {
        if self.has_failed() {
            return self.refusal();
        }
        self.counters.refused_admit.increment();
        match refused.rule {
            StaticRule::Form => SubmitError::Sanitize(refused.error),
            StaticRule::Limits => SubmitError::Invalid(refused.error),
        }
    }

    /// Why the node accepts no more transactions.
    pub(crate) fn refusal(&self) -> SubmitError {
        self.counters.refused_stopping.increment();
        match self.phase() {
            Phase::Failed(reason) => SubmitError::Failed(reason),
            Phase::Running | Phase::Stopping | Phase::Stopped => SubmitError::Stopping,
        }
    }
}

/// The offsets of message, keys and signatures of a transaction.
fn stage_layout(ingested: &Ingested) -> Layout {
    let layout = ingested.layout();
    let (keys, signatures) = (layout.signer_keys_range(), layout.signatures_range());
    Layout::new(ingested.as_ref(), layout.message_range(), keys, signatures)
        .expect("a transaction has at least one signature and one key per signature")
}

#[cfg(test)]
mod tests;
