//! A program's view of the instruction that it runs, and its only means to change anything.
//!
//! Invariant: every change made through a frame obeys the account rules at the moment it is made; the first broken
//! rule, in the order in which Solana's `BorrowedInstructionAccount` checks them (`solana-transaction-context` 4.2.2),
//! decides the error. The rule that spans several accounts is that an instruction neither creates nor destroys lamports:
//! a frame adds each change of a balance to [`TxState::lamports_sum`], which the runtime requires to be zero where a call
//! begins and where one ends. Nothing compares or scans accounts afterwards.

use std::fmt;

use isobath_program_abi::Borrows;

use super::{AccountCell, AccountView, Host, InstructionAccount, InvokeRequest, TxState, Work};
use crate::chain::outcome::ReturnData;
use crate::hash::Hash;
use crate::instruction::Instruction;
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;
use crate::rules::Rules;
use crate::sysvar::clock::Clock;
use crate::sysvar::recent_blockhashes::RecentBlockhashes;
use crate::sysvar::rent::Rent;
use crate::sysvar::slot_hashes::SlotHashes;

/// The parts from which the runtime builds a [`Frame`].
pub struct FrameParts<'a> {
    /// The program that is called.
    pub program_id: Pubkey,
    /// The instruction data.
    pub data: &'a [u8],
    /// The instruction's accounts, in the order of the instruction.
    pub accounts: &'a [InstructionAccount],
    /// The state that the instructions of the transaction share.
    pub state: &'a mut TxState,
    /// The runtime.
    pub host: &'a mut dyn Host,
}

/// The running instruction.
///
/// Accounts are identified by their position in the instruction; a position past the end is
/// [`InstructionError::MissingAccount`].
pub struct Frame<'a> {
    parts: FrameParts<'a>,
}

impl<'a> Frame<'a> {
    /// A frame over `parts`.
    ///
    /// # Panics
    /// If an instruction account refers to a cell that does not exist; sanitizing excludes it.
    #[must_use]
    pub fn new(parts: FrameParts<'a>) -> Self {
        assert!(
            parts
                .accounts
                .iter()
                .all(|account| account.cell() < parts.state.cells.len()),
            "instruction accounts are accounts of the transaction"
        );
        Self { parts }
    }

    /// The running program.
    #[must_use]
    pub const fn program_id(&self) -> &Pubkey {
        &self.parts.program_id
    }

