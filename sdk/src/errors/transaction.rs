//! Errors of whole transactions, with Solana's names and numbers.
//!
//! The enum is a protocol result. Clients read and blocks store its codes, its JSON shape (serde's externally tagged
//! form), its bincode and borsh bytes and its texts, so none of them ever changes; `tests/errors.rs` pins them.
//!
//! Invariant: variants are in the order of their codes, so the borsh tag is the code. Bincode differs from borsh only
//! in the width of the tag (u32 instead of u8).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use isobath_program_abi::instruction_error::{InstructionError, borsh_tag, unit_variant};

use super::DecodeError;

/// Code of [`TransactionError::InstructionError`].
const INSTRUCTION_ERROR: u32 = 8;
/// Code of [`TransactionError::DuplicateInstruction`].
const DUPLICATE_INSTRUCTION: u32 = 30;
/// Code of [`TransactionError::InsufficientFundsForRent`].
const INSUFFICIENT_FUNDS_FOR_RENT: u32 = 31;
/// Code of [`TransactionError::ProgramExecutionTemporarilyRestricted`].
const PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED: u32 = 35;

/// Why a transaction failed or was rejected.
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
pub enum TransactionError {
    /// Account in use.
    #[error("Account in use")]
    AccountInUse,
    /// Account loaded twice.
    #[error("Account loaded twice")]
    AccountLoadedTwice,
    /// Attempt to debit an account but found no record of a prior credit.
    #[error("Attempt to debit an account but found no record of a prior credit.")]
    AccountNotFound,
    /// Attempt to load a program that does not exist.
    #[error("Attempt to load a program that does not exist")]
    ProgramAccountNotFound,
    /// Insufficient funds for fee.
    #[error("Insufficient funds for fee")]
    InsufficientFundsForFee,
    /// This account may not be used to pay transaction fees.
    #[error("This account may not be used to pay transaction fees")]
    InvalidAccountForFee,
    /// This transaction has already been processed.
    #[error("This transaction has already been processed")]
    AlreadyProcessed,
    /// Blockhash not found.
    #[error("Blockhash not found")]
    BlockhashNotFound,
    /// The instruction at this index failed.
    #[error("Error processing Instruction {0}: {1}")]
    InstructionError(u8, InstructionError),
    /// Loader call chain is too deep.
    #[error("Loader call chain is too deep")]
    CallChainTooDeep,
    /// Transaction requires a fee but has no signature present.
    #[error("Transaction requires a fee but has no signature present")]
    MissingSignatureForFee,
    /// Transaction contains an invalid account reference.
    #[error("Transaction contains an invalid account reference")]
    InvalidAccountIndex,
    /// Transaction did not pass signature verification.
    #[error("Transaction did not pass signature verification")]
    SignatureFailure,
    /// This program may not be used for executing instructions.
    #[error("This program may not be used for executing instructions")]
    InvalidProgramForExecution,
    /// Transaction failed to sanitize accounts offsets correctly.
    #[error("Transaction failed to sanitize accounts offsets correctly")]
    SanitizeFailure,
    /// Transactions are currently disabled due to cluster maintenance.
    #[error("Transactions are currently disabled due to cluster maintenance")]
    ClusterMaintenance,
    /// Transaction processing left an account with an outstanding borrowed reference.
    #[error("Transaction processing left an account with an outstanding borrowed reference")]
    AccountBorrowOutstanding,
    /// Transaction would exceed max Block Cost Limit.
    #[error("Transaction would exceed max Block Cost Limit")]
    WouldExceedMaxBlockCostLimit,
    /// Transaction version is unsupported.
    #[error("Transaction version is unsupported")]
    UnsupportedVersion,
    /// Transaction loads a writable account that cannot be written.
    #[error("Transaction loads a writable account that cannot be written")]
    InvalidWritableAccount,
    /// Transaction would exceed max account limit within the block.
    #[error("Transaction would exceed max account limit within the block")]
    WouldExceedMaxAccountCostLimit,
    /// Transaction would exceed account data limit within the block.
    #[error("Transaction would exceed account data limit within the block")]
    WouldExceedAccountDataBlockLimit,
    /// Transaction locked too many accounts.
    #[error("Transaction locked too many accounts")]
    TooManyAccountLocks,
    /// Transaction loads an address table account that doesn't exist.
    #[error("Transaction loads an address table account that doesn't exist")]
    AddressLookupTableNotFound,
    /// Transaction loads an address table account with an invalid owner.
    #[error("Transaction loads an address table account with an invalid owner")]
    InvalidAddressLookupTableOwner,
    /// Transaction loads an address table account with invalid data.
    #[error("Transaction loads an address table account with invalid data")]
    InvalidAddressLookupTableData,
    /// Transaction address table lookup uses an invalid index.
    #[error("Transaction address table lookup uses an invalid index")]
    InvalidAddressLookupTableIndex,
    /// Transaction leaves an account with a lower balance than rent-exempt minimum.
    #[error("Transaction leaves an account with a lower balance than rent-exempt minimum")]
    InvalidRentPayingAccount,
    /// Transaction would exceed max Vote Cost Limit.
    #[error("Transaction would exceed max Vote Cost Limit")]
    WouldExceedMaxVoteCostLimit,
    /// Transaction would exceed total account data limit.
    #[error("Transaction would exceed total account data limit")]
    WouldExceedAccountDataTotalLimit,
    /// The instruction at this index repeats one that may occur only once.
    #[error("Transaction contains a duplicate instruction ({0}) that is not allowed")]
    DuplicateInstruction(u8),
    /// An account would be left with lamports, but fewer than its rent minimum.
    #[error("Transaction results in an account ({account_index}) with insufficient funds for rent")]
    InsufficientFundsForRent {
        /// Index of the account in the transaction.
        account_index: u8,
    },
    /// Transaction exceeded max loaded accounts data size cap.
    #[error("Transaction exceeded max loaded accounts data size cap")]
    MaxLoadedAccountsDataSizeExceeded,
    /// LoadedAccountsDataSizeLimit set for transaction must be greater than 0.
    #[error("LoadedAccountsDataSizeLimit set for transaction must be greater than 0.")]
    InvalidLoadedAccountsDataSizeLimit,
    /// The transaction must be sanitized again.
    #[error("ResanitizationNeeded")]
    ResanitizationNeeded,
    /// The program may temporarily not be executed.
    #[error(
        "Execution of the program referenced by account at index {account_index} is temporarily restricted."
    )]
    ProgramExecutionTemporarilyRestricted {
        /// Index of the program account in the transaction.
        account_index: u8,
    },
    /// Sum of account balances before and after transaction do not match.
    #[error("Sum of account balances before and after transaction do not match")]
    UnbalancedTransaction,
    /// Program cache hit max limit.
    #[error("Program cache hit max limit")]
    ProgramCacheHitMaxLimit,
    /// The commit was cancelled.
    #[error("CommitCancelled")]
    CommitCancelled,
    /// Block production bailed out.
    #[error("BailOut")]
    BailOut,
}

