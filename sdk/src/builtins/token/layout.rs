//! Layouts of the accounts of the token program, read in place.
//!
//! ```text
//! Mint                           Account                        Multisig
//!   0  mint authority  u32 | key    0  mint              key      0  required     u8
//!  36  supply          u64         32  owner             key      1  signers      u8
//!  44  decimals        u8          64  amount            u64      2  initialized  u8  0 or 1
//!  45  initialized     u8  0 or 1  72  delegate          u32|key  3  keys         11 keys
//!  46  freeze authority u32 | key 108  state             u8     355
//!  82                             109  native            u32|u64
//!                                 121  delegated amount  u64
//!                                 129  close authority   u32|key
//!                                 165
//! ```
//!
//! An optional value is a word 0 or 1 and the value. As in the published program only the first byte of the word counts,
//! and only 1 says that there is a value; [`TokenAccount::has_strict_options`] and [`Mint::has_strict_options`] are the
//! rule of older programs, which refuse any other word than 0 and 1.
//!
//! Invariant: a view exists only over bytes of exactly the layout's length, so reading cannot fail.

use std::ops::Range;

use crate::pubkey::Pubkey;

/// Length of a mint.
pub const MINT_LEN: usize = 82;
/// Length of a token account.
pub const TOKEN_ACCOUNT_LEN: usize = 165;
/// Length of a multisig.
pub const MULTISIG_LEN: usize = 355;

/// Where the fields of a token account begin.
pub mod account_offset {
    /// Mint.
    pub const MINT: usize = 0;
    /// Owner.
    pub const OWNER: usize = 32;
    /// Amount.
    pub const AMOUNT: usize = 64;
    /// Whether there is a delegate.
    pub const DELEGATE_TAG: usize = 72;
    /// Delegate.
    pub const DELEGATE: usize = 76;
    /// State.
    pub const STATE: usize = 108;
    /// Whether the account is native.
    pub const NATIVE_TAG: usize = 109;
    /// Rent minimum of a native account.
    pub const NATIVE_RESERVE: usize = 113;
    /// What the delegate may still move.
    pub const DELEGATED_AMOUNT: usize = 121;
    /// Whether there is a close authority.
    pub const CLOSE_AUTHORITY_TAG: usize = 129;
    /// Close authority.
    pub const CLOSE_AUTHORITY: usize = 133;
}

/// Where the fields of a mint begin.
pub mod mint_offset {
    /// Whether there is a mint authority.
    pub const MINT_AUTHORITY_TAG: usize = 0;
    /// Mint authority.
    pub const MINT_AUTHORITY: usize = 4;
    /// Supply.
    pub const SUPPLY: usize = 36;
    /// Decimals.
    pub const DECIMALS: usize = 44;
    /// Whether the mint is initialized.
    pub const INITIALIZED: usize = 45;
    /// Whether there is a freeze authority.
    pub const FREEZE_AUTHORITY_TAG: usize = 46;
    /// Freeze authority.
    pub const FREEZE_AUTHORITY: usize = 50;
}

/// Where the fields of a multisig begin.
pub mod multisig_offset {
    /// How many must sign.
    pub const REQUIRED: usize = 0;
    /// How many signers there are.
    pub const COUNT: usize = 1;
    /// Whether the multisig is initialized.
    pub const INITIALIZED: usize = 2;
    /// The signers.
    pub const KEYS: usize = 3;
}

/// State of a token account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAccountState {
    /// Not an account of a mint yet.
    Uninitialized,
    /// In use.
    Initialized,
    /// Frozen: it does not change until it is thawed.
    Frozen,
}

impl TokenAccountState {
    /// The byte in the account.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Uninitialized => 0,
            Self::Initialized => 1,
            Self::Frozen => 2,
        }
    }
}

/// A token account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenAccount<'a>(&'a [u8; TOKEN_ACCOUNT_LEN]);

impl<'a> TokenAccount<'a> {
    /// The account in `data`; `None` for another length.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Option<Self> {
        data.try_into().ok().map(Self)
    }

    /// Its mint.
    #[must_use]
    pub fn mint(&self) -> Pubkey {
        key_at(self.0, account_offset::MINT)
    }

    /// Its owner.
    #[must_use]
    pub fn owner(&self) -> Pubkey {
        key_at(self.0, account_offset::OWNER)
    }

    /// Smallest units of the token that it holds.
    #[must_use]
    pub fn amount(&self) -> u64 {
        u64_at(self.0, account_offset::AMOUNT)
    }

    /// Who else may move tokens.
    #[must_use]
    pub fn delegate(&self) -> Option<Pubkey> {
        self.is_set(account_offset::DELEGATE_TAG)
            .then(|| key_at(self.0, account_offset::DELEGATE))
    }

    /// Its state; `None` for a byte that is not a state.
    #[must_use]
    pub const fn state(&self) -> Option<TokenAccountState> {
        Some(match self.0[account_offset::STATE] {
            0 => TokenAccountState::Uninitialized,
            1 => TokenAccountState::Initialized,
            2 => TokenAccountState::Frozen,
            _ => return None,
        })
    }

    /// Whether it wraps lamports.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.is_set(account_offset::NATIVE_TAG)
    }

    /// Lamports of a native account that are not tokens.
    #[must_use]
    pub fn native_reserve(&self) -> Option<u64> {
        self.is_native()
            .then(|| u64_at(self.0, account_offset::NATIVE_RESERVE))
    }

    /// What the delegate may still move.
    #[must_use]
    pub fn delegated_amount(&self) -> u64 {
        u64_at(self.0, account_offset::DELEGATED_AMOUNT)
    }

    /// Who may close it in place of the owner.
    #[must_use]
    pub fn close_authority(&self) -> Option<Pubkey> {
        self.is_set(account_offset::CLOSE_AUTHORITY_TAG)
            .then(|| key_at(self.0, account_offset::CLOSE_AUTHORITY))
    }

    /// Whether the words before all optional values are 0 or 1.
    #[must_use]
    pub fn has_strict_options(&self) -> bool {
        use account_offset::{CLOSE_AUTHORITY_TAG, DELEGATE_TAG, NATIVE_TAG};
        [DELEGATE_TAG, NATIVE_TAG, CLOSE_AUTHORITY_TAG]
            .into_iter()
            .all(|at| is_strict(self.0, at))
    }

    fn is_set(&self, at: usize) -> bool {
        self.0.get(at) == Some(&1)
    }
}

