//! Memory that the calls of a transaction use, kept for the next transaction.

use isobath_program_abi::Pubkey;
use isobath_sdk::program::{GrowthPool, InstructionAccount, UndoArena};

/// Buffers of the calls of one transaction. Between transactions they hold memory and nothing else.
#[derive(Debug, Default)]
pub(crate) struct CallBuffers {
    /// The programs whose calls are running, outermost first.
    pub(crate) stack: Vec<Pubkey>,
    /// The accounts of the running instruction of the transaction.
    pub(crate) accounts: Vec<InstructionAccount>,
    /// Indexes of the accounts by ascending key; empty until the first call between programs.
    pub(crate) by_key: Vec<u16>,
    /// Room for accounts that grow.
    pub(crate) room: GrowthPool,
    /// What the transaction overwrote in place.
    pub(crate) undo: UndoArena,
}

impl CallBuffers {
    /// Empties the lists.
    pub(crate) fn clear(&mut self) {
        self.stack.clear();
        self.accounts.clear();
        self.by_key.clear();
    }
}
