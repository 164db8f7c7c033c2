//! How a node is started: where its ledger is, how fast it makes blocks and how much it holds.
//!
//! Every limit here is policy of this node. None of them is a rule of the chain, so two nodes with different
//! configurations agree about every block.

use std::fmt;
use std::path::PathBuf;

use isobath_scheduler::{BudgetLimits, PendingLimits};
use isobath_sdk::chain::genesis::Genesis;
use isobath_storage::Storage;

/// The shortest slot that a node accepts, in milliseconds.
///
/// A block costs at least one sync of the ledger; below this pace a common disk does not keep up and blockhashes
/// would expire within a few seconds.
pub const SLOT_MS_MIN: u64 = 20;

/// The longest slot that a node accepts, in milliseconds.
pub const SLOT_MS_MAX: u64 = 60_000;

/// The most signatures that one verification batch holds: large enough for most of what batches gain, small enough that
/// the first transaction of a full batch does not wait long for the last one.
pub(crate) const VERIFY_BATCH_MAX: usize = 256;

/// How much history a node serves: blocks, transactions and the transactions of an address. What is older is answered
/// as if it were gone; in the ledger everything stays, since accounts are rebuilt from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The newest blocks that are served, at least one.
    pub blocks_max: u64,
    /// Transactions in them, at least one; the oldest blocks go first when there are more. One takes about 70 bytes of
    /// memory.
    pub transactions_max: usize,
    /// Pairs of transaction and address that are kept for look-ups by address; the oldest go first. One takes about
    /// 120 bytes of memory.
    pub address_postings_max: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self {
            blocks_max: u64::MAX,
            transactions_max: 1 << 23,
            address_postings_max: 1 << 20,
        }
    }
}

/// How a node is started.
#[non_exhaustive]
pub struct NodeConfig {
    /// The ledger folder; created when it is absent. Required unless `storage` is given.
    pub ledger: Option<PathBuf>,
    /// The genesis to start from. `None` means: that of the ledger, or the development genesis for a new ledger.
    pub genesis: Option<Genesis>,
    /// The pace of this node in milliseconds per slot; `None` follows the genesis.
    pub slot_ms: Option<u64>,
    /// What one block may hold at most.
    pub budget: BudgetLimits,
    /// What the pool of pending transactions may hold at most.
    pub pending: PendingLimits,
    /// Threads that verify signatures, and as many that admit and run preflight; at least one.
    pub verify_threads: usize,
    /// Transactions that may wait for verification before the node answers busy.
    pub verify_queue: usize,
    /// Blocks that a slow reader of notices may fall behind before it loses some.
    pub notice_capacity: usize,
    /// How much of its history the node serves.
    pub history: HistoryLimits,
    /// A storage to use instead of a file in the ledger folder.
    pub storage: Option<Box<dyn Storage>>,
}

impl NodeConfig {
    /// The defaults for a ledger folder.
    #[must_use]
    pub fn at(ledger: impl Into<PathBuf>) -> Self {
        Self {
            ledger: Some(ledger.into()),
            ..Self::default()
        }
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            ledger: None,
            genesis: None,
            slot_ms: None,
            budget: BudgetLimits {
                transactions: 20_000,
                compute_units: 200_000_000,
                bytes: 16 << 20,
            },
            pending: PendingLimits {
                transactions: 100_000,
                bytes: 128 << 20,
            },
            verify_threads: threads.div_ceil(2).min(8),
            verify_queue: 4_096,
            notice_capacity: 256,
            history: HistoryLimits::default(),
            storage: None,
        }
    }
}

impl fmt::Debug for NodeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeConfig")
            .field("ledger", &self.ledger)
            .field("genesis", &self.genesis.as_ref().map(Genesis::hash))
            .field("slot_ms", &self.slot_ms)
            .field("verify_threads", &self.verify_threads)
            .field("verify_queue", &self.verify_queue)
            .field("storage", &self.storage.as_ref().map(|_| "given"))
            .finish_non_exhaustive()
    }
}
