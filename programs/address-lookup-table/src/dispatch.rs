//! Decodes an instruction and runs it.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::lookup_table_instruction::LookupTableInstruction;
use isobath_sdk::program::Frame;

use crate::{create, extend, retire};

/// Compute units of one instruction, without the System instructions that it calls.
pub const COMPUTE_UNITS: u64 = 750;

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData` for bytes that do not decode, `MissingAccount`,
/// and the errors of the operation.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    match LookupTableInstruction::decode(frame.instruction_data())? {
        LookupTableInstruction::Create { recent_slot, bump } => create::create(frame, recent_slot, bump),
        LookupTableInstruction::Freeze => retire::freeze(frame),
        LookupTableInstruction::Extend { keys } => extend::extend(frame, &keys),
        LookupTableInstruction::Deactivate => retire::deactivate(frame),
        LookupTableInstruction::Close => retire::close(frame),
    }
}
