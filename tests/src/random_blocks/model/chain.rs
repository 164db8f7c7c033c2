//! What past blocks leave behind: their hashes and the messages that they contained.

use std::collections::BTreeSet;

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::durable_nonce;
use isobath_sdk::hash::Hash;

/// Blocks that a transaction can tell to be recent.
const RECENT_SLOTS: u64 = 512;
/// The slot of a table whose deactivation has not begun.
pub(super) const NEVER: u64 = u64::MAX;

/// The blocks before the open one. Slots are heights here, and the genesis has slot 0.
#[derive(Clone, Debug)]
pub struct Past {
    /// The hash of the block of slot `n` at index `n`.
    blockhashes: Vec<Hash>,
    blockhash_max_age: u64,
    processed: BTreeSet<Hash>,
}

impl Past {
    pub(super) fn new(first: Hash, blockhash_max_age: u64) -> Self {
        Self {
            blockhashes: vec![first],
            blockhash_max_age,
            processed: BTreeSet::new(),
        }
    }

    pub(super) fn push(&mut self, blockhash: Hash) {
        self.blockhashes.push(blockhash);
    }

    /// Slot of the open block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.blockhashes.len() as u64
    }

    /// The value that a nonce advances to in the open block.
    #[must_use]
    pub fn next_nonce(&self) -> Hash {
        durable_nonce(self.blockhashes.last().expect("the genesis has one"))
    }

    /// The hash of the block that is `age` blocks older than the parent, or of the genesis.
    #[must_use]
    pub fn blockhash(&self, age: usize) -> Hash {
        self.blockhashes[(self.blockhashes.len() - 1).saturating_sub(age)]
    }

    /// Whether the open block may contain a transaction with this blockhash.
    pub(super) fn is_alive(&self, blockhash: &Hash) -> bool {
        let newest = self.blockhashes.iter().rev();
        let age = usize::try_from(self.blockhash_max_age).expect("a short life");
        newest.take(age).any(|known| known == blockhash)
    }

    /// Whether `slot` is that of one of the newest blocks before the open one.
    pub(super) const fn is_recent(&self, slot: u64) -> bool {
        slot < self.slot() && slot + RECENT_SLOTS >= self.slot()
    }

    /// Whether the deactivation of a table began so long ago that it cannot be used any more.
    pub(super) const fn is_deactivated(&self, table: &LookupTableMeta) -> bool {
        let slot = table.deactivation_slot;
        slot != NEVER && slot != self.slot() && !self.is_recent(slot)
    }

    pub(super) fn is_processed(&self, message: &Hash) -> bool {
        self.processed.contains(message)
    }

    pub(super) fn process(&mut self, message: Hash) {
        self.processed.insert(message);
    }
}
