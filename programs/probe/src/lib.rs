//! The probe: a program for tests that does what its instruction data says (contract 15).
//!
//! It has no rules of its own. It tries every operation in its script, forbidden ones above all, and returns the error
//! of the frame; only the runtime can stop it. Whatever remains after a transaction of probes is therefore what the
//! runtime allows, which is what tests and fuzzers examine. It belongs in the genesis of a test and in no other.
//!
//! ```text
//! Script (a builder for tests) --encode--> instruction data --decode--> steps --run--> frame
//!
//! script   the operations of a probe, and their encoding
//! run      call: decodes the script and runs it
//! ```
//!
//! Invariant: every byte string either decodes to a script or is `InvalidInstructionData`; decoding never recurses, and
//! every step costs compute units, so a random script ends soon. A script within a script is the opaque data of a call.
//! Deliberately absent: native recursion and endless loops, which no runtime can stop in a linked-in program.

mod run;
mod script;

pub use run::{BYTES_PER_COMPUTE_UNIT, COMPUTE_UNITS, STEP_COMPUTE_UNITS, UNEXPECTED, call};
pub use script::{Bytes, Call, Operation, Passed, Place, Script, Step};
