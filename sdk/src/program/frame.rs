//! What a program sees of the instruction it runs, and the only way it changes anything.
//!
//! Invariant: every change made through a frame obeys the account rules at the moment it is made; the rule
//! that is broken decides the error, in the order Solana's `BorrowedAccount` checks them. The runtime
//! compares whole images again at the end of the instruction, which is what a program is held to when it
//! changes several accounts (sums of lamports).

use super::{ACCOUNT_DATA_LEN_MAX, AccountCell, ComputeMeter, DATA_GROWTH_PER_TRANSACTION_MAX};
use crate::chain::account::Account;
use crate::chain::event::Events;
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// One account of an instruction: where it stands in the transaction and what the instruction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstructionAccount {
    /// Index into the transaction's accounts. The same account may be named more than once.
    pub index: usize,
    /// Whether the account signed.
    pub is_signer: bool,
    /// Whether the account may change.
    pub is_writable: bool,
}

/// Bytes by which a transaction has grown its accounts so far; shrinking gives bytes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataGrowth {
    bytes: i64,
}

impl DataGrowth {
    /// Books a change of length.
    ///
    /// # Errors
    /// [`InstructionError::MaxAccountsDataAllocationsExceeded`] past
    /// [`DATA_GROWTH_PER_TRANSACTION_MAX`]; nothing is booked then.
    const fn book(&mut self, len_before: usize, len_after: usize) -> Result<(), InstructionError> {
        let limit = DATA_GROWTH_PER_TRANSACTION_MAX.cast_signed();
        // Lengths are at most 10 MiB and a transaction has at most 256 accounts: far from overflow.
        let change = (len_after as i64).saturating_sub(len_before as i64);
        let bytes = self.bytes.saturating_add(change);
        if bytes > limit {
            return Err(InstructionError::MaxAccountsDataAllocationsExceeded);
        }
        self.bytes = bytes;
        Ok(())
    }
}

/// What the runtime hands over to build a [`Frame`].
#[derive(Debug)]
pub struct FrameParts<'a> {
    /// The program that is called.
    pub program_id: Pubkey,
    /// The instruction data.
    pub data: &'a [u8],
    /// The instruction's accounts, in the order of the instruction.
    pub accounts: &'a [InstructionAccount],
    /// All accounts of the transaction.
    pub cells: &'a mut [AccountCell],
    /// The transaction's compute meter.
    pub meter: &'a mut ComputeMeter,
    /// The transaction's events.
    pub events: &'a mut Events,
    /// The transaction's booked growth.
    pub growth: &'a mut DataGrowth,
}

/// The running instruction.
///
/// Accounts are named by their position in the instruction; a position past the end is
/// [`InstructionError::MissingAccount`].
#[derive(Debug)]
pub struct Frame<'a> {
    parts: FrameParts<'a>,
}

impl<'a> Frame<'a> {
    /// A frame over `parts`.
    ///
    /// # Panics
    /// When an instruction account names a cell that does not exist; sanitizing excludes it.
    #[must_use]
    pub fn new(parts: FrameParts<'a>) -> Self {
        assert!(
            parts
                .accounts
                .iter()
                .all(|account| account.index < parts.cells.len()),
            "instruction accounts lie inside the transaction's accounts"
        );
        Self { parts }
    }

    /// The program that runs.
    #[must_use]
    pub const fn program_id(&self) -> &Pubkey {
        &self.parts.program_id
    }