impl TransactionError {
    /// The stable number of the variant.
    #[must_use]
    pub fn code(&self) -> u32 {
        borsh_tag(self)
    }

    /// The bincode form that clients of the binary protocols read: u32 tag, then the fields.
    #[must_use]
    pub fn to_bincode(&self) -> Vec<u8> {
        let mut bytes = self.code().to_le_bytes().to_vec();
        match *self {
            Self::InstructionError(index, error) => {
                bytes.push(index);
                bytes.extend(error.to_bincode());
            }
            Self::DuplicateInstruction(index)
            | Self::InsufficientFundsForRent { account_index: index }
            | Self::ProgramExecutionTemporarilyRestricted { account_index: index } => bytes.push(index),
            _ => {}
        }
        bytes
    }

    /// Reads the bincode form; the bytes must hold nothing else.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], [`DecodeError::TrailingBytes`] or [`DecodeError::UnknownTag`].
    pub fn from_bincode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (tag, rest) = bytes.split_first_chunk::<4>().ok_or(DecodeError::Truncated)?;
        let code = u32::from_le_bytes(*tag);
        match code {
            INSTRUCTION_ERROR => {
                let (&index, rest) = rest.split_first().ok_or(DecodeError::Truncated)?;
                Ok(Self::InstructionError(
                    index,
                    InstructionError::from_bincode(rest)?,
                ))
            }
            DUPLICATE_INSTRUCTION => Ok(Self::DuplicateInstruction(only_byte(rest)?)),
            INSUFFICIENT_FUNDS_FOR_RENT => Ok(Self::InsufficientFundsForRent {
                account_index: only_byte(rest)?,
            }),
            PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED => Ok(Self::ProgramExecutionTemporarilyRestricted {
                account_index: only_byte(rest)?,
            }),
            _ => Ok(unit_variant(code, rest)?),
        }
    }
}

impl DecodeError {
    /// The protocol error that a client sees.
    #[must_use]
    pub const fn to_transaction_error(self) -> TransactionError {
        match self {
            Self::UnsupportedVersion(_) => TransactionError::UnsupportedVersion,
            _ => TransactionError::SanitizeFailure,
        }
    }
}

/// The single byte that `rest` must consist of.
const fn only_byte(rest: &[u8]) -> Result<u8, DecodeError> {
    match rest {
        [] => Err(DecodeError::Truncated),
        [byte] => Ok(*byte),
        _ => Err(DecodeError::TrailingBytes),
    }
}
