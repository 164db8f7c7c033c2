//! Instructions of the token program: their bytes, and builders for clients.
//!
//! ```text
//!  tag u8 | fields in order; an optional key is a byte 0, or a byte 1 and the key
//! ```
//!
//! Decoding is that of the published program (p-token 1.0): bytes after the fields are allowed, and whatever does not
//! decode is [`TokenError::InvalidInstruction`]. The layouts of accounts are in [`layout`].

mod builders;
mod error;
pub mod layout;

pub use self::builders::{
    approve, approve_checked, burn, close_account, freeze_account, get_account_data_size,
    initialize_account3, initialize_immutable_owner, initialize_mint2, initialize_multisig2, mint_to,
    mint_to_checked, revoke, set_authority, sync_native, thaw_account, transfer, transfer_checked,
};
pub use self::error::TokenError;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// Tag of a batch, which only the outermost instruction can be.
pub const BATCH_TAG: u8 = 255;
/// Fewest signers of a multisig, and fewest that must sign.
pub const SIGNERS_MIN: u8 = 1;
/// Most signers of a multisig.
pub const SIGNERS_MAX: u8 = 11;

/// What a new mint is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMint {
    /// Digits after the decimal point of an amount that is shown.
    pub decimals: u8,
    /// Who may create tokens.
    pub mint_authority: Pubkey,
    /// Who may freeze accounts; without one nobody ever can.
    pub freeze_authority: Option<Pubkey>,
}

/// An amount and the decimals that its sender believes the mint to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedAmount {
    /// Smallest units of the token.
    pub amount: u64,
    /// Decimals of the mint.
    pub decimals: u8,
}

/// What an authority is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityType {
    /// Creates tokens of a mint.
    MintTokens,
    /// Freezes accounts of a mint.
    FreezeAccount,
    /// Owns an account.
    AccountOwner,
    /// Closes an account.
    CloseAccount,
}

/// An instruction of the token program. Where a list of accounts ends with an authority that must sign, the authority may
/// be a multisig, and its signers follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenInstruction<'a> {
    /// Initialize a mint. Accounts: mint (writable), Rent.
    InitializeMint(NewMint),
    /// Initialize an account. Accounts: account (writable), mint, owner, Rent.
    InitializeAccount,
    /// Initialize a multisig. Accounts: multisig (writable), Rent, signers.
    InitializeMultisig {
        /// How many signers must sign.
        required: u8,
    },
    /// Move tokens. Accounts: source (writable), destination (writable), owner or delegate.
    Transfer {
        /// Smallest units of the token.
        amount: u64,
    },
    /// Let a delegate move tokens. Accounts: source (writable), delegate, owner.
    Approve {
        /// Smallest units of the token.
        amount: u64,
    },
    /// Dismiss the delegate. Accounts: source (writable), owner or delegate.
    Revoke,
    /// Change or drop an authority. Accounts: mint or account (writable), current authority.
    SetAuthority {
        /// Which authority.
        authority: AuthorityType,
        /// Who has it from now on.
        new: Option<Pubkey>,
    },
    /// Create tokens. Accounts: mint (writable), destination (writable), mint authority.
    MintTo {
        /// Smallest units of the token.
        amount: u64,
    },
    /// Destroy tokens. Accounts: account (writable), mint (writable), owner or delegate.
    Burn {
        /// Smallest units of the token.
        amount: u64,
    },
    /// Close an account. Accounts: account (writable), destination of its lamports (writable), owner or close authority.
    CloseAccount,
    /// Freeze an account. Accounts: account (writable), mint, freeze authority.
    FreezeAccount,
    /// Thaw an account. Accounts: account (writable), mint, freeze authority.
    ThawAccount,
    /// Move tokens. Accounts: source (writable), mint, destination (writable), owner or delegate.
    TransferChecked(CheckedAmount),
    /// Let a delegate move tokens. Accounts: source (writable), mint, delegate, owner.
    ApproveChecked(CheckedAmount),
    /// Create tokens. Accounts: mint (writable), destination (writable), mint authority.
    MintToChecked(CheckedAmount),
    /// Destroy tokens. Accounts: account (writable), mint (writable), owner or delegate.
    BurnChecked(CheckedAmount),
    /// Initialize an account. Accounts: account (writable), mint, Rent.
    InitializeAccount2 {
        /// Owner of the account.
        owner: Pubkey,
    },
    /// Set the amount of a native account to its lamports above the rent minimum. Accounts: account (writable), and Rent
    /// or nothing.
    SyncNative,
    /// Initialize an account. Accounts: account (writable), mint.
    InitializeAccount3 {
        /// Owner of the account.
        owner: Pubkey,
    },
    /// Initialize a multisig. Accounts: multisig (writable), signers.
    InitializeMultisig2 {
        /// How many signers must sign.
        required: u8,
    },
    /// Initialize a mint. Accounts: mint (writable).
    InitializeMint2(NewMint),
    /// Return the length of an account of a mint. Accounts: mint.
    GetAccountDataSize,
    /// Do nothing with an account that is not initialized yet. Accounts: account (writable).
    InitializeImmutableOwner,
    /// Return an amount as text. Accounts: mint.
    AmountToUiAmount {
        /// Smallest units of the token.
        amount: u64,
    },
    /// Return the amount of a text. Accounts: mint.
    UiAmountToAmount {
        /// A decimal number.
        text: &'a str,
    },
    /// Move lamports above the rent minimum out of a mint, a multisig or an account that is not native. Accounts: source
    /// (writable), destination (writable), authority.
    WithdrawExcessLamports,
    /// Move wrapped lamports out of a native account. Accounts: source (writable), destination (writable), owner or
    /// delegate.
    UnwrapLamports {
        /// How many; all without a number.
        amount: Option<u64>,
    },
    /// Run several instructions. Accounts: those of each instruction in turn.
    Batch {
        /// Each instruction: number of accounts u8, length of its data u8, its data.
        parts: &'a [u8],
    },
}

