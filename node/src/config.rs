//! Configuration of a node: its ledger, its slot time and its limits.
//!
//! Every limit here is policy of this node. None of them is a rule of the chain, so two nodes with different
//! configurations agree about every block.

use std::fmt;
use std::path::PathBuf;

use isobath_accounts_db::HELD_BYTES_MAX;
use isobath_ledger::frame::RECORD_BYTES_MAX;
use isobath_runtime::BLOCK_RECORD_BYTES_BASE;
use isobath_scheduler::{BudgetLimits, PendingLimits, PendingOrder};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::program::ProgramTable;
use isobath_sdk::rules::{FeatureChoice, Rules};
use isobath_storage::Storage;

use crate::programs::program_table;

/// Shortest slot time that a node accepts, in milliseconds.
///
/// A block costs at least one sync of the ledger; with shorter slots a common disk does not keep up, and blockhashes
/// would expire within a few seconds.
pub const SLOT_MS_MIN: u64 = 20;

/// Longest slot time that a node accepts, in milliseconds.
pub const SLOT_MS_MAX: u64 = 60_000;

/// Maximum number of signatures of one verification batch: large enough for most of what batching gains, small enough
/// that the first transaction of a full batch does not wait long for the last one.
pub(crate) const VERIFY_BATCH_MAX: usize = 256;

/// How much history a node serves: blocks, transactions and the transactions of an address. Older history is answered
/// as cleaned up; the ledger keeps all of it, since accounts are rebuilt from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Number of newest blocks that are served, at least one.
    pub blocks_max: u64,
    /// Number of transactions in them, at least one; above it the oldest blocks are dropped first. One takes about 70
    /// bytes of memory.
    pub transactions_max: usize,
    /// Number of transaction-address pairs kept for look-ups by address; the oldest are dropped first. One takes about
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

/// Limits of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// Number of transactions.
    pub transactions: u64,
    /// Sum of their costs; `None` follows the rules of the genesis: 60 million units, or 100 million with SIMD-0286.
    pub cost_units: Option<u64>,
    /// Sum of the costs of those that may write one account; `None` is a quarter of what the rules of the genesis allow a
    /// block, so that no chain of conflicts is longer than what four threads share. The fees that the producer is
    /// credited at the end of a block are no transaction and do not count.
    pub account_cost_units: Option<u64>,
    /// Sum of their wire sizes.
    pub bytes: u64,
    /// Bytes of the record, above which the block takes no more transactions. Far above what 20,000 transfers take, and
    /// far below the largest record.
    pub record_bytes: u64,
}

impl BlockLimits {
    /// The budget of a block under the rules of a genesis.
    pub(crate) fn budget(&self, rules: &Rules) -> BudgetLimits {
        BudgetLimits {
            transactions: self.transactions,
            cost_units: self.cost_units.unwrap_or(rules.block_cost.block),
            account_cost_units: self
                .account_cost_units
                .unwrap_or_else(|| account_cost_units(rules)),
            bytes: self.bytes,
            record_bytes: self.record_bytes,
        }
    }
}

/// Bytes of the record of a block for transactions that run programs, beside what the block may hold of others.
pub(crate) const fn program_record_bytes(budget_record_bytes: u64) -> u64 {
    RECORD_BYTES_MAX
        .saturating_sub(BLOCK_RECORD_BYTES_BASE)
        .saturating_sub(budget_record_bytes)
}

/// Maximum number of threads that execute a block.
pub const EXECUTION_THREADS_MAX: usize = 62;

/// Into how many accounts' shares a block is divided.
const ACCOUNT_SHARE_DIVISOR: u64 = 4;

/// A quarter of a block, and no more than the rules allow an account.
fn account_cost_units(rules: &Rules) -> u64 {
    let share = rules.block_cost.block / ACCOUNT_SHARE_DIVISOR;
    share.min(rules.block_cost.account)
}

/// Configuration of a node.
#[non_exhaustive]
pub struct NodeConfig {
    /// The ledger folder, created if absent. Required unless `storage` is given.
    pub ledger: Option<PathBuf>,
    /// The genesis of a new ledger. `None` means that of the ledger, or the development genesis for a new ledger.
    pub genesis: Option<Genesis>,
    /// What to change in the features of a new ledger's genesis. The ledger keeps its features; a start with others is
    /// refused.
    pub features: FeatureChoice,
    /// Slot time of this node in milliseconds; `None` follows the genesis.
    pub slot_ms: Option<u64>,
    /// Limits of one block.
    pub budget: BlockLimits,
    /// Limits of the pool of pending transactions. One payer may fill a twenty-fourth of the default: about a block's
    /// worth of transfers in two seconds, while 24 funded payers are needed to fill the pool.
    pub pending: PendingLimits,
    /// The order in which the pool offers its transactions to a block.
    pub order: PendingOrder,
    /// Number of threads that verify signatures, and as many that admit and run preflight; at least one.
    pub verify_threads: usize,
    /// Number of threads that execute a block, 1 to [`EXECUTION_THREADS_MAX`]. By default half as many as there are cores,
    /// since verifying a transaction takes several times as long as executing it.
    pub execution_threads: usize,
    /// Number of transactions that may wait for verification before the node answers busy.
    pub verify_queue: usize,
    /// Number of blocks that a slow reader of notices may fall behind before it misses some.
    pub notice_capacity: usize,
    /// How much of its history the node serves.
    pub history: HistoryLimits,
    /// Bytes of what accounts were in earlier blocks that published views may keep in memory while they are held; past
    /// it the oldest view is revoked ([`crate::ViewRevoked`]). At least 1; below what a few blocks change, reads that
    /// outlast a block fail.
    pub held_view_bytes: u64,
    /// The programs that are linked in, [`program_table`] by default. Every node of a chain must run the same.
    pub programs: ProgramTable,
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
            features: FeatureChoice::default(),
            slot_ms: None,
            budget: BlockLimits {
                transactions: 20_000,
                cost_units: None,
                account_cost_units: None,
                bytes: 16 << 20,
                record_bytes: 128 << 20,
            },
            pending: PendingLimits {
                transactions: 100_000,
                bytes: 128 << 20,
                payer_transactions: 4_096,
                payer_bytes: 6 << 20,
                taken: 20_000,
            },
            order: PendingOrder::default(),
            verify_threads: threads.div_ceil(2).min(8),
            execution_threads: threads.div_ceil(2).min(16),
            verify_queue: 4_096,
            notice_capacity: 256,
            history: HistoryLimits::default(),
            held_view_bytes: HELD_BYTES_MAX,
            programs: program_table(),
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
            .field("execution_threads", &self.execution_threads)
            .field("verify_queue", &self.verify_queue)
            .field("storage", &self.storage.as_ref().map(|_| "given"))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_quarter_of_a_block_unless_configured() {
        let rules = Genesis::development().rules();
        let mut limits = NodeConfig::default().budget;
        let budget = limits.budget(&rules);
        assert_eq!(budget.cost_units, rules.block_cost.block);
        assert_eq!(budget.account_cost_units, budget.cost_units / 4);
        limits.account_cost_units = Some(7);
        assert_eq!(limits.budget(&rules).account_cost_units, 7);
    }
}
