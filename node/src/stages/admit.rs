//! Admission control: from a verified transaction to the pool of pending transactions.
//!
//! ```text
//! verification stage --batches, in order--> admit threads, a group of transactions at a time:
//!                                             known already? --> preflight or checks --> pool, answers
//! ```
//!
//! Invariant: an answer is sent when its transaction is in the pool, or rejected, and never before.
//!
//! A group is checked against one view, enters the pool under one lock, wakes the producer once, and is answered at its
//! end, so that what waits for the answers (a batch of calls) wakes once as well.
//!
//! The threads receive the batches in the order of verification but do not keep that order: two batches are admitted
//! concurrently. The pool orders by priority, then by arrival in the pool; a sender that needs an order between two
//! transactions waits for the first answer.
//!
//! A payer must exist in the view and cover the fees of all that it has pending, preflight or not, so that no
//! transaction enters the pool for free. An account that a pending transaction would create or fund cannot pay yet; the
//! nonce of a nonce transaction must be valid in the view, and its authority must have signed. A payer is checked under the
//! lock of the pool, against the fees that are owed at that moment; what was judged by a view that is older than what the
//! pool remembers is judged again.
//!
//! A repeated transaction is treated like any other, since the state may have changed. When the stage is closed, the
//! threads admit the transactions that are queued and then end.

use std::sync::Arc;

use isobath_accounts_db::View;
use isobath_runtime::{CheckedTx, DecodedTx, Simulation, Tx, Wait, pending_entry};
use isobath_scheduler::{Entry, InsertError, Inserted, Misfit};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use isobath_sigverify::stage::{Output, Verified};
use tokio::sync::oneshot;

use super::job::{Answer, Checks, Ingested, Job, Meter, Preflight};
use crate::error::{Busy, SubmitError, ViewRevoked};
use crate::indexes::accepted::DropReason;
use crate::state::{NodeState, Pool};
use crate::view::published::Published;

/// How many transactions are admitted together: enough that locks and wakes cost little each, few enough that an answer
/// does not wait long for the preflight of others, nor the producer for the pool.
const GROUP_MAX: usize = 64;

/// Without preflight.
const UNCHECKED: Checks = Checks {
    preflight: Preflight::Skip,
    meter: None,
};

/// A transaction to admit, or the answer that it has already.
type Candidate = Result<(Tx, Checks), Answer>;

/// Whether a transaction can still be executed, by the published view.
enum Eligibility {
    /// It was already executed.
    Processed,
    /// It may enter the blocks of these heights.
    Fresh(Wait),
}

