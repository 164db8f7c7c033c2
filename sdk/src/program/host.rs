//! The services that the runtime provides to a running program.
//!
//! The runtime implements them, and so do test hosts that run a program without a runtime.

use std::sync::Arc;

use super::TxState;
use crate::chain::account::Account;
use crate::hash::Hash;
use crate::instruction::Instruction;
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;
use crate::rules::Rules;

/// The services behind a [`super::Frame`].
pub trait Host {
    /// Runs `instruction` as an inner instruction of the running one. `signers` are the addresses derived
    /// from the running program that sign it.
    ///
    /// # Errors
    /// The error of the call, or why it is not allowed.
    fn invoke(
        &mut self,
        state: &mut TxState,
        instruction: &Instruction,
        signers: &[Pubkey],
    ) -> Result<(), InstructionError>;

    /// The rules of the chain.
    fn rules(&self) -> &Rules;

    /// The account of a sysvar in this block; `None` if `key` is not a sysvar.
    fn sysvar(&self, key: &Pubkey) -> Option<Arc<Account>>;

    /// The newest blockhash: that of the parent, which durable nonces advance to.
    fn blockhash(&self) -> Hash;

    /// Base fee of one signature, in lamports.
    fn lamports_per_signature(&self) -> u64;

    /// Depth of the running instruction: 1 for an instruction of the transaction.
    fn depth(&self) -> u8;
}
