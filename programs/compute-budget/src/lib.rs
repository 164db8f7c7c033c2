//! The ComputeBudget program.
//!
//! Its instructions are read when a transaction is admitted and have set the limits long before anything
//! runs; when one is executed it only costs its compute units. So the program accepts every instruction
//! that reaches it: one that does not parse never leaves admission.
//!
//! Cost: O(1).

use isobath_program_abi::InstructionError;
use isobath_sdk::program::Frame;

/// Compute units of one ComputeBudget instruction.
pub const COMPUTE_UNITS: u64 = 150;

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded` when fewer than [`COMPUTE_UNITS`] are left.
pub const fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)
}
