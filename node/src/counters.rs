//! Counters of a node. Every transaction that is not executed ends in exactly one named counter.
//!
//! Counters only grow, are never reset and are read without stopping any thread, so two of them read one after the
//! other may differ by what happened in between.

use std::sync::atomic::{AtomicU64, Ordering};

/// One counter that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The count so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes over a count that is kept elsewhere.
    pub(crate) fn raise_to(&self, count: u64) {
        self.0.fetch_max(count, Ordering::Relaxed);
    }

    /// Counts one more.
    pub fn increment(&self) {
        self.add(1);
    }
}

/// All counters of a node.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Transactions submitted to the node.
    pub received: Counter,
    /// Rejected: the bytes are not a transaction.
    pub refused_decode: Counter,
    /// Rejected: a signature is invalid.
    pub refused_signature: Counter,
    /// Rejected: breaks a rule that does not depend on state.
    pub refused_admit: Counter,
    /// Rejected: a lookup table cannot be resolved.
    pub refused_lookups: Counter,
    /// Rejected: blockhash unknown, already processed, or a key loaded twice.
    pub refused_stale: Counter,
    /// Rejected: the payer does not exist, may not pay, or does not cover the fees of what it has pending.
    pub refused_payer: Counter,
    /// Rejected as busy: the payer has its share of the pool.
    pub busy_payer: Counter,
    /// Rejected as busy: the nonce is used by a transaction that is pending or in the open block.
    pub busy_nonce: Counter,
    /// Rejected as busy: the preflights of the sender cost too much, or those of too many senders are not paid off.
    pub busy_preflight: Counter,
    /// Rejected: preflight failed.
    pub refused_preflight: Counter,
    /// Rejected as busy: verification queue full.
    pub busy_verify: Counter,
    /// Rejected as busy: pool full.
    pub busy_pool: Counter,
    /// Rejected as busy: the view against which it was checked was revoked meanwhile.
    pub busy_view: Counter,
    /// Rejected: the node is stopping or has failed.
    pub refused_stopping: Counter,
    /// Sent again while pending or already processed; answered with the signature.
    pub repeated: Counter,
    /// Signatures verified.
    pub signatures_verified: Counter,
    /// Batches in which they were verified.
    pub verify_batches: Counter,
    /// Transactions that entered the pool.
    pub pooled: Counter,
    /// Dropped from the pool: evicted by a higher priority.
    pub dropped_evicted: Counter,
    /// Dropped from the pool: replaced by a transaction of the same nonce.
    pub dropped_replaced: Counter,
    /// Dropped from the pool: blockhash expired.
    pub dropped_expired: Counter,
    /// Dropped by the builder: transaction has no effect.
    pub dropped_no_op: Counter,
    /// Dropped from the pool: its payer was found unable to pay for another transaction, and for this one.
    pub dropped_unpayable: Counter,
    /// Dropped transactions that could be asked about for less than ten minutes, because there were too many.
    pub forgotten_early: Counter,
    /// Dropped because the node stopped before a block included it.
    pub dropped_stopping: Counter,
    /// Dropped by the builder: cannot be part of a block.
    pub dropped_invalid: Counter,
    /// Published transactions that executed without error.
    pub executed_ok: Counter,
    /// Published transactions that paid a fee and failed.
    pub executed_failed: Counter,
    /// Published transactions without effect. They stay in the block and are not served.
    pub executed_no_op: Counter,
    /// Compute units of published blocks.
    pub compute_units: Counter,
    /// Published blocks.
    pub blocks: Counter,
    /// Nanoseconds that the producer worked on blocks, without its waits for transactions and for the end of a slot,
    /// and without writing the record.
    pub producer_work_ns: Counter,
    /// Part of that time that it ran on a core; 0 if the system does not report it.
    pub producer_ran_ns: Counter,
    /// Part of that time that it was runnable without a core; 0 if the system does not report it.
    pub producer_ready_ns: Counter,
    /// Time that blocks which had ended took to be hashed, written, synced and published, while the next one was built.
    pub commit_busy_ns: Counter,
    /// Part of that time that the next block waited to end.
    pub commit_waited_ns: Counter,
    /// Account locks for which a transaction waited in its block.
    pub lock_waits: Counter,
    /// Waits for an account or in the pool that were not kept, because one block had too many.
    pub waits_unrecorded: Counter,
    /// Blocks whose waits could be asked for less long than others', because there were too many.
    pub contention_forgotten_early: Counter,
    /// Times that a thread which executes a block took transactions from the queue of another.
    pub lane_steals: Counter,
    /// Times that such a thread waited because nothing could run.
    pub lane_waits: Counter,
    /// Blocks whose time is more than a second away from the clock of the host.
    pub blocks_off_clock: Counter,
    /// Slots that ended later than their deadline by more than a slot.
    pub slots_overrun: Counter,
    /// Published views that readers held for so long that the node let go of their accounts.
    pub views_revoked: Counter,
}
