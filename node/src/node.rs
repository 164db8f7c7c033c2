//! A handle on a running node: the interface of servers and commands.
//!
//! Invariant: clones are handles on the same node; dropping the last one ends its threads.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use isobath_ledger::ReadError;
use isobath_program_abi::Pubkey;
use isobath_runtime::{Runtime, Tx};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{History, RecordedDelta};
use isobath_sdk::{Signature, TransactionView};
use isobath_sigverify::stage::StageCounts;
use tokio::sync::broadcast;

use crate::counters::Counters;
use crate::error::SubmitError;
use crate::indexes::accepted::AcceptedTx;
use crate::indexes::addresses::{AddressEntry, AddressQuery};
use crate::indexes::contention::BlockContention;
use crate::indexes::statuses::TxStatus;
use crate::notice::BlockNotice;
use crate::stages::job::{Checks, Meter, Preflight};
use crate::state::{NodeState, Phase};
use crate::view::published::Published;

/// A running node. Clones are handles on the same node; dropping the last one shuts the node down.
#[derive(Clone)]
pub struct Node(pub(crate) Arc<Handle>);

/// Owns the threads of a node.
pub(crate) struct Handle {
    pub(crate) state: Arc<NodeState>,
    pub(crate) threads: Mutex<Threads>,
}

/// The threads of a node, in the order in which they end.
#[derive(Default)]
pub(crate) struct Threads {
    pub(crate) workers: Vec<JoinHandle<()>>,
    pub(crate) producer: Option<JoinHandle<()>>,
    pub(crate) indexer: Option<JoinHandle<()>>,
}

/// A transaction found in the ledger.
#[derive(Clone, Debug)]
pub struct Found {
    /// Slot of its block.
    pub slot: u64,
    /// Index in its block.
    pub index: u32,
    /// The block.
    pub history: History,
}

