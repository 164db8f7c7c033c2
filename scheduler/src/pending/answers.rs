//! The limits of the pool, and what its calls answer.

use thiserror::Error;

use crate::entry::Entry;

/// The limits of a pool. With a 0 in any field the pool accepts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// Number of entries.
    pub transactions: usize,
    /// Sum of their sizes, see [`Entry::held_bytes`].
    pub bytes: u64,
    /// Number of entries of one payer.
    pub payer_transactions: usize,
    /// Sum of the sizes of the entries of one payer.
    pub payer_bytes: u64,
    /// Number of transactions, and of their payers and nonces, that are remembered as taken for one block. At least as many
    /// as a block may hold; beyond it entries wait for the next one. Two blocks may be remembered at once, the open one and
    /// the one before until readers see it. So twice as many are held: each takes its payload, and at most half a kilobyte
    /// with its payer and its nonce.
    pub taken: usize,
}

/// What an accepted entry displaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "account for the evicted entries"]
pub struct Inserted<T> {
    /// Evicted entries of lower priority, the worst first. Usually none or one; a long transaction may displace several
    /// short ones if bytes are the limit.
    pub evicted: Vec<Entry<T>>,
    /// The entry of the same nonce whose room it took.
    pub replaced: Option<Entry<T>>,
}

/// What [`Pending::take`](super::Pending::take) found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a taken entry is in the pool no more"]
pub enum Taken<T> {
    /// The best entry that fits; its cost is reserved.
    Entry(Entry<T>),
    /// As many entries as one call examines do not fit. There are more.
    More,
    /// No entry that is now in the pool goes into this block; one inserted later may.
    Nothing,
}

/// Why an entry was not accepted; the pool is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertError {
    /// An entry of this identity is already pending, or was taken for a block that is not forgotten.
    #[error("the transaction is already pending")]
    Duplicate,
    /// It was judged by a view that is older than the newest block; judge it again.
    #[error("the transaction was checked against the state before the newest block; check it again")]
    Outdated,
    /// The payer does not cover the fee beside what it owes.
    #[error("the payer does not cover the fee beside the {owed_lamports} lamports that it owes")]
    Unpayable {
        /// The fees that it owes already.
        owed_lamports: u64,
    },
    /// Another entry of the nonce is pending, and the entry does not outbid it.
    #[error(
        "the nonce account has a pending transaction; a priority above {outbid_priority} micro-lamports per unit of \
         cost replaces it"
    )]
    NoncePending {
        /// The priority to exceed.
        outbid_priority: u64,
    },
    /// A transaction of the nonce was taken for a block that is not forgotten. To a client the block is open until it is
    /// published.
    #[error(
        "a transaction of the open block uses the nonce account; wait for the block, and use the next nonce"
    )]
    NonceTaken,
    /// The payer has its share of the pool.
    #[error(
        "the payer has {transactions} pending transactions of {bytes} bytes, \
         and its share is {transactions_max} of {bytes_max} bytes; wait until some of them are in a block"
    )]
    PayerShare {
        /// Pending entries of the payer.
        transactions: usize,
        /// Their size.
        bytes: u64,
        /// The most entries of one payer.
        transactions_max: usize,
        /// Their largest size.
        bytes_max: u64,
    },
    /// The pool is full, and the entry does not outbid an entry that would have to be evicted.
    #[error(
        "the pending pool is full; a priority above {lowest_priority} micro-lamports per unit of cost is required"
    )]
    Full {
        /// The priority to outbid; an equal one is not enough, since the earlier arrival comes first.
        lowest_priority: u64,
    },
    /// The pool is full, and what would have to be evicted comes before the entry in an order that is not by priority.
    #[error("the pending pool is full; send the transaction again after the next block")]
    NoRoom,
    /// The entry alone exceeds the limits of the pool.
    #[error("the transaction exceeds the capacity of the pending pool")]
    TooLarge,
}
