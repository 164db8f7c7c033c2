//! The transactions of a block that clients may see: those that had an effect.

use isobath_program_abi::Pubkey;
use isobath_sdk::TransactionView;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{ExecutionRef, History, RecordedTransaction};

/// A transaction that had an effect.
pub struct EffectiveTx<'a, T> {
    /// The transaction in the history.
    pub recorded: &'a T,
    /// Its parts, read in place.
    pub view: TransactionView<'a>,
    /// Index in its block, counting every transaction of the block.
    pub index: u32,
    /// The result of executing it.
    pub execution: ExecutionRef<'a>,
}

impl<T> EffectiveTx<'_, T> {
    /// Every key of the transaction, those loaded from lookup tables included.
    pub fn keys(&self) -> impl Iterator<Item = Pubkey> {
        let loaded = &self.execution.loaded_addresses;
        let own = self.view.static_keys().iter().copied().map(Pubkey);
        own.chain(loaded.writable.iter().copied())
            .chain(loaded.readonly.iter().copied())
    }
}

/// The effective transactions of a block, in its order.
///
/// # Panics
/// If a transaction of the block does not decode, which no sealed block holds.
#[must_use]
pub fn effective_transactions<T: RecordedTransaction>(history: &History<T>) -> Vec<EffectiveTx<'_, T>> {
    let mut found = Vec::with_capacity(history.transactions.len());
    for (index, (recorded, execution)) in (0u32..).zip(history.transactions.iter().zip(&history.executions)) {
        if execution.outcome.class == OutcomeClass::NoOp {
            continue;
        }
        let view = recorded
            .view()
            .expect("a sealed block holds only transactions that decode");
        found.push(EffectiveTx {
            recorded,
            view,
            index,
            execution,
        });
    }
    found
}
