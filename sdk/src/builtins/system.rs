//! Instructions of the System program: their bytes, their errors, and builders for clients.
//!
//! ```text
//!  tag u32 | fields in order; a seed is a u64 length and UTF-8 text
//! ```
//!
//! Decoding is Solana's: bytes after the fields are allowed, and fields that extend past the size of a packet are
//! rejected.

mod builders;

pub use self::builders::{
    SeededAddress, advance_nonce_account, allocate, allocate_with_seed, assign, assign_with_seed,
    authorize_nonce_account, create_account, create_account_allow_prefund, create_account_with_seed,
    create_nonce_account, initialize_nonce_account, transfer, transfer_with_seed, upgrade_nonce_account,
    withdraw_nonce_account,
};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// Maximum length of the fields of an instruction: a packet.
const DECODE_LEN_MAX: usize = 1_232;

/// An instruction of the System program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemInstruction {
    /// Create an account: allocate, assign and fund. Accounts: funder (signer, writable), new (signer, writable).
    CreateAccount {
        /// Lamports moved to the new account.
        lamports: u64,
        /// Bytes of data.
        space: u64,
        /// Owning program.
        owner: Pubkey,
    },
    /// Assign an account to a program. Accounts: account (signer, writable).
    Assign {
        /// Owning program.
        owner: Pubkey,
    },
    /// Move lamports. Accounts: from (signer, writable), to (writable).
    Transfer {
        /// Lamports.
        lamports: u64,
    },
    /// Create an account at an address with seed. Accounts: funder (signer, writable), new (writable), base (signer)
    /// unless it is the funder.
    CreateAccountWithSeed {
        /// Base of the address.
        base: Pubkey,
        /// Seed of the address.
        seed: String,
        /// Lamports moved to the new account.
        lamports: u64,
        /// Bytes of data.
        space: u64,
        /// Owning program.
        owner: Pubkey,
    },
    /// Advance a nonce. Accounts: nonce (writable), RecentBlockhashes, authority (signer).
    AdvanceNonceAccount,
    /// Withdraw lamports from a nonce account. Accounts: nonce (writable), to (writable), RecentBlockhashes, Rent,
    /// authority (signer).
    WithdrawNonceAccount {
        /// Lamports.
        lamports: u64,
    },
    /// Initialize a nonce account. Accounts: nonce (writable), RecentBlockhashes, Rent.
    InitializeNonceAccount {
        /// Authority of the nonce.
        authority: Pubkey,
    },
    /// Assign a new authority to a nonce account. Accounts: nonce (writable), authority (signer).
    AuthorizeNonceAccount {
        /// New authority.
        authority: Pubkey,
    },
    /// Allocate data for an account. Accounts: account (signer, writable).
    Allocate {
        /// Bytes of data.
        space: u64,
    },
    /// Allocate data for an account at an address with seed, and assign it. Accounts: account (writable), base
    /// (signer).
    AllocateWithSeed {
        /// Base of the address.
        base: Pubkey,
        /// Seed of the address.
        seed: String,
        /// Bytes of data.
        space: u64,
        /// Owning program.
        owner: Pubkey,
    },
    /// Assign an account at an address with seed to a program. Accounts: account (writable), base (signer).
    AssignWithSeed {
        /// Base of the address.
        base: Pubkey,
        /// Seed of the address.
        seed: String,
        /// Owning program.
        owner: Pubkey,
    },
    /// Move lamports from an address with seed. Accounts: from (writable), base (signer), to (writable).
    TransferWithSeed {
        /// Lamports.
        lamports: u64,
        /// Seed of the address.
        from_seed: String,
        /// Owner in the derivation of the address.
        from_owner: Pubkey,
    },
    /// Upgrade a legacy nonce to the current version. Accounts: nonce (writable).
    UpgradeNonceAccount,
    /// Create an account that may hold lamports already. Accounts: new (signer, writable), funder (signer, writable) if
    /// lamports are moved.
    CreateAccountAllowPrefund {
        /// Lamports moved to the new account.
        lamports: u64,
        /// Bytes of data.
        space: u64,
        /// Owning program.
        owner: Pubkey,
    },
}

