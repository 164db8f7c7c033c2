//! The call of the program: one instruction, or a batch of them.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::token::{BATCH_TAG, TokenError};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::fault::Fault;
use crate::{batch, instruction};

/// Runs one call.
///
/// # Errors
/// `ComputationalBudgetExceeded`; those of the instruction, among them `Custom(TokenError)`; the first account rule that it
/// breaks.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.report_consumption(|frame| run_call(frame).map_err(|fault| fault.report(frame)))
}

fn run_call(frame: &mut Frame<'_>) -> Result<(), Fault> {
    let (accounts, data) = (Accounts::all(frame), frame.instruction_data());
    match data.split_first() {
        // The published program logs no error here.
        None => Err(Fault::Rule(TokenError::InvalidInstruction.into())),
        Some((&BATCH_TAG, parts)) => batch::run(frame, accounts, parts),
        Some((_, _)) => instruction::run(frame, accounts, data),
    }
}
