//! Builders of System instructions, with the accounts in the order that the program expects.

use super::SystemInstruction;
use crate::builtins::nonce::NONCE_ACCOUNT_LEN;
use crate::ids;
use crate::instruction::{AccountMeta, Instruction};
use crate::pubkey::Pubkey;

/// An address with seed, and the base and seed that it is derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeededAddress<'a> {
    /// The address, as [`Pubkey::with_seed`] returns it.
    pub address: Pubkey,
    /// Base of the derivation, which signs.
    pub base: Pubkey,
    /// Seed of the derivation.
    pub seed: &'a str,
}

fn build(instruction: &SystemInstruction, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id: ids::SYSTEM_PROGRAM,
        accounts,
        data: instruction.encode(),
    }
}

/// Moves lamports. `from` signs.
#[must_use]
pub fn transfer(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    let accounts = vec![AccountMeta::signer_writable(*from), AccountMeta::writable(*to)];
    build(&SystemInstruction::Transfer { lamports }, accounts)
}

/// Moves lamports from an address with seed, whose owner in the derivation is `from_owner`.
#[must_use]
pub fn transfer_with_seed(
    from: &SeededAddress<'_>,
    from_owner: &Pubkey,
    to: &Pubkey,
    lamports: u64,
) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(from.address),
        AccountMeta::signer(from.base),
        AccountMeta::writable(*to),
    ];
    let from_seed = from.seed.to_owned();
    build(
        &SystemInstruction::TransferWithSeed {
            lamports,
            from_seed,
            from_owner: *from_owner,
        },
        accounts,
    )
}

/// Creates an account with `lamports`, `space` bytes of data and an owner. Both keys sign.
#[must_use]
pub fn create_account(
    funder: &Pubkey,
    new: &Pubkey,
    lamports: u64,
    space: u64,
    owner: &Pubkey,
) -> Instruction {
    let accounts = vec![
        AccountMeta::signer_writable(*funder),
        AccountMeta::signer_writable(*new),
    ];
    build(
        &SystemInstruction::CreateAccount {
            lamports,
            space,
            owner: *owner,
        },
        accounts,
    )
}

/// Creates an account that may already hold lamports. `funding` is the funder and the amount, if lamports are moved.
#[must_use]
pub fn create_account_allow_prefund(
    new: &Pubkey,
    funding: Option<(&Pubkey, u64)>,
    space: u64,
    owner: &Pubkey,
) -> Instruction {
    let mut accounts = vec![AccountMeta::signer_writable(*new)];
    accounts.extend(funding.map(|(funder, _)| AccountMeta::signer_writable(*funder)));
    let lamports = funding.map_or(0, |(_, lamports)| lamports);
    build(
        &SystemInstruction::CreateAccountAllowPrefund {
            lamports,
            space,
            owner: *owner,
        },
        accounts,
    )
}

/// Creates an account at an address with seed. The funder and the base sign.
#[must_use]
pub fn create_account_with_seed(
    funder: &Pubkey,
    new: &SeededAddress<'_>,
    lamports: u64,
    space: u64,
    owner: &Pubkey,
) -> Instruction {
    let mut accounts = vec![
        AccountMeta::signer_writable(*funder),
        AccountMeta::writable(new.address),
    ];
    if new.base != *funder {
        accounts.push(AccountMeta::signer(new.base));
    }
    let seed = new.seed.to_owned();
    let instruction = SystemInstruction::CreateAccountWithSeed {
        base: new.base,
        seed,
        lamports,
        space,
        owner: *owner,
    };
    build(&instruction, accounts)
}

/// Assigns an account to a program. The account signs.
#[must_use]
pub fn assign(account: &Pubkey, owner: &Pubkey) -> Instruction {
    build(
        &SystemInstruction::Assign { owner: *owner },
        vec![AccountMeta::signer_writable(*account)],
    )
}

