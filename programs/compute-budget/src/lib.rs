//! The ComputeBudget program.
//!
//! The runtime reads its instructions when a transaction is admitted, and the limits are set before anything runs; an
//! executed instruction only costs its compute units. So the program accepts every instruction: one that does not parse
//! is rejected at admission and never gets here.
//!
//! Cost: O(1).

use isobath_program_abi::InstructionError;
use isobath_sdk::program::{DirectCall, Frame};

/// Compute units of one ComputeBudget instruction.
pub const COMPUTE_UNITS: u64 = 150;

/// The calls whose effect is known from their data: all of them.
#[must_use]
pub const fn direct(_data: &[u8]) -> Option<DirectCall> {
    Some(DirectCall {
        compute_units: COMPUTE_UNITS,
        lamports: 0,
    })
}

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded` if fewer than [`COMPUTE_UNITS`] are left.
pub const fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)
}
