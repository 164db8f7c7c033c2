//! Programs that are not linked in: where their code is, and what runs it.
//!
//! ```text
//! owner of a program's account --ProgramTable--> Loader --find--> Deployment --load--> LoadedProgram --call(frame)--> code
//! ```
//!
//! Invariant: what a loader returns is a function of the accounts that it reads, so every node runs the same program. Code
//! changes only together with its slot: a program and the slot of its deployment name its code.

use std::fmt;
use std::sync::Arc;

use super::Frame;
use crate::chain::account::{Account, AccountData};
use crate::pubkey::Pubkey;

/// Looks up another account of the same state.
pub type ReadAccount<'a> = &'a dyn Fn(&Pubkey) -> Option<Account>;

/// A deployed program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Slot of the block that deployed the code.
    pub slot: u64,
    /// The account data that contains the code.
    pub data: AccountData,
    /// Where in the data the code begins.
    pub code_offset: usize,
}

/// Runs the programs whose accounts one owner has.
pub trait Loader: fmt::Debug + Send + Sync {
    /// The deployment of the program with this account; `None` if it is not deployed.
    fn find(&self, program: &Account, read: ReadAccount<'_>) -> Option<Deployment>;

    /// The program with this code; `None` if no program has it.
    fn load(&self, code: &[u8]) -> Option<Arc<dyn LoadedProgram>>;
}

/// A program whose code was loaded.
pub trait LoadedProgram: fmt::Debug + Send + Sync {
    /// Runs one instruction and returns the code of its result (`isobath_program_abi::program_code`).
    fn call(&self, frame: &mut Frame<'_>) -> u64;
}