/// A mint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint<'a>(&'a [u8; MINT_LEN]);

impl<'a> Mint<'a> {
    /// The mint in `data`; `None` for another length.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Option<Self> {
        data.try_into().ok().map(Self)
    }

    /// Who may create tokens.
    #[must_use]
    pub fn mint_authority(&self) -> Option<Pubkey> {
        self.is_set(mint_offset::MINT_AUTHORITY_TAG)
            .then(|| key_at(self.0, mint_offset::MINT_AUTHORITY))
    }

    /// Smallest units of the token that exist.
    #[must_use]
    pub fn supply(&self) -> u64 {
        u64_at(self.0, mint_offset::SUPPLY)
    }

    /// Digits after the decimal point of an amount that is shown.
    #[must_use]
    pub const fn decimals(&self) -> u8 {
        self.0[mint_offset::DECIMALS]
    }

    /// Whether it is initialized; `None` for a byte that is neither 0 nor 1.
    #[must_use]
    pub const fn is_initialized(&self) -> Option<bool> {
        flag(self.0[mint_offset::INITIALIZED])
    }

    /// Who may freeze accounts.
    #[must_use]
    pub fn freeze_authority(&self) -> Option<Pubkey> {
        self.is_set(mint_offset::FREEZE_AUTHORITY_TAG)
            .then(|| key_at(self.0, mint_offset::FREEZE_AUTHORITY))
    }

    /// Whether the words before both optional values are 0 or 1.
    #[must_use]
    pub fn has_strict_options(&self) -> bool {
        is_strict(self.0, mint_offset::MINT_AUTHORITY_TAG)
            && is_strict(self.0, mint_offset::FREEZE_AUTHORITY_TAG)
    }

    fn is_set(&self, at: usize) -> bool {
        self.0.get(at) == Some(&1)
    }
}

/// A multisig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multisig<'a>(&'a [u8; MULTISIG_LEN]);

impl<'a> Multisig<'a> {
    /// The multisig in `data`; `None` for another length.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Option<Self> {
        data.try_into().ok().map(Self)
    }

    /// How many must sign.
    #[must_use]
    pub const fn required(&self) -> u8 {
        self.0[multisig_offset::REQUIRED]
    }

    /// Whether it is initialized; `None` for a byte that is neither 0 nor 1.
    #[must_use]
    pub const fn is_initialized(&self) -> Option<bool> {
        flag(self.0[multisig_offset::INITIALIZED])
    }

    /// Its signers; `None` if it names more than there is room for.
    #[must_use]
    pub fn signers(&self) -> Option<&'a [[u8; 32]]> {
        let (keys, _) = self.0.get(multisig_offset::KEYS..)?.as_chunks::<32>();
        keys.get(..usize::from(self.0[multisig_offset::COUNT]))
    }
}

const fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn is_strict(data: &[u8], at: usize) -> bool {
    let word = u32::from_le_bytes(bytes_at(data, at));
    word <= 1
}

fn bytes_at<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    let rest = data.get(at..).unwrap_or_default();
    *rest.first_chunk().expect("every field ends within its layout")
}

fn key_at(data: &[u8], at: usize) -> Pubkey {
    Pubkey(bytes_at(data, at))
}

fn u64_at(data: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(data, at))
}

/// The bytes of a new mint, for a genesis or a test.
#[must_use]
pub fn mint_data(decimals: u8, authorities: [Option<Pubkey>; 2], supply: u64) -> Vec<u8> {
    let [mint_authority, freeze_authority] = authorities;
    [
        optional_key(mint_authority).as_slice(),
        &supply.to_le_bytes(),
        &[decimals, 1],
        &optional_key(freeze_authority),
    ]
    .concat()
}

fn optional_key(key: Option<Pubkey>) -> [u8; 36] {
    const KEY: Range<usize> = 4..36;
    let mut bytes = [0; 36];
    if let Some(key) = key {
        bytes[0] = 1;
        bytes[KEY].copy_from_slice(&key.0);
    }
    bytes
}
