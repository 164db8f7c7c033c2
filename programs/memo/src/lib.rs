//! The memo program: a text in the log of a transaction, and who signed it.
//!
//! Two versions at their own addresses, with the semantics and log lines of the published programs (spl-memo 1.0.0 and
//! p-memo 4.0.0), as recorded in the conformance fixtures (`docs/conformance.md`). The first only accepts or refuses the
//! text. Invariant: no account changes.
//!
//! Cost: linear in the text and the accounts, and charged so, at about what the bytecode takes in litesvm 0.16.0.

use std::str;

use isobath_program_abi::InstructionError;
use isobath_sdk::program::Frame;

/// Compute units of an instruction, without its text and accounts.
pub const COMPUTE_UNITS: u64 = 290;
/// Compute units of each byte of the text.
pub const COMPUTE_UNITS_PER_BYTE: u64 = 1;
/// Compute units of each account.
pub const COMPUTE_UNITS_PER_SIGNER: u64 = 120;

/// Runs one instruction of the first version: it refuses what is not UTF-8.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData`.
pub fn call_first(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.report_consumption(|frame| {
        charge(frame, 0)?;
        match str::from_utf8(frame.instruction_data()) {
            Ok(_) => Ok(()),
            Err(_) => Err(InstructionError::InvalidInstructionData),
        }
    })
}

/// Runs one instruction: it logs the keys that signed and the text. All accounts must have signed.
///
/// # Errors
/// `ComputationalBudgetExceeded`; `MissingRequiredSignature`; `ProgramFailedToComplete` for a text that is not UTF-8.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.report_consumption(|frame| {
        let account_count = u64::try_from(frame.account_count()).unwrap_or(u64::MAX);
        charge(frame, account_count)?;
        log_signers(frame)?;
        let text = frame.instruction_data();
        frame.log_message(&format!("Memo (len {})", text.len()));
        let text = str::from_utf8(text).map_err(|_| InstructionError::ProgramFailedToComplete)?;
        frame.log_message(text);
        Ok(())
    })
}

fn charge(frame: &mut Frame<'_>, account_count: u64) -> Result<(), InstructionError> {
    let text_len = u64::try_from(frame.instruction_data().len()).unwrap_or(u64::MAX);
    let units = text_len
        .saturating_mul(COMPUTE_UNITS_PER_BYTE)
        .saturating_add(account_count.saturating_mul(COMPUTE_UNITS_PER_SIGNER))
        .saturating_add(COMPUTE_UNITS);
    frame.consume(units)
}

/// Logs each key that signed once, and fails after all of them if one has not signed.
fn log_signers(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    if frame.account_count() == 0 {
        return Ok(());
    }
    frame.log_message("Signed by:");
    let mut all_signed = true;
    for position in 0..frame.account_count() {
        if frame.is_repeated(position)? {
            continue;
        }
        match frame.is_signer(position)? {
            true => {
                let key = frame.key(position)?;
                frame.log_message(&key.to_string());
            }
            false => all_signed = false,
        }
    }
    match all_signed {
        true => Ok(()),
        false => Err(InstructionError::MissingRequiredSignature),
    }
}
