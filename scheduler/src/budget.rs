//! What one block may still hold: transactions, cost, bytes on the wire and bytes of its record.
//!
//! ```text
//! try_reserve   before a transaction runs: what it may cost at most, judging by its bytes
//! charge        when it has run: what it did cost, less or more than that
//! refund        when it has no effect and is not in the block: everything
//! ```
//!
//! Invariant: what counts is the sum of all reservations that are open and of all that was charged. A reservation
//! that exceeds a limit changes nothing, but for the record, where the last reservation may: how much a transaction adds
//! is known when it has run, and what it reserves is less. Only that and [`Budget::charge`] may exceed a limit; so a block
//! exceeds a limit by at most the number of transactions that run at once times what one of them may cost.
//!
//! Cost is counted for the block and for each account that a transaction may write, so that one account cannot fill a
//! block whose other accounts could be written beside it. Every operation is O(1) but for the accounts that the
//! transaction writes. The table of accounts has at most one entry for each account that a transaction of the block
//! may write.

mod accounts;

use isobath_sdk::Pubkey;

use self::accounts::Accounts;

/// The limits of one block. Every value is allowed; with a 0 in any field no transaction fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// Number of transactions.
    pub transactions: u64,
    /// Sum of the costs.
    pub cost_units: u64,
    /// Sum of the costs of the transactions that may write one account.
    pub account_cost_units: u64,
    /// Sum of the wire sizes.
    pub bytes: u64,
    /// Bytes of the record, above which the block takes no more transactions.
    pub record_bytes: u64,
}

/// What one transaction reserves, besides counting as one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost<'a> {
    /// What it may cost.
    pub cost_units: u64,
    /// Its wire size.
    pub size_bytes: u64,
    /// Bytes by which it is expected to lengthen the record of the block.
    pub record_bytes: u64,
    /// The accounts that it may write, each once.
    pub writable: &'a [Pubkey],
}

/// What one transaction did cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Its cost.
    pub cost_units: u64,
    /// Bytes by which it lengthens the record of the block.
    pub record_bytes: u64,
}

/// Which budget has no room for a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// That of the block.
    Block,
    /// That of an account that it may write.
    Account,
}

impl BudgetLimits {
    /// Whether an empty block of these limits holds such a transaction.
    ///
    /// # Errors
    /// The budget that it exceeds alone. It never fits, so it must not enter the pending pool.
    pub const fn admits(self, cost: Cost<'_>) -> Result<(), Misfit> {
        if self.transactions == 0
            || cost.cost_units > self.cost_units
            || cost.size_bytes > self.bytes
            || self.record_bytes == 0
        {
            return Err(Misfit::Block);
        }
        if cost.cost_units > self.account_cost_units {
            return Err(Misfit::Account);
        }
        Ok(())
    }
}

/// The capacity left in the block being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    limits: BudgetLimits,
    transactions: u64,
    cost_units: u64,
    bytes: u64,
    record_bytes: u64,
    accounts: Accounts,
}

impl Budget {
    /// The budget of an empty block.
    #[must_use]
    pub fn new(limits: BudgetLimits) -> Self {
        Self {
            limits,
            transactions: 0,
            cost_units: 0,
            bytes: 0,
            record_bytes: 0,
            accounts: Accounts::default(),
        }
    }

    /// Cost that is reserved or charged.
    #[must_use]
    pub const fn cost_units(&self) -> u64 {
        self.cost_units
    }

    /// Bytes of the record that are reserved or charged.
    #[must_use]
    pub const fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// Cost that is reserved or charged by the transactions that may write an account.
    #[must_use]
    pub fn account_cost_units(&self, key: &Pubkey) -> u64 {
        self.accounts.charged(key)
    }

    /// Whether a transaction still fits.
    ///
    /// # Errors
    /// The budget that has no room for it.
    pub fn fits(&self, cost: Cost<'_>) -> Result<(), Misfit> {
        if !self.has_room(cost) {
            return Err(Misfit::Block);
        }
        // Also for a transaction that writes nothing: what never fits is then the same for every block.
        let has_room = |charged| is_within(charged, cost.cost_units, self.limits.account_cost_units);
        let mut charged = cost.writable.iter().map(|key| self.account_cost_units(key));
        match has_room(0) && charged.all(has_room) {
            true => Ok(()),
            false => Err(Misfit::Account),
        }
    }

    /// Whether the block as a whole has room.
    const fn has_room(&self, cost: Cost<'_>) -> bool {
        let limits = &self.limits;
        self.transactions < limits.transactions
            && is_within(self.cost_units, cost.cost_units, limits.cost_units)
            && is_within(self.bytes, cost.size_bytes, limits.bytes)
            && self.record_bytes < limits.record_bytes
    }

    /// Whether no transaction fits any more, however small.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        let nothing = Cost {
            cost_units: 0,
            size_bytes: 0,
            record_bytes: 0,
            writable: &[],
        };
        self.fits(nothing).is_err() || self.cost_units >= self.limits.cost_units
    }

    /// Reserves what one transaction may cost.
    ///
    /// # Errors
    /// The budget that has no room for it; nothing is changed.
    pub fn try_reserve(&mut self, cost: Cost<'_>) -> Result<(), Misfit> {
        if !self.has_room(cost) {
            return Err(Misfit::Block);
        }
        let limit = self.limits.account_cost_units;
        // Also for a transaction that writes nothing: what never fits is then the same for every block.
        if cost.cost_units > limit || !self.accounts.reserve(cost.writable, cost.cost_units, limit) {
            return Err(Misfit::Account);
        }
        self.cost_units = self.cost_units.saturating_add(cost.cost_units);
        self.transactions = self.transactions.saturating_add(1);
        self.bytes = self.bytes.saturating_add(cost.size_bytes);
        self.record_bytes = self.record_bytes.saturating_add(cost.record_bytes);
        Ok(())
    }

    /// Replaces a reservation by what the transaction did cost.
    pub fn charge(&mut self, reserved: Cost<'_>, spent: Spent) {
        let record_bytes = self.record_bytes.saturating_sub(reserved.record_bytes);
        self.record_bytes = record_bytes.saturating_add(spent.record_bytes);
        // Saturating on purpose: a sum at the top of a `u64` is far beyond every limit, so the block is full.
        self.change(reserved.writable, |charged| {
            charged
                .saturating_sub(reserved.cost_units)
                .saturating_add(spent.cost_units)
        });
    }

    /// Gives a reservation back, of a transaction that is not in the block.
    pub fn refund(&mut self, reserved: Cost<'_>) {
        self.transactions = self.transactions.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(reserved.size_bytes);
        self.record_bytes = self.record_bytes.saturating_sub(reserved.record_bytes);
        self.change(reserved.writable, |charged| {
            charged.saturating_sub(reserved.cost_units)
        });
    }

    fn change(&mut self, writable: &[Pubkey], change: impl Fn(u64) -> u64) {
        self.cost_units = change(self.cost_units);
        for key in writable {
            self.accounts.change(key, &change);
        }
    }
}

/// Whether `charged` and `more` together are at most `limit`.
const fn is_within(charged: u64, more: u64, limit: u64) -> bool {
    match charged.checked_add(more) {
        Some(sum) => sum <= limit,
        None => false,
    }
}

#[cfg(test)]
mod tests;