impl<'a> TokenInstruction<'a> {
    /// Reads instruction data.
    ///
    /// # Errors
    /// [`TokenError::InvalidInstruction`].
    pub fn decode(data: &'a [u8]) -> Result<Self, TokenError> {
        let (tag, fields) = data.split_first().ok_or(TokenError::InvalidInstruction)?;
        read_instruction(*tag, fields).ok_or(TokenError::InvalidInstruction)
    }

    /// The first byte of the instruction data.
    #[must_use]
    pub const fn tag(&self) -> u8 {
        match self {
            Self::InitializeMint(_) => 0,
            Self::InitializeAccount => 1,
            Self::InitializeMultisig { .. } => 2,
            Self::Transfer { .. } => 3,
            Self::Approve { .. } => 4,
            Self::Revoke => 5,
            Self::SetAuthority { .. } => 6,
            Self::MintTo { .. } => 7,
            Self::Burn { .. } => 8,
            Self::CloseAccount => 9,
            Self::FreezeAccount => 10,
            Self::ThawAccount => 11,
            Self::TransferChecked(_) => 12,
            Self::ApproveChecked(_) => 13,
            Self::MintToChecked(_) => 14,
            Self::BurnChecked(_) => 15,
            Self::InitializeAccount2 { .. } => 16,
            Self::SyncNative => 17,
            Self::InitializeAccount3 { .. } => 18,
            Self::InitializeMultisig2 { .. } => 19,
            Self::InitializeMint2(_) => 20,
            Self::GetAccountDataSize => 21,
            Self::InitializeImmutableOwner => 22,
            Self::AmountToUiAmount { .. } => 23,
            Self::UiAmountToAmount { .. } => 24,
            Self::WithdrawExcessLamports => 38,
            Self::UnwrapLamports { .. } => 45,
            Self::Batch { .. } => BATCH_TAG,
        }
    }