impl SystemInstruction {
    /// The instruction data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(52);
        data.extend(self.tag().to_le_bytes());
        match self {
            Self::CreateAccount {
                lamports,
                space,
                owner,
            }
            | Self::CreateAccountAllowPrefund {
                lamports,
                space,
                owner,
            } => {
                put_creation(&mut data, *lamports, *space, owner);
            }
            Self::Assign { owner } => data.extend(owner.0),
            Self::Transfer { lamports } | Self::WithdrawNonceAccount { lamports } => {
                data.extend(lamports.to_le_bytes());
            }
            Self::CreateAccountWithSeed {
                base,
                seed,
                lamports,
                space,
                owner,
            } => {
                put_base_and_seed(&mut data, base, seed);
                put_creation(&mut data, *lamports, *space, owner);
            }
            Self::AdvanceNonceAccount | Self::UpgradeNonceAccount => {}
            Self::InitializeNonceAccount { authority } | Self::AuthorizeNonceAccount { authority } => {
                data.extend(authority.0);
            }
            Self::Allocate { space } => data.extend(space.to_le_bytes()),
            Self::AllocateWithSeed {
                base,
                seed,
                space,
                owner,
            } => {
                put_base_and_seed(&mut data, base, seed);
                data.extend(space.to_le_bytes());
                data.extend(owner.0);
            }
            Self::AssignWithSeed { base, seed, owner } => {
                put_base_and_seed(&mut data, base, seed);
                data.extend(owner.0);
            }
            Self::TransferWithSeed {
                lamports,
                from_seed,
                from_owner,
            } => {
                data.extend(lamports.to_le_bytes());
                put_text(&mut data, from_seed);
                data.extend(from_owner.0);
            }
        }
        data
    }

    /// Reads instruction data.
    ///
    /// # Errors
    /// [`InstructionError::InvalidInstructionData`]: the tag is unknown, a seed is not UTF-8, or the bytes are too few.
    pub fn decode(data: &[u8]) -> Result<Self, InstructionError> {
        let within_packet = &data[..data.len().min(DECODE_LEN_MAX)];
        read_instruction(&mut Reader::new(within_packet)).ok_or(InstructionError::InvalidInstructionData)
    }

    const fn tag(&self) -> u32 {
        match self {
            Self::CreateAccount { .. } => 0,
            Self::Assign { .. } => 1,
            Self::Transfer { .. } => 2,
            Self::CreateAccountWithSeed { .. } => 3,
            Self::AdvanceNonceAccount => 4,
            Self::WithdrawNonceAccount { .. } => 5,
            Self::InitializeNonceAccount { .. } => 6,
            Self::AuthorizeNonceAccount { .. } => 7,
            Self::Allocate { .. } => 8,
            Self::AllocateWithSeed { .. } => 9,
            Self::AssignWithSeed { .. } => 10,
            Self::TransferWithSeed { .. } => 11,
            Self::UpgradeNonceAccount => 12,
            Self::CreateAccountAllowPrefund { .. } => 13,
        }
    }
}

/// Errors of the System program, reported as custom codes in this order from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SystemError {
    /// The account to create already exists.
    #[error("an account with the same address already exists")]
    AccountAlreadyInUse,
    /// The account does not hold enough lamports.
    #[error("account does not have enough SOL to perform the operation")]
    ResultWithNegativeLamports,
    /// Obsolete; never reported.
    #[error("cannot assign account to this program id")]
    InvalidProgramId,
    /// More data than the limit of an account.
    #[error("cannot allocate account data of this length")]
    InvalidAccountDataLength,
    /// The seed is longer than 32 bytes.
    #[error("length of requested seed is too long")]
    MaxSeedLengthExceeded,
    /// The address of the account does not match base, seed and owner.
    #[error("provided address does not match addressed derived from seed")]
    AddressWithSeedMismatch,
    /// There is no recent blockhash to derive a nonce from.
    #[error("advancing stored nonce requires a populated RecentBlockhashes sysvar")]
    NonceNoRecentBlockhashes,
    /// The nonce was already advanced in this block.
    #[error("stored nonce is still in recent_blockhashes")]
    NonceBlockhashNotExpired,
    /// The nonce has another value.
    #[error("specified nonce does not match stored nonce")]
    NonceUnexpectedBlockhashValue,
}

impl SystemError {
    /// The custom code.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl From<SystemError> for InstructionError {
    fn from(error: SystemError) -> Self {
        Self::Custom(error.code())
    }
}

fn put_creation(data: &mut Vec<u8>, lamports: u64, space: u64, owner: &Pubkey) {
    data.extend(lamports.to_le_bytes());
    data.extend(space.to_le_bytes());
    data.extend(owner.0);
}

fn put_base_and_seed(data: &mut Vec<u8>, base: &Pubkey, seed: &str) {
    data.extend(base.0);
    put_text(data, seed);
}

fn put_text(data: &mut Vec<u8>, text: &str) {
    let len = u64::try_from(text.len()).expect("a length in memory fits a u64");
    data.extend(len.to_le_bytes());
    data.extend(text.as_bytes());
}

fn read_instruction(reader: &mut Reader<'_>) -> Option<SystemInstruction> {
    // Fields are read in the order written here.
    Some(match reader.u32()? {
        0 => SystemInstruction::CreateAccount {
            lamports: reader.u64()?,
            space: reader.u64()?,
            owner: reader.key()?,
        },
        1 => SystemInstruction::Assign { owner: reader.key()? },
        2 => SystemInstruction::Transfer {
            lamports: reader.u64()?,
        },
        3 => SystemInstruction::CreateAccountWithSeed {
            base: reader.key()?,
            seed: reader.text()?.to_owned(),
            lamports: reader.u64()?,
            space: reader.u64()?,
            owner: reader.key()?,
        },
        4 => SystemInstruction::AdvanceNonceAccount,
        5 => SystemInstruction::WithdrawNonceAccount {
            lamports: reader.u64()?,
        },
        6 => SystemInstruction::InitializeNonceAccount {
            authority: reader.key()?,
        },
        7 => SystemInstruction::AuthorizeNonceAccount {
            authority: reader.key()?,
        },
        8 => SystemInstruction::Allocate { space: reader.u64()? },
        9 => SystemInstruction::AllocateWithSeed {
            base: reader.key()?,
            seed: reader.text()?.to_owned(),
            space: reader.u64()?,
            owner: reader.key()?,
        },
        10 => SystemInstruction::AssignWithSeed {
            base: reader.key()?,
            seed: reader.text()?.to_owned(),
            owner: reader.key()?,
        },
        11 => SystemInstruction::TransferWithSeed {
            lamports: reader.u64()?,
            from_seed: reader.text()?.to_owned(),
            from_owner: reader.key()?,
        },
        12 => SystemInstruction::UpgradeNonceAccount,
        13 => SystemInstruction::CreateAccountAllowPrefund {
            lamports: reader.u64()?,
            space: reader.u64()?,
            owner: reader.key()?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