    /// The instruction data.
    #[must_use]
    pub const fn instruction_data(&self) -> &'a [u8] {
        self.parts.data
    }

    /// The rules of the chain.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        self.parts.host.rules()
    }

    /// Spends compute units.
    ///
    /// # Errors
    /// [`InstructionError::ComputationalBudgetExceeded`].
    pub const fn consume(&mut self, units: u64) -> Result<(), InstructionError> {
        self.parts.state.meter.consume(units)
    }

    /// Runs `program` and logs what it and the programs that it calls consume, as for the programs that are bytecode on
    /// Solana. Built-in programs of Solana do not report theirs.
    ///
    /// # Errors
    /// Those of `program`.
    pub fn report_consumption(
        &mut self,
        program: impl FnOnce(&mut Self) -> Result<(), InstructionError>,
    ) -> Result<(), InstructionError> {
        let limit = self.remaining_compute_units();
        let result = program(self);
        let units = limit.saturating_sub(self.remaining_compute_units());
        let program_id = self.parts.program_id;
        self.parts.state.events.push_consumed(program_id, units, limit);
        result
    }

    /// Writes a line to the log without the prefix `Program log:`, which built-in programs do not write.
    pub fn log(&mut self, line: &str) {
        self.parts.state.events.push_line(line);
    }

    /// Number of accounts of the instruction.
    #[must_use]
    pub const fn account_count(&self) -> usize {
        self.parts.accounts.len()
    }

    /// Fails unless the instruction has at least `count` accounts.
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

    /// Whether an earlier position of the instruction names the account at `position` too.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn is_repeated(&self, position: usize) -> Result<bool, InstructionError> {
        Ok(usize::from(self.meta(position)?.first) != position)
    }

    /// Whether any account of the instruction that signed has this key.
    #[must_use]
    pub fn has_signed(&self, key: &Pubkey) -> bool {
        let mut signers = self.parts.accounts.iter().filter(|account| account.is_signer);
        signers.any(|account| self.parts.state.cells[account.cell()].key() == key)
    }

    /// What may be read of account `position`.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn account(&self, position: usize) -> Result<AccountView<'_>, InstructionError> {
        Ok(AccountView::new(self.cell(position)?))
    }

    /// Sets the balance of account `position`.
    ///
    /// # Errors
    /// `ExternalAccountLamportSpend` when the program does not own an account whose balance falls;
    /// `ReadonlyLamportChange` when the account is read-only, even if the balance stays;
    /// [`InstructionError::MissingAccount`].
    pub fn set_lamports(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let balance = self.account(position)?.lamports();
        if lamports < balance && !self.owns(position)? {
            return Err(InstructionError::ExternalAccountLamportSpend);
        }
        if !self.meta(position)?.is_writable {
            return Err(InstructionError::ReadonlyLamportChange);
        }
        if lamports != balance {
            self.parts.state.add_to_sum(balance, lamports)?;
            self.cell_mut(position)?.0.set_lamports(lamports);
        }
        Ok(())
    }

    /// Adds `lamports` to account `position`.
    ///
    /// # Errors
    /// `ArithmeticOverflow`, and those of [`Frame::set_lamports`].
    pub fn credit(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let balance = self.account(position)?.lamports().checked_add(lamports);
        self.set_lamports(position, balance.ok_or(InstructionError::ArithmeticOverflow)?)
    }

    /// Subtracts `lamports` from account `position`.
    ///
    /// # Errors
    /// `ArithmeticOverflow` if it holds fewer, and those of [`Frame::set_lamports`].
    pub fn debit(&mut self, position: usize, lamports: u64) -> Result<(), InstructionError> {
        let balance = self.account(position)?.lamports().checked_sub(lamports);
        self.set_lamports(position, balance.ok_or(InstructionError::ArithmeticOverflow)?)
    }

    /// Assigns account `position` to another program.
    ///
    /// # Errors
    /// `ModifiedProgramId` unless the running program owns it, it is writable and its data is all zero;
    /// [`InstructionError::MissingAccount`].
    pub fn set_owner(&mut self, position: usize, owner: &Pubkey) -> Result<(), InstructionError> {
        let may_assign = self.owns(position)? && self.meta(position)?.is_writable;
        let (cell, work) = self.cell_mut(position)?;
        if !may_assign || !cell.is_zeroed(work) {
            return Err(InstructionError::ModifiedProgramId);
        }
        if cell.account().owner != *owner {
            cell.set_owner(*owner);
        }
        Ok(())
    }

    /// Resizes the data of account `position`; new bytes are zero.
    ///
    /// # Errors
    /// `InvalidRealloc` past [`Rules::account_data_len_max`], `MaxAccountsDataAllocationsExceeded` past
    /// [`Rules::transaction_data_growth_max`], `ReadonlyDataModified`, `ExternalAccountDataModified`;
    /// [`InstructionError::MissingAccount`].
    pub fn resize_data(&mut self, position: usize, len: usize) -> Result<(), InstructionError> {
        let len_before = self.account(position)?.data().len();
        let rules = self.parts.host.rules();
        if len > rules.account_data_len_max {
            return Err(InstructionError::InvalidRealloc);
        }
        let mut growth = self.parts.state.growth;
        growth.book(len_before, len, rules.transaction_data_growth_max)?;
        self.require_data_change(position)?;
        if len != len_before {
            self.parts.state.growth = growth;
            let index = self.meta(position)?.cell();
            let state = &mut *self.parts.state;
            state.cells[index].resize(len, &mut state.work, &mut state.pool);
        }
        Ok(())
    }

    /// The data of account `position`, to modify in place. Counts as a write of every byte; [`Frame::write_data`] counts
    /// the bytes that it writes.
    ///
    /// # Errors
    /// `ReadonlyDataModified`, `ExternalAccountDataModified`; [`InstructionError::MissingAccount`].
    pub fn data_mut(&mut self, position: usize) -> Result<&mut [u8], InstructionError> {
        self.require_data_change(position)?;
        let index = self.meta(position)?.cell();
        let state = &mut *self.parts.state;
        Ok(state.cells[index].data_mut(&mut state.work, &mut state.undo))
    }

    /// Overwrites the data of account `position` from `offset` on.
    ///
    /// # Errors
    /// `AccountDataTooSmall` past the end of the data, and those of [`Frame::data_mut`].
    pub fn write_data(
        &mut self,
        position: usize,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), InstructionError> {
        self.require_data_change(position)?;
        let index = self.meta(position)?.cell();
        let state = &mut *self.parts.state;
        match state.cells[index].write(offset, bytes, &mut state.work, &mut state.undo) {
            true => Ok(()),
            false => Err(InstructionError::AccountDataTooSmall),
        }
    }

    /// Calls another program with accounts of this instruction, signed also by the addresses that each list of seeds
    /// derives from this program. A failed call fails this instruction too, whatever the program does with the error,
    /// and no other call is made after it.
    ///
    /// # Errors
    /// `AccountBorrowFailed` for an account that is held to change, or to read while the call may change it;
    /// `ComputationalBudgetExceeded`; `MaxSeedLengthExceeded` or `InvalidSeeds` for seeds that derive no address;
    /// `MissingAccount` for a key that is not among the accounts of this instruction; `PrivilegeEscalation`;
    /// `ReentrancyNotAllowed`; `CallDepth`; `MaxInstructionTraceLengthExceeded`; an account rule that this program has
    /// broken so far; and the error of the called program.
    pub fn invoke(
        &mut self,
        instruction: &Instruction,
        signer_seeds: &[&[&[u8]]],
    ) -> Result<(), InstructionError> {
        if let Some(error) = self.parts.state.failed_call {
            return Err(error);
        }
        let request = InvokeRequest {
            instruction,
            caller: &self.parts.program_id,
            signer_seeds,
            caller_accounts: self.parts.accounts,
        };
        let borrowable = self.require_borrowable(instruction);
        let result = borrowable.and_then(|()| self.parts.host.invoke(self.parts.state, request));
        if let Err(error) = result {
            self.parts.state.failed_call.get_or_insert(error);
        }
        result
    }

    /// Sets the data returned to the caller, or to the client if this is the last call of the transaction.
    ///
    /// # Errors
    /// `InvalidArgument` past [`Rules::return_data_len_max`].
    pub fn set_return_data(&mut self, data: &[u8]) -> Result<(), InstructionError> {
        if data.len() > self.rules().return_data_len_max {
            return Err(InstructionError::InvalidArgument);
        }
        let program = self.parts.program_id;
        self.parts.state.return_data = Some(ReturnData {
            program,
            data: data.to_vec(),
        });
        Ok(())
    }

    /// The return data of the program called last.
    #[must_use]
    pub const fn return_data(&self) -> Option<&ReturnData> {
        self.parts.state.return_data.as_ref()
    }

    /// Compute units that are left.
    #[must_use]
    pub const fn remaining_compute_units(&self) -> u64 {
        self.parts.state.meter.remaining()
    }

    /// Logs data, shown as base64 after `Program data:`.
    pub fn log_data(&mut self, fields: &[&[u8]]) {
        self.parts.state.events.push_data(fields);
    }

    /// Logs a message, shown after `Program log:`.
    pub fn log_message(&mut self, message: &str) {
        self.parts.state.events.push_log(message);
    }

    /// The Clock sysvar.
    ///
    /// # Errors
    /// [`InstructionError::UnsupportedSysvar`] if the host does not have it.
    pub fn clock(&self) -> Result<Clock, InstructionError> {
        served(self.parts.host.sysvars().clock())
    }

    /// The Rent sysvar.
    ///
    /// # Errors
    /// [`InstructionError::UnsupportedSysvar`] if the host does not have it.
    pub fn rent(&self) -> Result<Rent, InstructionError> {
        served(self.parts.host.sysvars().rent())
    }

    /// The SlotHashes sysvar.
    ///
    /// # Errors
    /// [`InstructionError::UnsupportedSysvar`] if the host does not have it.
    pub fn slot_hashes(&self) -> Result<&SlotHashes, InstructionError> {
        served(self.parts.host.sysvars().slot_hashes())
    }

    /// The RecentBlockhashes sysvar.
    ///
    /// # Errors
    /// [`InstructionError::UnsupportedSysvar`] if the host does not have it.
    pub fn recent_blockhashes(&self) -> Result<&RecentBlockhashes, InstructionError> {
        served(self.parts.host.sysvars().recent_blockhashes())
    }

    /// The newest blockhash, which durable nonces advance to.
    #[must_use]
    pub fn blockhash(&self) -> Hash {
        self.parts.host.blockhash()
    }

    /// Base fee of one signature, in lamports.
    #[must_use]
    pub fn lamports_per_signature(&self) -> u64 {
        self.parts.host.lamports_per_signature()
    }

    /// Depth of this instruction: 1 for an instruction of the transaction.
    #[must_use]
    pub fn depth(&self) -> u8 {
        self.parts.host.depth()
    }

    /// Whether account `position` may change.
    ///
    /// # Errors
    /// [`InstructionError::MissingAccount`].
    pub fn is_writable(&self, position: usize) -> Result<bool, InstructionError> {
        Ok(self.meta(position)?.is_writable)
    }

    /// Fails if what is held of an account excludes what a call of `instruction` may do with it. O(accounts) where nothing
    /// is held.
    fn require_borrowable(&self, instruction: &Instruction) -> Result<(), InstructionError> {
        let accounts = self.parts.accounts.iter();
        let cells = accounts.map(|account| &self.parts.state.cells[account.cell()]);
        let allows = |cell: &AccountCell| {
            let mut metas = instruction.accounts.iter();
            metas.all(|meta| match meta.is_writable {
                _ if meta.pubkey != *cell.key() => true,
                true => cell.borrows().allows_changing(),
                false => cell.borrows().allows_reading(),
            })
        };
        let mut held = cells.filter(|cell| cell.borrows() != Borrows::NONE);
        match held.all(allows) {
            true => Ok(()),
            false => Err(InstructionError::AccountBorrowFailed),
        }
    }

    fn require_data_change(&self, position: usize) -> Result<(), InstructionError> {
        if !self.meta(position)?.is_writable {
            return Err(InstructionError::ReadonlyDataModified);
        }
        if !self.owns(position)? {
            return Err(InstructionError::ExternalAccountDataModified);
        }
        Ok(())
    }

    /// Whether the running program owns account `position`.
    fn owns(&self, position: usize) -> Result<bool, InstructionError> {
        Ok(self.cell(position)?.account().owner == self.parts.program_id)
    }

    fn meta(&self, position: usize) -> Result<&InstructionAccount, InstructionError> {
        self.parts
            .accounts
            .get(position)
            .ok_or(InstructionError::MissingAccount)
    }

    fn cell(&self, position: usize) -> Result<&AccountCell, InstructionError> {
        Ok(&self.parts.state.cells[self.meta(position)?.cell()])
    }

    /// Account `position`, to change, and what counts the work of it.
    fn cell_mut(&mut self, position: usize) -> Result<(&mut AccountCell, &mut Work), InstructionError> {
        let index = self.meta(position)?.cell();
        let state = &mut *self.parts.state;
        Ok((&mut state.cells[index], &mut state.work))
    }
}

fn served<T>(sysvar: Option<T>) -> Result<T, InstructionError> {
    sysvar.ok_or(InstructionError::UnsupportedSysvar)
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("program_id", &self.parts.program_id)
            .field("accounts", &self.parts.accounts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
