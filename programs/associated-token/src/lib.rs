//! The associated token account program: creates the one token account of a wallet and a mint, at an address derived
//! from both.
//!
//! Semantics, order of checks, errors, log lines and calls are those of the published program (1.1), as recorded in the
//! conformance fixtures (`docs/conformance.md`). Invariant: it changes accounts only by calls of the System program and of
//! the token program, so it has no rule of its own to break.
//!
//! ```text
//! dispatch   call: charge compute units, decode, run the instruction
//! units      what the instructions cost
//! address    checking a derived address, and what finding it costs
//! create     creating an account
//! recover    emptying an account whose wallet is itself an associated account
//! strict     reading accounts as this program does
//! ```

mod address;
mod create;
mod dispatch;
mod recover;
mod strict;
mod units;

pub use dispatch::call;
pub use units::{COMPUTE_UNITS, COMPUTE_UNITS_PER_BUMP, COMPUTE_UNITS_TO_CREATE, COMPUTE_UNITS_TO_RECOVER};