    /// The instruction data.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.parts.data
    }

    /// Spends compute units.
    ///
    /// # Errors
    /// [`InstructionError::ComputationalBudgetExceeded`].
    pub const fn consume(&mut self, units: u64) -> Result<(), InstructionError> {
        self.parts.meter.consume(units)
    }

    /// Writes a line to the log, as `Program log:` never stands before a built-in program's own words.
    pub fn log(&mut self, line: &str) {
        self.parts.events.push_line(line);
    }

    /// Number of accounts the instruction names.
    #[must_use]
    pub const fn account_count(&self) -> usize {
        self.parts.accounts.len()
    }

    /// Fails unless the instruction names at least `count` accounts.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub const fn require_accounts(&self, count: usize) -> Result<(), InstructionError> {
        if self.parts.accounts.len() < count {
            return Err(InstructionError::MissingAccount);
        }
        Ok(())
    }

    /// The key of account `position`.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn key(&self, position: usize) -> Result<Pubkey, InstructionError> {
        Ok(*self.cell(position)?.key())
    }

    /// Whether account `position` signed.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn is_signer(&self, position: usize) -> Result<bool, InstructionError> {
        Ok(self.meta(position)?.is_signer)
    }

    /// Whether any account of the instruction that signed has this key.
    #[must_use]
    pub fn has_signed(&self, key: &Pubkey) -> bool {
        let mut signers = self.parts.accounts.iter().filter(|account| account.is_signer);
        signers.any(|account| self.parts.cells[account.index].key() == key)
    }

    /// The present image of account `position`.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn account(&self, position: usize) -> Result<&Account, InstructionError> {
        Ok(self.cell(position)?.account())
    }

    /// Sets the balance of account `position`.
    ///
    /// # Errors
    /// `ExternalAccountLamportSpend` when the program does not own an account whose balance falls;
    /// `ReadonlyLamportChange` when the account is read-only, even if the balance stays;
    /// [`InstructionError::MissingAccount`].
    pub fn set_lamports(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let account = self.account(position)?;
        if lamports < account.lamports && !self.owns(account) {
            return Err(InstructionError::ExternalAccountLamportSpend);
        }
        if !self.meta(position)?.is_writable {
            return Err(InstructionError::ReadonlyLamportChange);
        }
        if account.lamports != lamports {
            self.cell_mut(position)?.account_mut().lamports = lamports;
        }
        Ok(())
    }

    /// Adds `lamports` to account `position`.
    ///
    /// # Errors
    /// `ArithmeticOverflow`, and those of [`Frame::set_lamports`].
    pub fn credit(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let balance = self.account(position)?.lamports.checked_add(lamports);
        self.set_lamports(position, balance.ok_or(InstructionError::ArithmeticOverflow)?)
    }

    /// Takes `lamports` from account `position`.
    ///
    /// # Errors
    /// `ArithmeticOverflow` when it holds fewer, and those of [`Frame::set_lamports`].
    pub fn debit(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let balance = self.account(position)?.lamports.checked_sub(lamports);
        self.set_lamports(position, balance.ok_or(InstructionError::ArithmeticOverflow)?)
    }

    /// Gives account `position` to another program.
    ///
    /// # Errors
    /// `ModifiedProgramId` unless the running program owns it, it is writable and its data is all zero;
    /// [`InstructionError::MissingAccount`].
    pub fn set_owner(&mut self, position: usize, owner: &Pubkey) -> Result<(), InstructionError> {
        let account = self.account(position)?;
        let is_allowed = self.owns(account)
            && self.meta(position)?.is_writable
            && account.data.iter().all(|byte| *byte == 0);
        if !is_allowed {
            return Err(InstructionError::ModifiedProgramId);
        }
        if account.owner != *owner {
            self.cell_mut(position)?.account_mut().owner = *owner;
        }
        Ok(())
    }

    /// Resizes the data of account `position`; new bytes are zero.
    ///
    /// # Errors
    /// `AccountDataSizeChanged` when another program owns it, `InvalidRealloc` past
    /// [`ACCOUNT_DATA_LEN_MAX`], `MaxAccountsDataAllocationsExceeded` past
    /// [`DATA_GROWTH_PER_TRANSACTION_MAX`], `ReadonlyDataModified`, `ExternalAccountDataModified`;
    /// [`InstructionError::MissingAccount`].
    pub fn resize_data(&mut self, position: usize, len: usize) -> Result<(), InstructionError> {
        let account = self.account(position)?;
        let len_before = account.data.len();
        let is_owned = self.owns(account);
        if len != len_before && !is_owned {
            return Err(InstructionError::AccountDataSizeChanged);
        }
        if len > ACCOUNT_DATA_LEN_MAX {
            return Err(InstructionError::InvalidRealloc);
        }
        let mut growth = *self.parts.growth;
        growth.book(len_before, len)?;
        self.require_data_change(position, is_owned)?;
        if len != len_before {
            *self.parts.growth = growth;
            self.cell_mut(position)?.account_mut().data.resize(len, 0);
        }
        Ok(())
    }

    /// The data of account `position`, to change in place.
    ///
    /// # Errors
    /// `ReadonlyDataModified`, `ExternalAccountDataModified`; [`InstructionError::MissingAccount`].
    pub fn data_mut(&mut self, position: usize) -> Result<&mut [u8], InstructionError> {
        let is_owned = self.owns(self.account(position)?);
        self.require_data_change(position, is_owned)?;
        Ok(&mut self.cell_mut(position)?.account_mut().data)
    }

    fn require_data_change(&self, position: usize, is_owned: bool) -> Result<(), InstructionError> {
        if !self.meta(position)?.is_writable {
            return Err(InstructionError::ReadonlyDataModified);
        }
        if !is_owned {
            return Err(InstructionError::ExternalAccountDataModified);
        }
        Ok(())
    }

    fn owns(&self, account: &Account) -> bool {
        account.owner == self.parts.program_id
    }

    fn meta(&self, position: usize) -> Result<&InstructionAccount, InstructionError> {
        self.parts
            .accounts
            .get(position)
            .ok_or(InstructionError::MissingAccount)
    }

    fn cell(&self, position: usize) -> Result<&AccountCell, InstructionError> {
        Ok(&self.parts.cells[self.meta(position)?.index])
    }

    fn cell_mut(&mut self, position: usize) -> Result<&mut AccountCell, InstructionError> {
        let index = self.meta(position)?.index;
        Ok(&mut self.parts.cells[index])
    }
}
