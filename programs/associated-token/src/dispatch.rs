//! Decodes an instruction and runs it.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::associated_token::AssociatedTokenInstruction;
use isobath_sdk::program::Frame;

use crate::create::{self, Existing};
use crate::recover;
use crate::units::COMPUTE_UNITS;

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData`, `NotEnoughAccountKeys`, `InvalidSeeds`, and those of the
/// instruction and of the programs that it calls.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.report_consumption(|frame| {
        frame.consume(COMPUTE_UNITS)?;
        let instruction = AssociatedTokenInstruction::decode(frame.instruction_data())?;
        frame.log_message(instruction.name());
        match instruction {
            AssociatedTokenInstruction::Create => create::create(frame, Existing::Refused),
            AssociatedTokenInstruction::CreateIdempotent => create::create(frame, Existing::Accepted),
            AssociatedTokenInstruction::RecoverNested => recover::recover_nested(frame),
        }
    })
}