/// Assigns an account at an address with seed to a program. The base signs.
#[must_use]
pub fn assign_with_seed(account: &SeededAddress<'_>, owner: &Pubkey) -> Instruction {
    let seed = account.seed.to_owned();
    let instruction = SystemInstruction::AssignWithSeed {
        base: account.base,
        seed,
        owner: *owner,
    };
    build(
        &instruction,
        vec![
            AccountMeta::writable(account.address),
            AccountMeta::signer(account.base),
        ],
    )
}

/// Allocates `space` bytes of data for an account. The account signs.
#[must_use]
pub fn allocate(account: &Pubkey, space: u64) -> Instruction {
    build(
        &SystemInstruction::Allocate { space },
        vec![AccountMeta::signer_writable(*account)],
    )
}

/// Allocates data for an account at an address with seed, and assigns it. The base signs.
#[must_use]
pub fn allocate_with_seed(account: &SeededAddress<'_>, space: u64, owner: &Pubkey) -> Instruction {
    let seed = account.seed.to_owned();
    let instruction = SystemInstruction::AllocateWithSeed {
        base: account.base,
        seed,
        space,
        owner: *owner,
    };
    build(
        &instruction,
        vec![
            AccountMeta::writable(account.address),
            AccountMeta::signer(account.base),
        ],
    )
}

/// Creates and initializes a nonce account: two instructions. Funder and nonce sign.
#[must_use]
pub fn create_nonce_account(
    funder: &Pubkey,
    nonce: &Pubkey,
    authority: &Pubkey,
    lamports: u64,
) -> [Instruction; 2] {
    let space = u64::try_from(NONCE_ACCOUNT_LEN).expect("the size of a nonce account is small");
    [
        create_account(funder, nonce, lamports, space, &ids::SYSTEM_PROGRAM),
        initialize_nonce_account(nonce, authority),
    ]
}

/// Initializes an allocated account as a nonce account. No account signs.
#[must_use]
pub fn initialize_nonce_account(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(*nonce),
        AccountMeta::readonly(ids::SYSVAR_RECENT_BLOCKHASHES),
        AccountMeta::readonly(ids::SYSVAR_RENT),
    ];
    build(
        &SystemInstruction::InitializeNonceAccount {
            authority: *authority,
        },
        accounts,
    )
}

/// Advances a nonce. As the first instruction of a transaction it makes the nonce its recent blockhash.
#[must_use]
pub fn advance_nonce_account(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(*nonce),
        AccountMeta::readonly(ids::SYSVAR_RECENT_BLOCKHASHES),
        AccountMeta::signer(*authority),
    ];
    build(&SystemInstruction::AdvanceNonceAccount, accounts)
}

/// Withdraws lamports from a nonce account. The authority signs.
#[must_use]
pub fn withdraw_nonce_account(nonce: &Pubkey, authority: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(*nonce),
        AccountMeta::writable(*to),
        AccountMeta::readonly(ids::SYSVAR_RECENT_BLOCKHASHES),
        AccountMeta::readonly(ids::SYSVAR_RENT),
        AccountMeta::signer(*authority),
    ];
    build(&SystemInstruction::WithdrawNonceAccount { lamports }, accounts)
}

/// Assigns the authority of a nonce account to `new_authority`. The current authority signs.
#[must_use]
pub fn authorize_nonce_account(nonce: &Pubkey, authority: &Pubkey, new_authority: &Pubkey) -> Instruction {
    let accounts = vec![AccountMeta::writable(*nonce), AccountMeta::signer(*authority)];
    build(
        &SystemInstruction::AuthorizeNonceAccount {
            authority: *new_authority,
        },
        accounts,
    )
}

/// Upgrades a legacy nonce to the current version. No account signs.
#[must_use]
pub fn upgrade_nonce_account(nonce: &Pubkey) -> Instruction {
    build(
        &SystemInstruction::UpgradeNonceAccount,
        vec![AccountMeta::writable(*nonce)],
    )
}