/// A transaction for the pool, and its payer as published.
struct Judged {
    entry: Entry<Tx>,
    payer: Option<Account>,
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
            .admit(self.runtime.rules(), self.db.key_hasher())
            .map_err(|refused| self.inadmissible(&refused))?;
        let mut answers = self.accept_admitted(vec![tx]);
        answers.pop().expect("one transaction has one answer")
    }

    /// Accepts or rejects a group of admitted and verified transactions; see [`crate::Node::submit_admitted`].
    pub(crate) fn submit_admitted(&self, txs: Vec<Tx>) -> Vec<Answer> {
        self.counters.received.add(txs.len() as u64);
        if !self.is_open() {
            return txs.iter().map(|_| Err(self.refusal())).collect();
        }
        self.accept_admitted(txs)
    }

    fn accept_admitted(&self, txs: Vec<Tx>) -> Vec<Answer> {
        let candidate = |tx: Tx| match self.require_lookups(tx.view()) {
            Ok(()) => Ok((tx, UNCHECKED)),
            Err(error) => Err(Err(error)),
        };
        self.accept_all(txs.into_iter().map(candidate).collect())
    }

    /// Accepts or rejects verified transactions, and sends the results.
    fn answer_all(&self, transactions: impl Iterator<Item = Verified<Job, Ingested>>) {
        let mut checked = Vec::new();
        let candidates = transactions.map(|one| self.candidate(one, &mut checked));
        let (candidates, senders): (Vec<_>, Vec<_>) = candidates.unzip();
        let mut hashed = CheckedTx::hash_all(checked).into_iter();
        let candidates = candidates.into_iter().map(|candidate| {
            let checks = candidate?;
            Ok((hashed.next().expect("each that is checked is hashed"), checks))
        });
        let candidates = candidates.collect();
        for (answer, sender) in self.accept_all(candidates).into_iter().zip(senders) {
            // The caller may be gone; its transaction is accepted all the same.
            drop(sender.send(answer));
        }
    }

    /// Appends a verified transaction to `checked`, unless it is rejected already. What is to be checked of it, and where
    /// its answer goes.
    fn candidate(
        &self,
        transaction: Verified<Job, Ingested>,
        checked: &mut Vec<CheckedTx>,
    ) -> (Result<Checks, Answer>, oneshot::Sender<Answer>) {
        let Job { checks, answer } = transaction.packet.tag;
        let candidate = match (transaction.verdict, transaction.packet.bytes) {
            (Err(_), _) => {
                self.counters.refused_signature.increment();
                Err(Err(SubmitError::SignatureVerification))
            }
            (Ok(()), Ingested::Inadmissible(refused)) => Err(Err(self.inadmissible(&refused))),
            (Ok(()), Ingested::Admitted(tx)) => {
                checked.push(tx);
                Ok(checks)
            }
        };
        (candidate, answer)
    }

    /// Everything after verification, for a group of transactions; the answers in their order.
    fn accept_all(&self, candidates: Vec<Candidate>) -> Vec<Answer> {
        let pending = self.pending_among(&candidates);
        let published = self.published();
        let hasher = self.db.key_hasher();
        let txs = candidates.iter().flatten();
        published.announce(txs.flat_map(|(tx, _)| tx.writable_hashes(hasher)));
        let judged = candidates.into_iter().zip(pending).map(|(candidate, pending)| {
            let (tx, checks) = candidate?;
            // A stopping node still accepts transactions queued before; a failed node can no longer produce blocks.
            if self.has_failed() {
                return Err(Err(self.refusal()));
            }
            match pending {
                Some(pending) => Err(self.answer_pending(tx.signature(), pending)),
                None => self.judge(&published, tx, &checks),
            }
        });
        let judged: Vec<_> = judged.collect();
        drop(published);
        self.insert_all(judged)
    }

    /// The signatures under which the messages of the candidates are pending.
    fn pending_among(&self, candidates: &[Candidate]) -> Vec<Option<Signature>> {
        let pool = self.lock_pool();
        let pending_of = |candidate: &Candidate| {
            let (tx, _) = candidate.as_ref().ok()?;
            pool.signature_of(tx)
        };
        candidates.iter().map(pending_of).collect()
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

    /// The pool's entry of a transaction that may still be executed, or its answer.
    fn judge(&self, published: &Published<'_>, tx: Tx, checks: &Checks) -> Result<Judged, Answer> {
        let wait = match self.check(published, &tx, checks).map_err(Err)? {
            Eligibility::Fresh(wait) => wait,
            Eligibility::Processed => return Err(self.answer_repeated(tx.signature())),
        };
        let loaded = self.loaded_addresses(published, &tx).map_err(Err)?;
        let examine = |accounts: &View| examine_writable(accounts, &tx, &loaded);
        let Writable { payer, data_len } = self.read_accounts(published, examine).map_err(Err)?;
        let reserved_units = tx.reserved_units();
        let mut entry = pending_entry(tx, &loaded.writable, data_len, wait);
        // What may be copied makes a transaction wait for an empty block, and refuses none.
        let most = self.budget.cost_units.min(self.budget.account_cost_units);
        entry.cost_units = entry.cost_units.min(most.max(reserved_units));
        match self.budget.admits(entry.cost()) {
            Ok(()) => Ok(Judged { entry, payer }),
            Err(misfit) => {
                self.counters.refused_admit.increment();
                Err(Err(SubmitError::Invalid(match misfit {
                    Misfit::Block => TransactionError::WouldExceedMaxBlockCostLimit,
                    Misfit::Account => TransactionError::WouldExceedMaxAccountCostLimit,
                })))
            }
        }
    }

    /// The keys that the lookups of a transaction load, by the published view.
    fn loaded_addresses(&self, published: &Published<'_>, tx: &Tx) -> Result<LoadedAddresses, SubmitError> {
        if tx.view().lookups().len() == 0 {
            return Ok(LoadedAddresses::default());
        }
        let resolve = |accounts: &View| {
            self.runtime
                .resolve_lookups(published.chain(), accounts, tx.view())
        };
        self.read_accounts(published, resolve)?.map_err(|error| {
            self.counters.refused_lookups.increment();
            SubmitError::Sanitize(error)
        })
    }

    /// Checks a transaction against one published view.
    fn check(&self, published: &Published<'_>, tx: &Tx, checks: &Checks) -> Result<Eligibility, SubmitError> {
        let chain = published.chain();
        if checks.preflight == Preflight::Run {
            let simulation = self.simulate_metered(published, tx, checks.meter.as_deref())?;
            if simulation.outcome.error.is_some() {
                self.counters.refused_preflight.increment();
                return Err(SubmitError::Preflight(Box::new(simulation)));
            }
        } else if chain.is_processed(&tx.message_hash()) {
            let status = published.status(&tx.signature());
            if status.map_err(|revoked| self.busy_view(revoked))?.is_some() {
                return Ok(Eligibility::Processed);
            }
            return Err(self.without_effect(TransactionError::AlreadyProcessed));
        } else if self.loads_twice(published, tx)? {
            return Err(self.without_effect(TransactionError::AccountLoadedTwice));
        }
        match self.wait(published, tx)? {
            Some(wait) => Ok(Eligibility::Fresh(wait)),
            None => Err(self.without_effect(TransactionError::BlockhashNotFound)),
        }
    }

    /// Simulates a transaction for a sender that may still begin a preflight, and charges it, also if the view was revoked
    /// meanwhile.
    fn simulate_metered(
        &self,
        published: &Published<'_>,
        tx: &Tx,
        meter: Option<&dyn Meter>,
    ) -> Result<Simulation, SubmitError> {
        if let Some(Err(unmetered)) = meter.map(Meter::begin) {
            self.counters.busy_preflight.increment();
            return Err(SubmitError::Busy(Busy::Preflight(unmetered)));
        }
        self.read_accounts(published, |accounts| {
            let simulation = self.runtime.simulate(published.chain(), accounts, tx);
            if let Some(meter) = meter {
                meter.charge(simulation.cost_units(tx));
            }
            simulation
        })
    }

    /// Reads the accounts of a view for a transaction.
    pub(crate) fn read_accounts<T>(
        &self,
        published: &Published<'_>,
        read: impl FnOnce(&View) -> T,
    ) -> Result<T, SubmitError> {
        let read = published.read_accounts(read);
        read.map_err(|revoked| self.busy_view(revoked))
    }

    /// The answer to a transaction that cannot be judged because its view was revoked.
    fn busy_view(&self, revoked: ViewRevoked) -> SubmitError {
        self.counters.busy_view.increment();
        SubmitError::Busy(Busy::View(revoked))
    }

    /// The answer to a transaction that is known to have no effect.
    fn without_effect(&self, error: TransactionError) -> SubmitError {
        self.counters.refused_stale.increment();
        SubmitError::Invalid(error)
    }

    /// Whether a lookup loads a key that the transaction has already. Keys that its own bytes repeat never get here.
    fn loads_twice(&self, published: &Published<'_>, tx: &Tx) -> Result<bool, SubmitError> {
        if tx.view().lookups().len() == 0 {
            return Ok(false);
        }
        let advise = |accounts: &View| self.runtime.advise(published.chain(), accounts, tx);
        let advice = self.read_accounts(published, advise)?;
        Ok(advice == Err(TransactionError::AccountLoadedTwice))
    }

    /// Until when the transaction may enter a block. A nonce transaction has no last height; it stays in the pool no longer
    /// than a transaction with the newest blockhash.
    fn wait(&self, published: &Published<'_>, tx: &Tx) -> Result<Option<Wait>, SubmitError> {
        let chain = published.chain();
        let by_blockhash = chain.last_valid_block_height(&tx.recent_blockhash());
        if let Some(last) = by_blockhash.filter(|last| *last > chain.height()) {
            return Ok(Some(Wait {
                arrived_at_height: chain.height(),
                expires_at_height: last,
                nonce_account: None,
            }));
        }
        let find_nonce = |accounts: &View| self.runtime.nonce_account(chain, accounts, tx);
        let nonce_account = self.read_accounts(published, find_nonce)?;
        let last = chain.last_valid_block_height(&chain.blockhash());
        Ok(nonce_account.zip(last).map(|(nonce_account, last)| Wait {
            arrived_at_height: chain.height(),
            expires_at_height: last,
            nonce_account: Some(nonce_account),
        }))
    }

    /// Puts the entries of a group into the pool; the answers of the group in its order.
    fn insert_all(&self, judged: Vec<Result<Judged, Answer>>) -> Vec<Answer> {
        let mut answers = self.try_insert_all(judged);
        // Only what a block overtook comes again, so this ends as soon as it is faster than a block.
        while answers.iter().any(Result::is_ok) {
            let published = self.published();
            let judged = answers
                .into_iter()
                .map(|answer| self.judge(&published, answer?, &UNCHECKED));
            let judged = judged.collect();
            drop(published);
            answers = self.try_insert_all(judged);
        }
        let answers = answers.into_iter().map(Result::err);
        answers
            .map(|answer| answer.expect("nothing is left to judge"))
            .collect()
    }

    /// Puts the entries of a group into the pool under one lock, and wakes the producer if it waits for them. A transaction
    /// that was judged by an older view than what the pool remembers is returned instead of its answer.
    fn try_insert_all(&self, judged: Vec<Result<Judged, Answer>>) -> Vec<Result<Tx, Answer>> {
        let is_news = judged.iter().any(Result::is_ok);
        let mut pool = self.lock_pool();
        let answers = judged
            .into_iter()
            .map(|judged| self.insert_pending(&mut pool, judged?));
        let answers = answers.collect();
        let is_awaited = is_news && std::mem::take(&mut pool.is_awaited);
        pool.has_news |= is_awaited;
        drop(pool);
        if is_awaited {
            self.pool_changed.notify_one();
        }
        answers
    }

    fn insert_pending(&self, pool: &mut Pool, judged: Judged) -> Result<Tx, Answer> {
        let Judged { entry, payer } = judged;
        let tx = entry.payload.clone();
        let mut unable = None;
        let inserted = pool.pending.insert(entry, |fees| {
            let checked = self.runtime.require_payer(&tx.fee_payer(), payer.as_ref(), fees);
            unable = checked.err();
            unable.is_none()
        });
        let refused = match inserted {
            Ok(inserted) => {
                self.counters.pooled.increment();
                // Before the producer can take it: otherwise it could be published first and stay pending here.
                self.accepted.accept(&tx.signature());
                self.count_displaced(pool, &inserted);
                return Err(Ok(tx.signature()));
            }
            Err(refused) => refused,
        };
        match (refused, unable) {
            (InsertError::Outdated, _) => Ok(tx),
            // It came twice in the group, or to another thread since the group looked.
            (InsertError::Duplicate, _) => {
                let first = pool.signature_of(&tx).unwrap_or_else(|| tx.signature());
                Err(self.answer_pending(tx.signature(), first))
            }
            (InsertError::Unpayable { owed_lamports }, Some(error)) => {
                self.counters.refused_payer.increment();
                Err(Err(SubmitError::Payer {
                    error,
                    pending_lamports: owed_lamports,
                }))
            }
            (refused, _) => Err(Err(SubmitError::Busy(self.busy(refused)))),
        }
    }

    /// Which limit of the pool refused a transaction.
    fn busy(&self, refused: InsertError) -> Busy {
        let (counter, busy) = match refused {
            InsertError::PayerShare { .. } => (&self.counters.busy_payer, Busy::PayerShare(refused)),
            InsertError::NoncePending { .. } | InsertError::NonceTaken => {
                (&self.counters.busy_nonce, Busy::Nonce(refused))
            }
            InsertError::Full { lowest_priority } => {
                (&self.counters.busy_pool, Busy::Pool { lowest_priority })
            }
            InsertError::NoRoom => (&self.counters.busy_pool, Busy::PoolRoom(refused)),
            _ => (&self.counters.busy_pool, Busy::PoolSize),
        };
        counter.increment();
        busy
    }

    /// Counts and records what an insertion displaced, before a later one can bring it back.
    fn count_displaced(&self, pool: &Pool, inserted: &Inserted<Tx>) {
        let Inserted { evicted, replaced } = inserted;
        if !evicted.is_empty() {
            self.counters.dropped_evicted.add(evicted.len() as u64);
            let transactions = evicted.iter().map(|entry| &entry.payload);
            self.record_dropped(pool, transactions, DropReason::Evicted);
        }
        if let Some(replaced) = replaced {
            self.counters.dropped_replaced.increment();
            self.record_dropped(pool, [&replaced.payload], DropReason::Replaced);
        }
    }
}

