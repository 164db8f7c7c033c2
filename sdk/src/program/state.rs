//! The state that the instructions of one transaction share while they run.
//!
//! Invariant: it belongs to one transaction; every program call, at whatever depth, works on the same cells, the same
//! meter and the same return data, one call at a time.

use super::{AccountCell, ComputeMeter, GrowthPool, UndoArena, Work};
use crate::chain::event::Events;
use crate::chain::outcome::ReturnData;
use crate::instruction_error::InstructionError;

/// Bytes by which a transaction has grown its accounts so far; shrinking gives bytes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataGrowth {
    bytes: i64,
}

impl DataGrowth {
    /// Records a change of length.
    ///
    /// # Errors
    /// [`InstructionError::MaxAccountsDataAllocationsExceeded`] past `max` bytes of growth; then nothing is recorded.
    pub(super) const fn book(
        &mut self,
        len_before: usize,
        len_after: usize,
        max: u64,
    ) -> Result<(), InstructionError> {
        let limit = max.cast_signed();
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

/// The running state of a transaction.
#[derive(Debug)]
pub struct TxState {
    /// All accounts of the transaction, in the order of its keys.
    pub cells: Vec<AccountCell>,
    /// Compute units left to spend.
    pub meter: ComputeMeter,
    /// Events recorded so far.
    pub events: Events,
    /// Growth recorded so far.
    pub growth: DataGrowth,
    /// Lamports that the running instruction has created so far, less those that it has destroyed. A call begins and
    /// ends only where this is zero, so it is that of the running instruction alone.
    pub lamports_sum: i128,
    /// Return data of the program called last; cleared when a call begins.
    pub return_data: Option<ReturnData>,
    /// The error of the first inner call that failed or was not allowed. No program can clear it.
    pub failed_call: Option<InstructionError>,
    /// What was counted so far.
    pub work: Work,
    /// Room for accounts that grow. An executor that keeps a pool puts it here before the transaction and takes it back.
    pub pool: GrowthPool,
    /// What was overwritten in place. An executor that keeps it puts it here and takes it back, as it does with the pool.
    pub undo: UndoArena,
}

impl TxState {
    /// The state at the start of a transaction with these accounts and this compute limit.
    #[must_use]
    pub fn new(cells: Vec<AccountCell>, compute_units: u64) -> Self {
        Self {
            cells,
            meter: ComputeMeter::new(compute_units),
            events: Events::new(),
            growth: DataGrowth::default(),
            lamports_sum: 0,
            return_data: None,
            failed_call: None,
            work: Work::default(),
            pool: GrowthPool::default(),
            undo: UndoArena::default(),
        }
    }

    /// Moves contents that have room to buffers of exactly their length; when the transaction ends, before its accounts
    /// are kept.
    pub fn return_room(&mut self) {
        for cell in &mut self.cells {
            cell.return_room(&mut self.pool);
        }
    }

    /// Fails unless the running instruction has moved lamports without creating or destroying any.
    ///
    /// # Errors
    /// [`InstructionError::UnbalancedInstruction`].
    pub const fn require_balanced(&self) -> Result<(), InstructionError> {
        match self.lamports_sum {
            0 => Ok(()),
            _ => Err(InstructionError::UnbalancedInstruction),
        }
    }

    /// Adds a change of a balance to the sum.
    ///
    /// # Errors
    /// [`InstructionError::ArithmeticOverflow`].
    pub(super) fn add_to_sum(&mut self, before: u64, after: u64) -> Result<(), InstructionError> {
        let change = i128::from(after).saturating_sub(i128::from(before));
        let sum = self.lamports_sum.checked_add(change);
        self.lamports_sum = sum.ok_or(InstructionError::ArithmeticOverflow)?;
        Ok(())
    }
}
