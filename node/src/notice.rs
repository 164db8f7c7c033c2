//! The notification that the node sends after each block.
//!
//! A notice is sent after its view is published: a listener that acts on it finds the block, its statuses and its
//! accounts. It lists only what clients may see; a transaction that had no effect is absent.
//!
//! A notice carries the block as it was executed, so that listeners read nothing back from the disk. The memory is held
//! only until every listener has taken the notice. Invariant: the records of all blocks that are held so have at most
//! [`HELD_RECORD_BYTES_MAX`] bytes together; beyond that, notices come without their block until listeners catch up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use isobath_program_abi::{Hash, Pubkey};
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Signature, TransactionError};

/// Bytes of the records whose blocks are held for listeners. In memory a block takes two to three times its record.
const HELD_RECORD_BYTES_MAX: u64 = 128 << 20;

/// One published block.
#[derive(Clone, Debug)]
pub struct BlockNotice {
    /// Slot of the block.
    pub slot: u64,
    /// Slot of its parent.
    pub parent_slot: u64,
    /// Height of the block.
    pub height: u64,
    /// Its blockhash, the newest of the view.
    pub blockhash: Hash,
    /// Every transaction that paid a fee, in block order, with its error.
    pub signatures: Vec<(Signature, Option<TransactionError>)>,
    /// Every account that the block changed, sorted by key; `None` means that it was closed.
    pub changed: Vec<(Pubkey, Option<Account>)>,
    /// What happened in the block; `None` if listeners are so far behind that it was not kept for them.
    pub block: Option<Arc<HeldBlock>>,
}

/// The history of a block while a listener has yet to take its notice.
#[derive(Debug)]
pub struct HeldBlock {
    history: Arc<History<Tx>>,
    record_bytes: u64,
    held: Arc<AtomicU64>,
}

impl HeldBlock {
    /// What happened in the block.
    #[must_use]
    pub fn history(&self) -> &History<Tx> {
        &self.history
    }
}

impl Drop for HeldBlock {
    fn drop(&mut self) {
        self.held.fetch_sub(self.record_bytes, Ordering::Relaxed);
    }
}

/// Counts the bytes of the records whose blocks are held.
#[derive(Debug, Default)]
pub(crate) struct HeldBlocks(Arc<AtomicU64>);

impl HeldBlocks {
    /// Holds a block for listeners if the bound allows it. Called by one thread.
    pub(crate) fn hold(&self, history: Arc<History<Tx>>, record_bytes: u64) -> Option<Arc<HeldBlock>> {
        let held = self.0.load(Ordering::Relaxed);
        if held.saturating_add(record_bytes) > HELD_RECORD_BYTES_MAX && held > 0 {
            return None;
        }
        self.0.fetch_add(record_bytes, Ordering::Relaxed);
        Some(Arc::new(HeldBlock {
            history,
            record_bytes,
            held: Arc::clone(&self.0),
        }))
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::chain::genesis::Genesis;
    use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
    use isobath_sdk::chain::merkle::EMPTY_ROOT;
    use isobath_sdk::chain::record::Executions;
    use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};

    use super::*;

    fn history() -> Arc<History<Tx>> {
        let hash = Genesis::development().hash();
        let header = Header {
            version: HEADER_VERSION,
            rules_version: 1,
            genesis_hash: hash,
            slot: 1,
            height: 1,
            parent_slot: 0,
            parent_hash: hash,
            timestamp_ms: 0,
            producer: Pubkey::default(),
            transactions_root: EMPTY_ROOT,
            transaction_count: 0,
            anchor: Anchor {
                slot: 0,
                result_hash: hash,
            },
        };
        let result = BlockResult {
            version: RESULT_VERSION,
            slot: 1,
            height: 1,
            block_hash: hash,
            parent_result_hash: hash,
            delta_root: EMPTY_ROOT,
            outcomes_root: EMPTY_ROOT,
            state_root: None,
            capitalization: 0,
            fees: FeeTotals::default(),
            compute_units: 0,
        };
        Arc::new(History {
            header,
            transactions: vec![],
            executions: Executions::new(),
            result,
        })
    }

    #[test]
    fn what_listeners_hold_is_bounded_and_given_back() {
        let blocks = HeldBlocks::default();
        let half = HELD_RECORD_BYTES_MAX / 2;
        let first = blocks.hold(history(), half);
        let second = blocks.hold(history(), half);
        assert!(first.is_some() && second.is_some());
        assert!(blocks.hold(history(), 1).is_none(), "the bound is reached");
        drop(first);
        assert!(blocks.hold(history(), half).is_some());
        drop(second);
        assert_eq!(blocks.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_block_alone_is_held_whatever_its_size() {
        let blocks = HeldBlocks::default();
        let large = blocks.hold(history(), HELD_RECORD_BYTES_MAX.saturating_mul(2));
        assert!(large.is_some());
        assert!(blocks.hold(history(), 1).is_none());
        drop(large);
        assert!(blocks.hold(history(), 1).is_some());
    }
}
