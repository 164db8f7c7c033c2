//! Errors of single instructions, with Solana's names and numbers.
//!
//! The enum is a protocol result. Clients read and blocks store its codes, its JSON shape (serde's externally tagged
//! form), its bincode and borsh bytes and its texts, so none of them ever changes; `sdk/tests/errors.rs` pins them.
//!
//! Invariant: variants are in the order of their codes, so the borsh tag is the code. Bincode differs from borsh only
//! in the width of the tag (u32 instead of u8).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Code of [`InstructionError::Custom`].
const CUSTOM: u32 = 25;

/// Why a program, or the runtime on its behalf, failed an instruction.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    thiserror::Error,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub enum InstructionError {
    /// Generic instruction error.
    #[error("generic instruction error")]
    GenericError,
    /// Invalid program argument.
    #[error("invalid program argument")]
    InvalidArgument,
    /// Invalid instruction data.
    #[error("invalid instruction data")]
    InvalidInstructionData,
    /// Invalid account data for instruction.
    #[error("invalid account data for instruction")]
    InvalidAccountData,
    /// Account data too small for instruction.
    #[error("account data too small for instruction")]
    AccountDataTooSmall,
    /// Insufficient funds for instruction.
    #[error("insufficient funds for instruction")]
    InsufficientFunds,
    /// Incorrect program id for instruction.
    #[error("incorrect program id for instruction")]
    IncorrectProgramId,
    /// Missing required signature for instruction.
    #[error("missing required signature for instruction")]
    MissingRequiredSignature,
    /// Instruction requires an uninitialized account.
    #[error("instruction requires an uninitialized account")]
    AccountAlreadyInitialized,
    /// Instruction requires an initialized account.
    #[error("instruction requires an initialized account")]
    UninitializedAccount,
    /// Sum of account balances before and after instruction do not match.
    #[error("sum of account balances before and after instruction do not match")]
    UnbalancedInstruction,
    /// Instruction illegally modified the program id of an account.
    #[error("instruction illegally modified the program id of an account")]
    ModifiedProgramId,
    /// Instruction spent from the balance of an account it does not own.
    #[error("instruction spent from the balance of an account it does not own")]
    ExternalAccountLamportSpend,
    /// Instruction modified data of an account it does not own.
    #[error("instruction modified data of an account it does not own")]
    ExternalAccountDataModified,
    /// Instruction changed the balance of a read-only account.
    #[error("instruction changed the balance of a read-only account")]
    ReadonlyLamportChange,
    /// Instruction modified data of a read-only account.
    #[error("instruction modified data of a read-only account")]
    ReadonlyDataModified,
    /// Instruction contains duplicate accounts.
    #[error("instruction contains duplicate accounts")]
    DuplicateAccountIndex,
    /// Instruction changed executable bit of an account.
    #[error("instruction changed executable bit of an account")]
    ExecutableModified,
    /// Instruction modified rent epoch of an account.
    #[error("instruction modified rent epoch of an account")]
    RentEpochModified,
    /// Insufficient account keys for instruction.
    #[error("insufficient account keys for instruction")]
    NotEnoughAccountKeys,
    /// Program other than the account's owner changed the size of the account data.
    #[error("program other than the account's owner changed the size of the account data")]
    AccountDataSizeChanged,
    /// Instruction expected an executable account.
    #[error("instruction expected an executable account")]
    AccountNotExecutable,
    /// Instruction tries to borrow reference for an account which is already borrowed.
    #[error("instruction tries to borrow reference for an account which is already borrowed")]
    AccountBorrowFailed,
    /// Instruction left account with an outstanding borrowed reference.
    #[error("instruction left account with an outstanding borrowed reference")]
    AccountBorrowOutstanding,
    /// Instruction modifications of multiply-passed account differ.
    #[error("instruction modifications of multiply-passed account differ")]
    DuplicateAccountOutOfSync,
    /// An error code of the program's own.
    #[error("custom program error: {0:#x}")]
    Custom(u32),
    /// Program returned invalid error code.
    #[error("program returned invalid error code")]
    InvalidError,
    /// Instruction changed executable accounts data.
    #[error("instruction changed executable accounts data")]
    ExecutableDataModified,
    /// Instruction changed the balance of an executable account.
    #[error("instruction changed the balance of an executable account")]
    ExecutableLamportChange,
    /// Executable accounts must be rent exempt.
    #[error("executable accounts must be rent exempt")]
    ExecutableAccountNotRentExempt,
    /// Unsupported program id.
    #[error("Unsupported program id")]
    UnsupportedProgramId,
    /// Cross-program invocation call depth too deep.
    #[error("Cross-program invocation call depth too deep")]
    CallDepth,
    /// An account required by the instruction is missing.
    #[error("An account required by the instruction is missing")]
    MissingAccount,
    /// Cross-program invocation reentrancy not allowed for this instruction.
    #[error("Cross-program invocation reentrancy not allowed for this instruction")]
    ReentrancyNotAllowed,
    /// Length of the seed is too long for address generation.
    #[error("Length of the seed is too long for address generation")]
    MaxSeedLengthExceeded,
    /// Provided seeds do not result in a valid address.
    #[error("Provided seeds do not result in a valid address")]
    InvalidSeeds,
    /// Failed to reallocate account data.
    #[error("Failed to reallocate account data")]
    InvalidRealloc,
    /// Computational budget exceeded.
    #[error("Computational budget exceeded")]
    ComputationalBudgetExceeded,
    /// Cross-program invocation with unauthorized signer or writable account.
    #[error("Cross-program invocation with unauthorized signer or writable account")]
    PrivilegeEscalation,
    /// Failed to create program execution environment.
    #[error("Failed to create program execution environment")]
    ProgramEnvironmentSetupFailure,
    /// Program failed to complete.
    #[error("Program failed to complete")]
    ProgramFailedToComplete,
    /// Program failed to compile.
    #[error("Program failed to compile")]
    ProgramFailedToCompile,
    /// Account is immutable.
    #[error("Account is immutable")]
    Immutable,
    /// Incorrect authority provided.
    #[error("Incorrect authority provided")]
    IncorrectAuthority,
    /// Failed to serialize or deserialize account data.
    #[error("Failed to serialize or deserialize account data")]
    BorshIoError,
    /// An account does not have enough lamports to be rent-exempt.
    #[error("An account does not have enough lamports to be rent-exempt")]
    AccountNotRentExempt,
    /// Invalid account owner.
    #[error("Invalid account owner")]
    InvalidAccountOwner,
    /// Program arithmetic overflowed.
    #[error("Program arithmetic overflowed")]
    ArithmeticOverflow,
    /// Unsupported sysvar.
    #[error("Unsupported sysvar")]
    UnsupportedSysvar,
    /// Provided owner is not allowed.
    #[error("Provided owner is not allowed")]
    IllegalOwner,
    /// Accounts data allocations exceeded the maximum allowed per transaction.
    #[error("Accounts data allocations exceeded the maximum allowed per transaction")]
    MaxAccountsDataAllocationsExceeded,
    /// Max accounts exceeded.
    #[error("Max accounts exceeded")]
    MaxAccountsExceeded,
    /// Max instruction trace length exceeded.
    #[error("Max instruction trace length exceeded")]
    MaxInstructionTraceLengthExceeded,
    /// Builtin programs must consume compute units.
    #[error("Builtin programs must consume compute units")]
    BuiltinProgramsMustConsumeComputeUnits,
    /// Block production bailed out.
    #[error("Block production bailed out")]
    BailOut,
}

