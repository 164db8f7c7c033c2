//! The services that the runtime provides to a running program.
//!
//! The runtime implements them, and so do test hosts that run a program without a runtime.

use super::{InstructionAccount, TxState};
use crate::hash::Hash;
use crate::instruction::Instruction;
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;
use crate::rules::Rules;
use crate::sysvar::clock::Clock;
use crate::sysvar::recent_blockhashes::RecentBlockhashes;
use crate::sysvar::rent::Rent;
use crate::sysvar::slot_hashes::SlotHashes;

/// A call that a running program asks for.
#[derive(Debug, Clone, Copy)]
pub struct InvokeRequest<'a> {
    /// What to call, with which accounts and data.
    pub instruction: &'a Instruction,
    /// The running program.
    pub caller: &'a Pubkey,
    /// The seeds of addresses derived from the running program that sign the call.
    pub signer_seeds: &'a [&'a [&'a [u8]]],
    /// The accounts of the running instruction, whose privileges the call cannot exceed.
    pub caller_accounts: &'a [InstructionAccount],
}

impl InvokeRequest<'_> {
    /// The addresses derived from the running program that sign the call; at most `count_max`. Each takes one to two
    /// hashes, so a host derives them only for a call that has paid for itself.
    ///
    /// # Errors
    /// `MaxSeedLengthExceeded` or `InvalidSeeds`.
    pub fn derive_signers(&self, count_max: usize) -> Result<Vec<Pubkey>, InstructionError> {
        if self.signer_seeds.len() > count_max {
            return Err(InstructionError::MaxSeedLengthExceeded);
        }
        let derive = |seeds: &&[&[u8]]| Ok(Pubkey::create_program_address(seeds, self.caller)?);
        self.signer_seeds.iter().map(derive).collect()
    }
}

/// The sysvars that programs use, as values; `None` for one that the host does not have. None of them copies account
/// data, and what has to be parsed or built is so at most once in a block.
pub trait ReadSysvars {
    /// Slot, epoch and time.
    fn clock(&self) -> Option<Clock>;

    /// The rate of the minimum balance.
    fn rent(&self) -> Option<Rent>;

    /// Hashes of the recent slots.
    fn slot_hashes(&self) -> Option<&SlotHashes>;

    /// The recent blockhashes.
    fn recent_blockhashes(&self) -> Option<&RecentBlockhashes>;
}

/// The services behind a [`super::Frame`].
pub trait Host {
    /// Runs an inner instruction of the running one.
    ///
    /// # Errors
    /// The error of the call, or why it is not allowed.
    fn invoke(&mut self, state: &mut TxState, request: InvokeRequest<'_>) -> Result<(), InstructionError>;

    /// The rules of the chain.
    fn rules(&self) -> &Rules;

    /// The sysvars of the block.
    fn sysvars(&self) -> &dyn ReadSysvars;

    /// The newest blockhash: that of the parent, which durable nonces advance to.
    fn blockhash(&self) -> Hash;

    /// Base fee of one signature, in lamports.
    fn lamports_per_signature(&self) -> u64;

    /// Depth of the running instruction: 1 for an instruction of the transaction.
    fn depth(&self) -> u8;
}
