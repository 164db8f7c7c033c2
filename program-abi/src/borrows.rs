//! What programs of a transaction hold of one of its accounts while another program runs.
//!
//! ```text
//! 0           nobody holds anything
//! 1 ..        that many hold the account to read
//! 0xffffffff  one holds it to change
//! ```
//!
//! Invariant: a program gives its borrows back before it returns. The word belongs to the transaction, so every
//! frame sees what the frames above it hold; other transactions that read the same account have words of their own.
//!
//! A call is refused if the called program could do with an account what an outstanding borrow excludes: change what
//! another reads, or read what another changes. Solana's `invoke` checks the cells of its `AccountInfo`s the same way.

use crate::instruction_error::InstructionError;

/// The outstanding borrows of one account in one transaction.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Borrows(u32);

/// One holds the account to change.
const TO_CHANGE: u32 = u32::MAX;

impl Borrows {
    /// Nobody holds anything.
    pub const NONE: Self = Self(0);

    /// Whether another may read the account.
    #[must_use]
    pub const fn allows_reading(self) -> bool {
        self.0 != TO_CHANGE
    }

    /// Whether another may change the account.
    #[must_use]
    pub const fn allows_changing(self) -> bool {
        self.0 == Self::NONE.0
    }

    /// Takes the account to read.
    ///
    /// # Errors
    /// [`InstructionError::AccountBorrowFailed`] if one holds it to change, or the count is at its end.
    pub const fn take_to_read(&mut self) -> Result<(), InstructionError> {
        match self.0.checked_add(1) {
            Some(held) if held != TO_CHANGE => self.0 = held,
            _ => return Err(InstructionError::AccountBorrowFailed),
        }
        Ok(())
    }

    /// Takes the account to change.
    ///
    /// # Errors
    /// [`InstructionError::AccountBorrowFailed`] if another holds it.
    pub const fn take_to_change(&mut self) -> Result<(), InstructionError> {
        if !self.allows_changing() {
            return Err(InstructionError::AccountBorrowFailed);
        }
        self.0 = TO_CHANGE;
        Ok(())
    }

    /// Returns one borrow. Without one, nothing happens.
    pub const fn give_back(&mut self) {
        self.0 = match self.0 {
            TO_CHANGE => 0,
            held => held.saturating_sub(1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Result<(), InstructionError> = Err(InstructionError::AccountBorrowFailed);

    #[test]
    fn many_read_or_one_changes() {
        let mut borrows = Borrows::NONE;
        assert_eq!(borrows.take_to_read(), Ok(()));
        assert_eq!(borrows.take_to_read(), Ok(()));
        assert_eq!(borrows.take_to_change(), FAILED);
        assert!(borrows.allows_reading() && !borrows.allows_changing());
        borrows.give_back();
        assert_eq!(borrows.take_to_change(), FAILED);
        borrows.give_back();
        assert_eq!(borrows, Borrows::NONE);
        assert_eq!(borrows.take_to_change(), Ok(()));
        assert_eq!(
            (borrows.take_to_change(), borrows.take_to_read()),
            (FAILED, FAILED)
        );
        assert!(!borrows.allows_reading() && !borrows.allows_changing());
        borrows.give_back();
        assert!(borrows.allows_reading() && borrows.allows_changing());
        borrows.give_back();
        assert_eq!(borrows, Borrows::NONE);
    }

    #[test]
    fn readers_are_never_counted_up_to_a_writer() {
        let mut borrows = Borrows(TO_CHANGE - 1);
        assert_eq!(borrows.take_to_read(), FAILED);
        assert_eq!(borrows, Borrows(TO_CHANGE - 1));
    }
}
