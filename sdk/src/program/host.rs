//! What the runtime does on behalf of a running program.
//!
//! The runtime implements this; so do the unit tests of a program, which run it without one.

use std::sync::Arc;

use super::TxState;
use crate::chain::account::Account;
use crate::hash::Hash;
use crate::instruction::Instruction;
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// The services behind a [`super::Frame`].
pub trait Host {
    /// Runs `instruction` as an inner instruction of the running one. `signers` are the addresses derived
    /// from the running program that sign it.
    ///
    /// # Errors
    /// The error of the call, or why it may not be made.
    fn invoke(
        &mut self,
        state: &mut TxState,
        instruction: &Instruction,
        signers: &[Pubkey],
    ) -> Result<(), InstructionError>;

    /// The account of a sysvar in this block; none for a key that is none.
    fn sysvar(&self, key: &Pubkey) -> Option<Arc<Account>>;

    /// The newest blockhash: that of the parent, which durable nonces advance to.
    fn blockhash(&self) -> Hash;

    /// Base fee of one signature, in lamports.
    fn lamports_per_signature(&self) -> u64;

    /// Depth of the running instruction: 1 for one that the transaction names.
    fn depth(&self) -> u8;
}