impl Node {
    /// The genesis of the chain.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        self.0.state.runtime.genesis()
    }

    /// The rules of the chain, for simulation and sysvars.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.0.state.runtime
    }

    /// How the node hashes the keys of accounts; for the transactions that a caller admits itself.
    #[must_use]
    pub fn key_hasher(&self) -> KeyHasher {
        self.0.state.db.key_hasher()
    }

    /// Slot time of this node in milliseconds.
    #[must_use]
    pub fn slot_ms(&self) -> u64 {
        self.0.state.slot_ms
    }

    /// The published view. It blocks nothing, and costs memory while it is held.
    #[must_use]
    pub fn published(&self) -> Published<'_> {
        self.0.state.published()
    }

    /// One published block. Reads the disk.
    ///
    /// # Errors
    /// [`ReadError`]: the record cannot be read or is damaged.
    pub fn history(&self, slot: u64) -> Result<Option<History>, ReadError> {
        self.0.state.db.history(slot)
    }

    /// The delta of one published block. Reads the disk.
    ///
    /// # Errors
    /// [`ReadError`]: the record cannot be read or is damaged.
    pub fn delta(&self, slot: u64) -> Result<Option<RecordedDelta>, ReadError> {
        self.0.state.db.delta(slot)
    }

    /// Finds a published transaction of the served history. Reads the disk, once in nearly all cases.
    ///
    /// # Errors
    /// [`ReadError`]: a record that may hold it cannot be read or is damaged.
    pub fn find(&self, signature: &Signature) -> Result<Option<Found>, ReadError> {
        for (slot, index) in self.0.state.positions(signature) {
            let Some(history) = self.history(slot)? else {
                continue;
            };
            let wire = usize::try_from(index)
                .ok()
                .and_then(|at| history.transactions.get(at));
            let view = wire.and_then(|wire| TransactionView::parse(wire).ok());
            if view.is_some_and(|view| view.signature(0) == *signature) {
                return Ok(Some(Found { slot, index, history }));
            }
        }
        Ok(None)
    }

    /// The transactions that use an address, newest first. Only the newest history is kept: see
    /// [`crate::HistoryLimits::address_postings_max`].
    #[must_use]
    pub fn transactions_of(&self, address: &Pubkey, query: AddressQuery) -> Vec<AddressEntry> {
        self.0.state.addresses.transactions_of(address, query)
    }

    /// What became of a transaction that this node accepted and no published block holds. Dropped transactions are known
    /// for ten minutes, fewer if there are very many of them.
    ///
    /// Ask for this first and for the status afterwards: a transaction that is published in between has its status.
    #[must_use]
    pub fn accepted(&self, signature: &Signature) -> Option<AcceptedTx> {
        let state = &self.0.state;
        let now_ms = state.tip().head.chain.timestamp_ms();
        state.accepted.get(signature, now_ms)
    }

    /// What transactions of a recent block waited for; `None` if that is not known: of blocks from before the node was
    /// started, and of those that are forgotten or not produced yet.
    #[must_use]
    pub fn contention(&self, slot: u64) -> Option<Arc<BlockContention>> {
        self.0.state.contention.get(slot)
    }

    /// Submits one transaction: decodes it, verifies its signatures, simulates it if `preflight` says so, and puts it
    /// into the pool. For a transaction that is already pending, or (without preflight) already executed, returns its
    /// signature.
    ///
    /// # Errors
    /// [`SubmitError`]: why it was rejected.
    pub async fn submit(&self, wire: Vec<u8>, preflight: Preflight) -> Result<Signature, SubmitError> {
        let meter = None;
        self.0.state.submit(wire, Checks { preflight, meter }).await
    }

    /// [`Node::submit`] with preflight, which begins if `meter` says so and is charged to it.
    ///
    /// # Errors
    /// [`SubmitError`]: why it was rejected.
    pub async fn submit_metered(
        &self,
        wire: Vec<u8>,
        meter: Box<dyn Meter>,
    ) -> Result<Signature, SubmitError> {
        let checks = Checks {
            preflight: Preflight::Run,
            meter: Some(meter),
        };
        self.0.state.submit(wire, checks).await
    }

    /// Submits one transaction whose signatures the caller has verified; everything else is checked as for
    /// [`Node::submit`] without preflight. For in-process sources such as the measurements of `isobath-bench`; JSON-RPC
    /// does not use it. Does not wait; answers busy if the pool is full.
    ///
    /// # Errors
    /// [`SubmitError`]: why it was rejected.
    pub fn submit_verified(&self, wire: &[u8]) -> Result<Signature, SubmitError> {
        self.0.state.submit_verified(wire)
    }

    /// Submits transactions that the caller has admitted by the rules of [`Node::runtime`] and whose signatures it has
    /// verified, as the verification stage hands them over: one group, which is checked against one view, without
    /// preflight, and enters the pool under one lock. The answers come in its order. Like [`Node::submit_verified`] it is
    /// for in-process sources and does not wait; the thread of the caller does the work.
    ///
    /// # Errors
    /// For each transaction [`SubmitError`]: why it was rejected.
    pub fn submit_admitted(&self, group: Vec<Tx>) -> Vec<Result<Signature, SubmitError>> {
        self.0.state.submit_admitted(group)
    }

    /// Notices of the blocks published from now on. A reader that falls too far behind misses the oldest ones and gets
    /// their number.
    ///
    /// Read it or drop it: what a listener has not taken is held in memory, and once the bound on that is reached, notices
    /// come without their block to every listener.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Arc<BlockNotice>> {
        self.0.state.notices.subscribe()
    }

    /// The counters of the node.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.state.counters
    }

    /// The counters of signature verification: batch sizes, failures by cause, duplicates, busy time.
    #[must_use]
    pub fn verification(&self) -> StageCounts {
        self.0.state.verification.counts()
    }

    /// Number of transactions that wait for verification.
    #[must_use]
    pub fn verify_waiting(&self) -> usize {
        self.0.state.verification.waiting()
    }

    /// Bytes of what accounts were in earlier blocks, kept in memory for views that are held and for the open block.
    #[must_use]
    pub fn held_view_bytes(&self) -> u64 {
        self.0.state.db.held_bytes()
    }

    /// The status of a recent transaction in the newest view; see [`Published::status`].
    #[must_use]
    pub fn status(&self, signature: &Signature) -> Option<TxStatus> {
        self.0.state.status(signature)
    }

    /// Number of pending transactions.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.0.state.pending_len()
    }

    /// Why the node failed, if it did. It then accepts nothing; what it published stays readable.
    #[must_use]
    pub fn failed(&self) -> Option<String> {
        match self.0.state.phase() {
            Phase::Failed(reason) => Some(reason),
            Phase::Running | Phase::Stopping | Phase::Stopped => None,
        }
    }

    /// Waits until the node has stopped or failed.
    pub async fn stopped(&self) {
        let mut phase = self.0.state.phase.subscribe();
        // The sender lives as long as `self`, so this ends only with one of the two phases.
        drop(
            phase
                .wait_for(|phase| matches!(phase, Phase::Stopped | Phase::Failed(_)))
                .await,
        );
    }

    /// Stops the node: accepts nothing more, finishes verification, produces blocks of pending transactions for up to
    /// two seconds and ends all threads. Blocks the caller. Calling it again does nothing.
    pub fn shutdown(&self) {
        self.0.shutdown();
    }
}

impl Handle {
    fn shutdown(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.advance(Phase::Stopping);
        self.state.close_ingress();
        for worker in threads.workers.drain(..) {
            // A worker that panicked has already failed the node.
            drop(worker.join());
        }
        self.state.verification.join();
        self.state.order_finish();
        if let Some(producer) = threads.producer.take() {
            drop(producer.join());
        }
        self.state.addresses.close();
        if let Some(indexer) = threads.indexer.take() {
            drop(indexer.join());
        }
        let left = self.state.pending_len() as u64;
        if left > 0 && self.state.phase() == Phase::Stopping {
            self.state.counters.dropped_stopping.add(left);
            tracing::warn!(
                transactions = left,
                "stopped with pending transactions that are in no block"
            );
        }
        self.state.advance(Phase::Stopped);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("phase", &self.0.state.phase())
            .finish_non_exhaustive()
    }
}
