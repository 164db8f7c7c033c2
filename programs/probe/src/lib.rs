//! The probe: a program for tests that does whatever its instruction data says (contract 15).
//!
//! It has no rules of its own. It tries what it is told, the forbidden things above all, and reports what the
//! frame answers: it is up to the runtime to stop it. Whatever remains after a transaction of probes is
//! therefore what the runtime allows, which is what tests and fuzzers look at. It belongs into the genesis of
//! a test and into no other.
//!
//! ```text
//! Script (a builder for tests) --encode--> instruction data --decode--> steps --run--> frame
//! ```
//!
//! Invariant: every byte string either decodes to a script or is `InvalidInstructionData`; decoding nests
//! nowhere, and every step costs compute units, so a random script ends soon. A script inside a script is the
//! opaque data of a call. Deliberately absent: native recursion and endless loops, which no runtime can stop
//! in a linked-in program.

mod run;
mod script;

use isobath_program_abi::InstructionError;
use isobath_sdk::program::Frame;

pub use script::{Bytes, Call, Operation, Passed, Place, Script, Step};

/// Compute units of one call, before its steps.
pub const COMPUTE_UNITS: u64 = 100;
/// Compute units of one step, before the bytes that it handles.
pub const STEP_COMPUTE_UNITS: u64 = 10;
/// Bytes that a step handles for one compute unit.
pub const BYTES_PER_COMPUTE_UNIT: u64 = 250;
/// The custom error of an expectation that is not met.
pub const UNEXPECTED: u32 = 0x00C0_FFEE;

/// Runs one instruction.
///
/// # Errors
/// `InvalidInstructionData` for data that is no script, `Custom(`[`UNEXPECTED`]`)`, and whatever a step that is
/// not told to swallow it is answered with.
///
/// # Panics
/// When the script says so.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    let script = Script::decode(frame.data()).ok_or(InstructionError::InvalidInstructionData)?;
    run::run(frame, script.steps())
}
