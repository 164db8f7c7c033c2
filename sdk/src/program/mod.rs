//! The interface of native programs: what a program sees when the runtime calls it.
//!
//! A program is one function, `call(frame)`. The [`Frame`] holds the instruction's accounts and data and is the only means
//! to read and change them. It checks each operation against the account rules at once (docs/contracts.md, contract 7), so
//! a program can never make a change that it is not allowed to make. What a program reads of an account is a view; it never
//! holds an account.
//!
//! ```text
//! runtime -- ProgramTable::get(program_id) --> ProgramEntry(&mut Frame) --> Ok | InstructionError
//!    ^                                              |-- TxState  cells, compute meter, events, return data
//!    `---- invoke, sysvars (Host) ------------------'
//! ```
//!
//! A cell has the C layout of `isobath_program_abi::cell`, which loadable programs will read behind this same call.

mod cell;
mod direct;
mod frame;
mod growth_pool;
mod host;
mod instruction_account;
mod loader;
mod state;
mod table;
mod undo;
mod view;
pub mod work;

pub use cell::AccountCell;
pub use direct::{DirectCall, DirectForm};
pub use frame::{Frame, FrameParts};
pub use growth_pool::GrowthPool;
pub use host::{Host, InvokeRequest, ReadSysvars};
pub use instruction_account::{FirstPositions, InstructionAccount, resolve_duplicates};
pub use isobath_program_abi::ComputeMeter;
pub use loader::{Deployment, LoadedProgram, Loader, ReadAccount};
pub use state::{DataGrowth, TxState};
pub use table::{ProgramEntry, ProgramTable};
pub use undo::UndoArena;
pub use view::AccountView;
pub use work::Work;
