//! How often transactions change contents in place, counted. No result depends on it.

use isobath_sdk::program::AccountCell;

/// Accounts of transactions whose contents were the block's own and changed in place; each counts once a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InPlace {
    /// Those that stayed changed.
    pub written: u64,
    /// Those that were restored, as the transaction failed.
    pub restored: u64,
}

impl InPlace {
    /// Counts an account that a transaction leaves.
    pub(crate) fn count_written(&mut self, cell: &AccountCell) {
        self.written = self.written.saturating_add(cell.has_changed_in_place().into());
    }

    /// Counts an account that is about to be restored.
    pub(crate) fn count_restored(&mut self, cell: &AccountCell) {
        self.restored = self.restored.saturating_add(cell.has_changed_in_place().into());
    }

    /// Adds other counts.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.written = self.written.saturating_add(other.written);
        self.restored = self.restored.saturating_add(other.restored);
    }
}
