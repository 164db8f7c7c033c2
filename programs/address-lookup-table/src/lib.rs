//! The address lookup table program: lists of keys that messages can name by a byte.
//!
//! Semantics and log lines are those of Solana's built-in program (`solana-address-lookup-table-program` 2.x,
//! all features active); errors are those of the bytecode that has taken its place on Solana's chain, as
//! recorded in the conformance fixtures (`docs/conformance.md`). Invariants: keys are only ever appended,
//! and a table that is gone is never made again at its address, because the address is derived from a slot
//! that is recent at creation and no longer recent at closing. So a key, once usable, stays what it is for
//! everyone who looks it up.
//!
//! ```text
//! absent --create--> empty --extend--> with keys --freeze--> frozen for ever
//!                      `------deactivate-----'--> deactivating --513 blocks--> deactivated --close--> absent
//! ```
//!
//! Deliberately absent: any knowledge of who uses a table. What a transaction looks up is resolved by the
//! runtime before it runs (contract 9).

mod create;
mod extend;
mod retire;
mod table;

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::lookup_table_instruction::LookupTableInstruction;
use isobath_sdk::program::Frame;

/// Compute units of one instruction, without the System instructions that it calls.
pub const COMPUTE_UNITS: u64 = 750;

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData` for bytes that do not decode, `MissingAccount`,
/// and what the operation reports.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    match LookupTableInstruction::decode(frame.data())? {
        LookupTableInstruction::Create { recent_slot, bump } => create::create(frame, recent_slot, bump),
        LookupTableInstruction::Freeze => retire::freeze(frame),
        LookupTableInstruction::Extend { keys } => extend::extend(frame, &keys),
        LookupTableInstruction::Deactivate => retire::deactivate(frame),
        LookupTableInstruction::Close => retire::close(frame),
    }
}
