//! Checking that an account is at the address derived from a wallet and a mint.

use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::builtins::associated_token::associated_token_address;
use isobath_sdk::program::Frame;

use crate::units::COMPUTE_UNITS_PER_BUMP;

/// Positions of an account and of what its address is derived from.
pub(crate) struct Derivation {
    pub(crate) account: usize,
    pub(crate) wallet: usize,
    pub(crate) mint: usize,
    pub(crate) token_program: usize,
    /// What the log calls the address.
    pub(crate) name: &'static str,
}

/// What an address is derived from, its bump included; they sign for it.
pub(crate) struct Seeds([Pubkey; 3], [u8; 1]);

impl Seeds {
    /// The seeds as a call takes them.
    pub(crate) const fn parts(&self) -> [&[u8]; 4] {
        let [wallet, token_program, mint] = &self.0;
        [&wallet.0, &token_program.0, &mint.0, &self.1]
    }
}

impl Derivation {
    /// Finds the address and charges for it; fails unless the account is there.
    ///
    /// # Errors
    /// `InvalidSeeds`, `ComputationalBudgetExceeded`.
    pub(crate) fn require(&self, frame: &mut Frame<'_>) -> Result<Seeds, InstructionError> {
        let (wallet, mint) = (frame.key(self.wallet)?, frame.key(self.mint)?);
        let token_program = frame.key(self.token_program)?;
        let (address, bump) = associated_token_address(&wallet, &mint, &token_program)
            .ok_or(InstructionError::ProgramFailedToComplete)?;
        let tried = u64::from(u8::MAX.saturating_sub(bump)).saturating_add(1);
        frame.consume(tried.saturating_mul(COMPUTE_UNITS_PER_BUMP))?;
        if frame.key(self.account)? != address {
            let name = self.name;
            frame.log_message(&format!("Error: {name} address does not match seed derivation"));
            return Err(InstructionError::InvalidSeeds);
        }
        Ok(Seeds([wallet, token_program, mint], [bump]))
    }
}

/// Fails unless the instruction has at least `count` accounts.
///
/// # Errors
/// `NotEnoughAccountKeys`.
pub(crate) const fn require_accounts(frame: &Frame<'_>, count: usize) -> Result<(), InstructionError> {
    match frame.account_count() < count {
        true => Err(InstructionError::NotEnoughAccountKeys),
        false => Ok(()),
    }
}