    /// The instruction data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut data = vec![self.tag()];
        match *self {
            Self::InitializeMint(mint) | Self::InitializeMint2(mint) => {
                data.push(mint.decimals);
                data.extend(mint.mint_authority.0);
                push_optional(&mut data, mint.freeze_authority);
            }
            Self::InitializeMultisig { required } | Self::InitializeMultisig2 { required } => {
                data.push(required)
            }
            Self::Transfer { amount }
            | Self::Approve { amount }
            | Self::MintTo { amount }
            | Self::Burn { amount }
            | Self::AmountToUiAmount { amount } => data.extend(amount.to_le_bytes()),
            Self::SetAuthority { authority, new } => {
                data.push(authority.code());
                push_optional(&mut data, new);
            }
            Self::TransferChecked(checked)
            | Self::ApproveChecked(checked)
            | Self::MintToChecked(checked)
            | Self::BurnChecked(checked) => {
                data.extend(checked.amount.to_le_bytes());
                data.push(checked.decimals);
            }
            Self::InitializeAccount2 { owner } | Self::InitializeAccount3 { owner } => data.extend(owner.0),
            Self::UiAmountToAmount { text } => data.extend(text.bytes()),
            Self::UnwrapLamports { amount } => {
                data.push(u8::from(amount.is_some()));
                data.extend(amount.map(u64::to_le_bytes).into_iter().flatten());
            }
            Self::Batch { parts } => data.extend(parts),
            _ => {}
        }
        data
    }
}

impl AuthorityType {
    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::MintTokens,
            1 => Self::FreezeAccount,
            2 => Self::AccountOwner,
            3 => Self::CloseAccount,
            _ => return None,
        })
    }

    const fn code(self) -> u8 {
        match self {
            Self::MintTokens => 0,
            Self::FreezeAccount => 1,
            Self::AccountOwner => 2,
            Self::CloseAccount => 3,
        }
    }
}

fn push_optional(data: &mut Vec<u8>, key: Option<Pubkey>) {
    data.push(u8::from(key.is_some()));
    data.extend(key.into_iter().flat_map(|key| key.0));
}

fn read_instruction(tag: u8, fields: &[u8]) -> Option<TokenInstruction<'_>> {
    use TokenInstruction as I;
    let reader = &mut Reader::new(fields);
    Some(match tag {
        0 => I::InitializeMint(read_mint(reader)?),
        1 => I::InitializeAccount,
        2 => I::InitializeMultisig {
            required: reader.u8()?,
        },
        3 => I::Transfer {
            amount: reader.u64()?,
        },
        4 => I::Approve {
            amount: reader.u64()?,
        },
        5 => I::Revoke,
        6 => I::SetAuthority {
            authority: AuthorityType::from_code(reader.u8()?)?,
            new: reader.option_key()?,
        },
        7 => I::MintTo {
            amount: reader.u64()?,
        },
        8 => I::Burn {
            amount: reader.u64()?,
        },
        9 => I::CloseAccount,
        10 => I::FreezeAccount,
        11 => I::ThawAccount,
        12 => I::TransferChecked(read_checked(reader)?),
        13 => I::ApproveChecked(read_checked(reader)?),
        14 => I::MintToChecked(read_checked(reader)?),
        15 => I::BurnChecked(read_checked(reader)?),
        16 => I::InitializeAccount2 { owner: reader.key()? },
        17 => I::SyncNative,
        18 => I::InitializeAccount3 { owner: reader.key()? },
        19 => I::InitializeMultisig2 {
            required: reader.u8()?,
        },
        20 => I::InitializeMint2(read_mint(reader)?),
        21 => I::GetAccountDataSize,
        22 => I::InitializeImmutableOwner,
        23 => I::AmountToUiAmount {
            amount: reader.u64()?,
        },
        24 => I::UiAmountToAmount {
            text: std::str::from_utf8(fields).ok()?,
        },
        38 => I::WithdrawExcessLamports,
        45 => I::UnwrapLamports {
            amount: match reader.bool()? {
                true => Some(reader.u64()?),
                false => None,
            },
        },
        BATCH_TAG => I::Batch { parts: fields },
        _ => return None,
    })
}

fn read_mint(reader: &mut Reader<'_>) -> Option<NewMint> {
    Some(NewMint {
        decimals: reader.u8()?,
        mint_authority: reader.key()?,
        freeze_authority: reader.option_key()?,
    })
}

fn read_checked(reader: &mut Reader<'_>) -> Option<CheckedAmount> {
    Some(CheckedAmount {
        amount: reader.u64()?,
        decimals: reader.u8()?,
    })
}

#[cfg(test)]
mod tests;
