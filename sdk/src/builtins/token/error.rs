//! Errors of the token program.

use crate::instruction_error::InstructionError;

/// Why an instruction of the token program failed; its number is that of the custom error. Texts are those of the
/// program's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum TokenError {
    /// An account holds fewer lamports than the rent minimum.
    #[error("Lamport balance below rent-exempt threshold")]
    NotRentExempt,
    /// There are fewer tokens than the instruction takes.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// The account is not a mint.
    #[error("Invalid Mint")]
    InvalidMint,
    /// The mint is not that of the account.
    #[error("Account not associated with this Mint")]
    MintMismatch,
    /// The authority is another one.
    #[error("owner does not match")]
    OwnerMismatch,
    /// The mint has no authority any more.
    #[error("the total supply of this token is fixed")]
    FixedSupply,
    /// The account is initialized already.
    #[error("account or token already in use")]
    AlreadyInUse,
    /// A multisig has too few or too many signers.
    #[error("Invalid number of provided signers")]
    InvalidNumberOfProvidedSigners,
    /// A multisig requires too few or too many signers.
    #[error("Invalid number of required signers")]
    InvalidNumberOfRequiredSigners,
    /// Reserved; never reported.
    #[error("State is uninitialized")]
    UninitializedState,
    /// The account is native.
    #[error("Instruction does not support native tokens")]
    NativeNotSupported,
    /// The account to close still has tokens.
    #[error("Non-native account can only be closed if its balance is zero")]
    NonNativeHasBalance,
    /// The instruction data does not decode.
    #[error("Invalid instruction")]
    InvalidInstruction,
    /// The account is frozen already, or not frozen.
    #[error("Invalid account state for operation")]
    InvalidState,
    /// A sum is too large.
    #[error("Operation overflowed")]
    Overflow,
    /// The account has no authority of this type.
    #[error("Account does not support specified authority type")]
    AuthorityTypeNotSupported,
    /// The mint has no freeze authority.
    #[error("This token mint cannot freeze accounts")]
    MintCannotFreeze,
    /// The account is frozen.
    #[error("Account is frozen")]
    AccountFrozen,
    /// The mint has other decimals.
    #[error("decimals different from the Mint decimals")]
    MintDecimalsMismatch,
    /// The account is not native.
    #[error("Instruction does not support non-native tokens")]
    NonNativeNotSupported,
}

/// All of them, in the order of their codes.
const ALL: [TokenError; 20] = [
    TokenError::NotRentExempt,
    TokenError::InsufficientFunds,
    TokenError::InvalidMint,
    TokenError::MintMismatch,
    TokenError::OwnerMismatch,
    TokenError::FixedSupply,
    TokenError::AlreadyInUse,
    TokenError::InvalidNumberOfProvidedSigners,
    TokenError::InvalidNumberOfRequiredSigners,
    TokenError::UninitializedState,
    TokenError::NativeNotSupported,
    TokenError::NonNativeHasBalance,
    TokenError::InvalidInstruction,
    TokenError::InvalidState,
    TokenError::Overflow,
    TokenError::AuthorityTypeNotSupported,
    TokenError::MintCannotFreeze,
    TokenError::AccountFrozen,
    TokenError::MintDecimalsMismatch,
    TokenError::NonNativeNotSupported,
];

impl TokenError {
    /// The number of the custom error.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The error of a number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        let index = usize::try_from(code).ok()?;
        ALL.get(index).copied()
    }
}

impl From<TokenError> for InstructionError {
    fn from(error: TokenError) -> Self {
        Self::Custom(error.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_names_its_error() {
        for (code, error) in (0..).zip(ALL) {
            assert_eq!(error.code(), code);
            assert_eq!(TokenError::from_code(code), Some(error));
            assert_eq!(InstructionError::from(error), InstructionError::Custom(code));
        }
        assert_eq!(TokenError::from_code(20), None);
    }
}
