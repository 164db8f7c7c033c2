//! Instructions as a client writes them, before they are compiled into a message.
//!
//! An [`Instruction`] names its program and accounts by key. `isobath_sdk::Message::compile` turns a list of them
//! into the compact wire form, which lists each key once and refers to it by index.

use crate::pubkey::Pubkey;

/// One account that an instruction passes to its program, with the access it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountMeta {
    /// Address of the account.
    pub pubkey: Pubkey,
    /// Whether the account's key must have signed the transaction.
    pub is_signer: bool,
    /// Whether the program may change the account.
    pub is_writable: bool,
}

impl AccountMeta {
    /// An account that signs and may be changed.
    #[must_use]
    pub const fn signer_writable(pubkey: Pubkey) -> Self {
        Self {
            pubkey,
            is_signer: true,
            is_writable: true,
        }
    }

    /// An account that signs and is only read.
    #[must_use]
    pub const fn signer(pubkey: Pubkey) -> Self {
        Self {
            pubkey,
            is_signer: true,
            is_writable: false,
        }
    }

    /// An account that does not sign and may be changed.
    #[must_use]
    pub const fn writable(pubkey: Pubkey) -> Self {
        Self {
            pubkey,
            is_signer: false,
            is_writable: true,
        }
    }

    /// An account that does not sign and is only read.
    #[must_use]
    pub const fn readonly(pubkey: Pubkey) -> Self {
        Self {
            pubkey,
            is_signer: false,
            is_writable: false,
        }
    }
}

/// A call of one program: which program, which accounts, what data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The program to call.
    pub program_id: Pubkey,
    /// Accounts in the order in which the program expects them; repeats are allowed.
    pub accounts: Vec<AccountMeta>,
    /// Data that only the program interprets.
    pub data: Vec<u8>,
}

impl Instruction {
    /// An instruction from its three parts.
    #[must_use]
    pub const fn new(program_id: Pubkey, accounts: Vec<AccountMeta>, data: Vec<u8>) -> Self {
        Self {
            program_id,
            accounts,
            data,
        }
    }
}
