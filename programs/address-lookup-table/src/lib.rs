//! The address lookup table program: lists of keys that messages can refer to by one byte each.
//!
//! Semantics and log lines are those of Solana's built-in program (`solana-address-lookup-table-program` 2.x, all
//! features active); errors are those of the bytecode program that has replaced it on Solana, as recorded in the
//! conformance fixtures (`docs/conformance.md`). Invariants: keys are only ever appended, and a closed table is never
//! created again at its address, because the address is derived from a slot that is recent at creation and no longer
//! recent at closing. So a key in a table, once usable, never changes for a transaction that looks it up.
//!
//! ```text
//! absent --create--> empty --extend--> with keys --freeze--> frozen permanently
//!                      `------deactivate-----'--> deactivating --513 blocks--> deactivated --close--> absent
//!
//! dispatch   call: charge compute units, decode, run the operation
//! create     creating a table, and its funding
//! extend     appending keys
//! retire     freezing, deactivating and closing
//! table      the table in account 0, its authority, and the sysvars that the rules need
//! ```
//!
//! Deliberately absent: any knowledge of who uses a table. The runtime resolves the look-ups of a transaction before it
//! runs (contract 9).

mod create;
mod dispatch;
mod extend;
mod retire;
mod table;

pub use dispatch::{COMPUTE_UNITS, call};
