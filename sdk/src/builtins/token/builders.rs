//! Instructions of the token program as a client sends them. The authority signs itself; for one that is a multisig
//! clear its signature and append the signers.

use super::{AuthorityType, CheckedAmount, NewMint, TokenInstruction};
use crate::ids;
use crate::instruction::{AccountMeta, Instruction};
use crate::pubkey::Pubkey;

fn build(instruction: &TokenInstruction<'_>, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction::new(ids::TOKEN_PROGRAM, accounts, instruction.encode())
}

/// Initializes a mint.
#[must_use]
pub fn initialize_mint2(mint: &Pubkey, new: NewMint) -> Instruction {
    build(
        &TokenInstruction::InitializeMint2(new),
        vec![AccountMeta::writable(*mint)],
    )
}

/// Initializes an account of `mint`.
#[must_use]
pub fn initialize_account3(account: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::InitializeAccount3 { owner: *owner },
        vec![AccountMeta::writable(*account), AccountMeta::readonly(*mint)],
    )
}

/// Initializes a multisig of which `required` signers must sign.
#[must_use]
pub fn initialize_multisig2(multisig: &Pubkey, signers: &[Pubkey], required: u8) -> Instruction {
    let mut accounts = vec![AccountMeta::writable(*multisig)];
    accounts.extend(signers.iter().copied().map(AccountMeta::readonly));
    build(&TokenInstruction::InitializeMultisig2 { required }, accounts)
}

/// Says that the owner of an account will not change; the token program has nothing to do for it.
#[must_use]
pub fn initialize_immutable_owner(account: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::InitializeImmutableOwner,
        vec![AccountMeta::writable(*account)],
    )
}

/// Asks for the length of an account of `mint` whose owner will not change.
#[must_use]
pub fn get_account_data_size(mint: &Pubkey) -> Instruction {
    /// The extension of the newer token program that fixes the owner; the token program ignores it.
    const IMMUTABLE_OWNER: [u8; 2] = 7_u16.to_le_bytes();
    let mut instruction = build(
        &TokenInstruction::GetAccountDataSize,
        vec![AccountMeta::readonly(*mint)],
    );
    instruction.data.extend(IMMUTABLE_OWNER);
    instruction
}

/// Moves tokens.
#[must_use]
pub fn transfer(source: &Pubkey, destination: &Pubkey, authority: &Pubkey, amount: u64) -> Instruction {
    build(
        &TokenInstruction::Transfer { amount },
        vec![
            AccountMeta::writable(*source),
            AccountMeta::writable(*destination),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Moves tokens of a mint that must have these decimals.
#[must_use]
pub fn transfer_checked(
    source: &Pubkey,
    mint: &Pubkey,
    destination: &Pubkey,
    authority: &Pubkey,
    checked: CheckedAmount,
) -> Instruction {
    build(
        &TokenInstruction::TransferChecked(checked),
        vec![
            AccountMeta::writable(*source),
            AccountMeta::readonly(*mint),
            AccountMeta::writable(*destination),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Lets `delegate` move tokens.
#[must_use]
pub fn approve(source: &Pubkey, delegate: &Pubkey, owner: &Pubkey, amount: u64) -> Instruction {
    build(
        &TokenInstruction::Approve { amount },
        vec![
            AccountMeta::writable(*source),
            AccountMeta::readonly(*delegate),
            AccountMeta::signer(*owner),
        ],
    )
}

/// Lets `delegate` move tokens of a mint that must have these decimals.
#[must_use]
pub fn approve_checked(
    source: &Pubkey,
    mint: &Pubkey,
    delegate: &Pubkey,
    owner: &Pubkey,
    checked: CheckedAmount,
) -> Instruction {
    build(
        &TokenInstruction::ApproveChecked(checked),
        vec![
            AccountMeta::writable(*source),
            AccountMeta::readonly(*mint),
            AccountMeta::readonly(*delegate),
            AccountMeta::signer(*owner),
        ],
    )
}

/// Dismisses the delegate.
#[must_use]
pub fn revoke(source: &Pubkey, owner: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::Revoke,
        vec![AccountMeta::writable(*source), AccountMeta::signer(*owner)],
    )
}

/// Changes an authority, or drops it.
#[must_use]
pub fn set_authority(
    account: &Pubkey,
    current: &Pubkey,
    authority: AuthorityType,
    new: Option<Pubkey>,
) -> Instruction {
    build(
        &TokenInstruction::SetAuthority { authority, new },
        vec![AccountMeta::writable(*account), AccountMeta::signer(*current)],
    )
}

/// Creates tokens.
#[must_use]
pub fn mint_to(mint: &Pubkey, destination: &Pubkey, authority: &Pubkey, amount: u64) -> Instruction {
    build(
        &TokenInstruction::MintTo { amount },
        vec![
            AccountMeta::writable(*mint),
            AccountMeta::writable(*destination),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Creates tokens of a mint that must have these decimals.
#[must_use]
pub fn mint_to_checked(
    mint: &Pubkey,
    destination: &Pubkey,
    authority: &Pubkey,
    checked: CheckedAmount,
) -> Instruction {
    let mut instruction = mint_to(mint, destination, authority, checked.amount);
    instruction.data = TokenInstruction::MintToChecked(checked).encode();
    instruction
}

/// Destroys tokens.
#[must_use]
pub fn burn(account: &Pubkey, mint: &Pubkey, authority: &Pubkey, amount: u64) -> Instruction {
    build(
        &TokenInstruction::Burn { amount },
        vec![
            AccountMeta::writable(*account),
            AccountMeta::writable(*mint),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Closes an account and moves its lamports to `destination`.
#[must_use]
pub fn close_account(account: &Pubkey, destination: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::CloseAccount,
        vec![
            AccountMeta::writable(*account),
            AccountMeta::writable(*destination),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Freezes an account.
#[must_use]
pub fn freeze_account(account: &Pubkey, mint: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::FreezeAccount,
        vec![
            AccountMeta::writable(*account),
            AccountMeta::readonly(*mint),
            AccountMeta::signer(*authority),
        ],
    )
}

/// Thaws an account.
#[must_use]
pub fn thaw_account(account: &Pubkey, mint: &Pubkey, authority: &Pubkey) -> Instruction {
    let mut instruction = freeze_account(account, mint, authority);
    instruction.data = TokenInstruction::ThawAccount.encode();
    instruction
}

/// Sets the amount of a native account to its lamports above the rent minimum.
#[must_use]
pub fn sync_native(account: &Pubkey) -> Instruction {
    build(
        &TokenInstruction::SyncNative,
        vec![AccountMeta::writable(*account)],
    )
}