impl InstructionError {
    /// The stable number of the variant.
    #[must_use]
    pub fn code(&self) -> u32 {
        borsh_tag(self)
    }

    /// The bincode form: u32 tag, then the code of a custom error.
    #[must_use]
    pub fn to_bincode(&self) -> Vec<u8> {
        let mut bytes = self.code().to_le_bytes().to_vec();
        if let Self::Custom(code) = self {
            bytes.extend(code.to_le_bytes());
        }
        bytes
    }

    /// Reads the bincode form; the bytes must hold nothing else.
    ///
    /// # Errors
    /// Every [`BincodeError`].
    pub fn from_bincode(bytes: &[u8]) -> Result<Self, BincodeError> {
        let (tag, rest) = bytes.split_first_chunk::<4>().ok_or(BincodeError::Truncated)?;
        match u32::from_le_bytes(*tag) {
            CUSTOM => match rest.split_first_chunk::<4>() {
                None => Err(BincodeError::Truncated),
                Some((code, [])) => Ok(Self::Custom(u32::from_le_bytes(*code))),
                Some(_) => Err(BincodeError::TrailingBytes),
            },
            code => unit_variant(code, rest),
        }
    }
}

/// Why bytes are not the bincode form of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BincodeError {
    /// The bytes end in the middle of a field.
    #[error("the bytes end in the middle of a field")]
    Truncated,
    /// Bytes follow the last field.
    #[error("trailing bytes after the last field")]
    TrailingBytes,
    /// The tag is outside the known range.
    #[error("unknown tag {0}")]
    UnknownTag(u32),
}

/// The borsh tag of an error value, which is its code.
///
/// # Panics
/// If the value takes more than eight bytes in borsh, which no error of the protocol does.
pub fn borsh_tag<E: BorshSerialize>(error: &E) -> u32 {
    let mut bytes = [0u8; 8];
    borsh::to_writer(&mut &mut bytes[..], error)
        .expect("no error value takes more than eight bytes in borsh");
    u32::from(bytes[0])
}

/// The variant without fields that has this code. `rest` is what follows the tag and must be empty.
///
/// # Errors
/// [`BincodeError::UnknownTag`] and [`BincodeError::TrailingBytes`].
pub fn unit_variant<E: BorshDeserialize>(code: u32, rest: &[u8]) -> Result<E, BincodeError> {
    let unknown = BincodeError::UnknownTag(code);
    let tag = u8::try_from(code).map_err(|_| unknown)?;
    let error = borsh::from_slice(&[tag]).map_err(|_| unknown)?;
    if rest.is_empty() {
        Ok(error)
    } else {
        Err(BincodeError::TrailingBytes)
    }
}