/// What a view shows of the accounts that a transaction may write.
struct Writable {
    payer: Option<Account>,
    /// The length of the contents that its programs may write: those of accounts whose owner it names. A program that is
    /// not among its keys cannot be called.
    data_len: u64,
}

/// Looks up each account that a transaction may write once.
fn examine_writable(accounts: &impl ReadAccounts, tx: &Tx, loaded: &LoadedAddresses) -> Writable {
    let view = tx.view();
    let payer = tx.account(accounts, 0);
    let is_named = |owner: &Pubkey| {
        let loaded_keys = loaded.writable.iter().chain(&loaded.readonly);
        view.static_keys().contains(&owner.0) || loaded_keys.into_iter().any(|key| key == owner)
    };
    let writable_len = |account: &Account| match account.data.len() {
        0 => 0,
        len if is_named(&account.owner) => len as u64,
        _ => 0,
    };
    let own = (1..tx.key_count()).filter(|index| tx.is_writable(*index));
    let own = own.filter_map(|index| tx.account(accounts, index));
    let others = loaded.writable.iter().filter_map(|key| accounts.account(key));
    let others = own.chain(others);
    let payer_len = payer
        .as_ref()
        .filter(|_| tx.is_writable(0))
        .map_or(0, writable_len);
    let data_len = others.fold(payer_len, |sum, account| {
        sum.saturating_add(writable_len(&account))
    });
    Writable { payer, data_len }
}

/// Admits verified transactions until the stage ends. Fails the node if the stage has failed.
pub(crate) fn run_admit(node: &Arc<NodeState>, verified: &Output<Job, Ingested>) {
    while let Some(batch) = verified.recv() {
        count_signatures(node, &batch);
        let mut transactions = batch.into_iter().peekable();
        while transactions.peek().is_some() {
            node.answer_all(transactions.by_ref().take(GROUP_MAX));
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

#[cfg(test)]
mod tests;
