//! The program ABI: what a native program sees when the runtime calls it.
//!
//! A program is one function, `call(frame)`. The [`Frame`] names the instruction's accounts and data and
//! gives the only ways to read and change them; whatever a program does through it is checked at once
//! against the account rules, and the runtime checks the same rules again when the instruction ends
//! (docs/contracts.md, contract 7), so that a program can never leave behind a change it was not allowed.
//!
//! ```text
//! runtime -- ProgramTable::get(program_id) --> ProgramEntry(&mut Frame) --> Ok | InstructionError
//!    ^                                              |-- TxState  cells, compute meter, events, return data
//!    `---- invoke, sysvars (Host) ------------------'
//! ```
//!
//! Deliberately absent: the C layout of the cell, which comes with loadable programs behind this same call.

mod cell;
mod frame;
mod host;
mod state;
mod table;

pub use cell::AccountCell;
pub use frame::{Frame, FrameParts, InstructionAccount, RETURN_DATA_LEN_MAX, SIGNERS_MAX};
pub use host::Host;
pub use isobath_program_abi::ComputeMeter;
pub use state::{DataGrowth, TxState};
pub use table::{ProgramEntry, ProgramTable};

/// The most bytes one account may hold: 10 MiB.
pub const ACCOUNT_DATA_LEN_MAX: usize = 10 * 1024 * 1024;

/// The most bytes by which one transaction may grow its accounts, all together: 20 MiB.
pub const DATA_GROWTH_PER_TRANSACTION_MAX: u64 = 20 * 1024 * 1024;
