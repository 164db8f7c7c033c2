//! Who must sign for an account: one key, or as many signers of a multisig as it requires.

use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::builtins::token::layout::{MULTISIG_LEN, Multisig, TokenAccount};
use isobath_sdk::builtins::token::{SIGNERS_MAX, TokenError};
use isobath_sdk::ids;
use isobath_sdk::program::{AccountView, Frame};

use crate::accounts::Accounts;
use crate::fault::Fault;

/// The account that authorizes an instruction, and those that may sign for it if it is a multisig.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority {
    pub(crate) position: usize,
    pub(crate) signers: Accounts,
}

impl Authority {
    /// Fails unless the account is `expected` and has signed.
    ///
    /// # Errors
    /// `OwnerMismatch`, `MissingRequiredSignature`, and for a multisig `InvalidAccountData` and `UninitializedAccount`.
    pub(crate) fn require(self, frame: &Frame<'_>, expected: &Pubkey) -> Result<(), Fault> {
        let account = frame.account(self.position)?;
        if account.key() != expected {
            return Err(TokenError::OwnerMismatch.into());
        }
        if is_multisig(account) {
            return self.require_signers(frame, account);
        }
        match frame.is_signer(self.position)? {
            true => Ok(()),
            false => Err(Fault::NOT_SIGNED),
        }
    }

    /// Fails unless the delegate or the owner of `account` has signed; what the delegate may still move after `amount`,
    /// if it was the delegate.
    ///
    /// # Errors
    /// `InsufficientFunds` past what the delegate may move, and those of [`Self::require`].
    pub(crate) fn require_delegate_or_owner(
        self,
        frame: &Frame<'_>,
        account: &TokenAccount<'_>,
        amount: u64,
    ) -> Result<Option<u64>, Fault> {
        let key = frame.account(self.position)?.key();
        if account.delegate().as_ref() != Some(key) {
            self.require(frame, &account.owner())?;
            return Ok(None);
        }
        self.require(frame, key)?;
        let left = account.delegated_amount().checked_sub(amount);
        Ok(Some(left.ok_or(TokenError::InsufficientFunds)?))
    }

    fn require_signers(self, frame: &Frame<'_>, account: AccountView<'_>) -> Result<(), Fault> {
        let multisig = Multisig::new(account.data()).ok_or(Fault::INVALID_DATA)?;
        match multisig.is_initialized() {
            Some(true) => {}
            Some(false) => return Err(Fault::UNINITIALIZED),
            None => return Err(Fault::INVALID_DATA),
        }
        // No instruction writes more signers than there is room for; the published program panics on them.
        let keys = multisig.signers();
        let keys = keys.ok_or(Fault::Rule(InstructionError::ProgramFailedToComplete))?;
        match self.count_signers(frame, keys)? < multisig.required() {
            true => Err(Fault::NOT_SIGNED),
            false => Ok(()),
        }
    }

    /// How many of `keys` are among the signers; each counts once, and a signer counts for each key that it equals.
    fn count_signers(self, frame: &Frame<'_>, keys: &[[u8; 32]]) -> Result<u8, Fault> {
        let mut is_matched = [false; SIGNERS_MAX as usize];
        let mut count = 0_u8;
        for position in self.signers.positions() {
            let signer = frame.account(position)?.key();
            for (key, is_matched) in keys.iter().zip(&mut is_matched) {
                if *key == signer.0 && !*is_matched {
                    if !frame.is_signer(position)? {
                        return Err(Fault::NOT_SIGNED);
                    }
                    *is_matched = true;
                    count = count.saturating_add(1);
                }
            }
        }
        Ok(count)
    }
}

/// Multisigs of the newer token program may sign too.
fn is_multisig(account: AccountView<'_>) -> bool {
    let owner = *account.owner();
    account.data().len() == MULTISIG_LEN && (owner == ids::TOKEN_PROGRAM || owner == ids::TOKEN_2022_PROGRAM)
}
