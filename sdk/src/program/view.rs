//! What a program may read of an account.

use super::AccountCell;
use crate::pubkey::Pubkey;

/// An account of the running instruction, to read. Changes are made through the [`super::Frame`].
#[derive(Debug, Clone, Copy)]
pub struct AccountView<'a> {
    cell: &'a AccountCell,
}

impl<'a> AccountView<'a> {
    pub(super) const fn new(cell: &'a AccountCell) -> Self {
        Self { cell }
    }

    /// The account's key.
    #[must_use]
    pub const fn key(&self) -> &'a Pubkey {
        self.cell.key()
    }

    /// Its balance.
    #[must_use]
    pub const fn lamports(&self) -> u64 {
        self.cell.account().lamports
    }

    /// The program that owns it.
    #[must_use]
    pub const fn owner(&self) -> &'a Pubkey {
        &self.cell.account().owner
    }

    /// Its contents.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.cell.account().data.as_slice()
    }

    /// Whether it is a program that can be called.
    #[must_use]
    pub const fn is_executable(&self) -> bool {
        self.cell.account().executable
    }
}
