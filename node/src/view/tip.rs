//! The published value: chain, accounts and figures at the end of one block.

use isobath_accounts_db::View;
use isobath_runtime::{Chain, ChainError};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::{History, RecordedTransaction};

use crate::indexes::performance::Performance;
use crate::indexes::recent_fees::RecentFees;

/// The part of a view that the blocks alone determine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) chain: Chain,
    pub(crate) recent_fees: RecentFees,
    /// Slot of the oldest block of the served history.
    pub(crate) first_slot: u64,
    pub(crate) transaction_count: u64,
    pub(crate) performance: Performance,
}

impl Head {
    /// The head before the first block.
    pub(crate) fn new(genesis: &Genesis) -> Self {
        Self {
            chain: Chain::new(genesis),
            recent_fees: RecentFees::default(),
            first_slot: 1,
            transaction_count: 0,
            performance: Performance::default(),
        }
    }

    /// Adds a block with `effective_count` effective transactions; blocks come in order.
    ///
    /// # Errors
    /// [`ChainError`] if the block does not continue the chain.
    pub(crate) fn push<T: RecordedTransaction>(
        &mut self,
        history: &History<T>,
        effective_count: usize,
    ) -> Result<(), ChainError> {
        self.chain.apply(history)?;
        self.count(history, effective_count);
        Ok(())
    }

    /// Adds a block of this node, after which the chain is this one.
    pub(crate) fn push_own<T>(&mut self, chain: Chain, history: &History<T>, effective_count: usize) {
        self.chain = chain;
        self.count(history, effective_count);
    }

    fn count<T>(&mut self, history: &History<T>, effective_count: usize) {
        let (header, count) = (&history.header, effective_count as u64);
        self.transaction_count = self.transaction_count.saturating_add(count);
        self.performance.push(header.slot, header.timestamp_ms, count);
    }
}

/// The published value: replaced as a whole, never modified.
pub(crate) struct Tip {
    pub(crate) head: Head,
    pub(crate) accounts: View,
}
