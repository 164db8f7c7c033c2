//! Associated token accounts: one token account for each wallet and mint, at an address derived from both.
//!
//! ```text
//!  nothing or 0  create   1  create unless it exists   2  recover a nested account
//! ```
//!
//! Decoding is Solana's: any other data is rejected.

use crate::ids;
use crate::instruction::{AccountMeta, Instruction};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// An instruction of the associated token account program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssociatedTokenInstruction {
    /// Create the account. Accounts: payer (signer, writable), account (writable), wallet, mint, System program, token
    /// program.
    Create,
    /// Create the account unless it exists. Accounts as for a creation.
    CreateIdempotent,
    /// Move the tokens of an account whose wallet is itself an associated account. Accounts: nested account (writable),
    /// its mint, destination (writable), owning account, its mint, wallet (signer, writable), token program.
    RecoverNested,
}

impl AssociatedTokenInstruction {
    /// Reads instruction data.
    ///
    /// # Errors
    /// [`InstructionError::InvalidInstructionData`].
    pub const fn decode(data: &[u8]) -> Result<Self, InstructionError> {
        Ok(match data {
            [] | [0] => Self::Create,
            [1] => Self::CreateIdempotent,
            [2] => Self::RecoverNested,
            _ => return Err(InstructionError::InvalidInstructionData),
        })
    }

    /// The instruction data.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        vec![match self {
            Self::Create => 0,
            Self::CreateIdempotent => 1,
            Self::RecoverNested => 2,
        }]
    }

    /// The name that the program logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::CreateIdempotent => "CreateIdempotent",
            Self::RecoverNested => "RecoverNested",
        }
    }
}

/// The only error of the program's own: the account at the address has another owner.
pub const INVALID_OWNER: InstructionError = InstructionError::Custom(0);

/// The address of the account of `wallet` for `mint`, whose accounts `token_program` has, and its bump; `None` if no bump
/// gives an address, which no one has ever seen.
#[must_use]
pub fn associated_token_address(
    wallet: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Option<(Pubkey, u8)> {
    let seeds: [&[u8]; 3] = [&wallet.0, &token_program.0, &mint.0];
    Pubkey::find_program_address(&seeds, &ids::ASSOCIATED_TOKEN_PROGRAM)
}

fn creation(
    payer: &Pubkey,
    wallet: &Pubkey,
    mint: &Pubkey,
    instruction: AssociatedTokenInstruction,
) -> Option<Instruction> {
    let (account, _) = associated_token_address(wallet, mint, &ids::TOKEN_PROGRAM)?;
    let accounts = vec![
        AccountMeta::signer_writable(*payer),
        AccountMeta::writable(account),
        AccountMeta::readonly(*wallet),
        AccountMeta::readonly(*mint),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
        AccountMeta::readonly(ids::TOKEN_PROGRAM),
    ];
    Some(Instruction::new(
        ids::ASSOCIATED_TOKEN_PROGRAM,
        accounts,
        instruction.encode(),
    ))
}

/// Creates the account of `wallet` for `mint`; `None` as for [`associated_token_address`].
#[must_use]
pub fn create(payer: &Pubkey, wallet: &Pubkey, mint: &Pubkey) -> Option<Instruction> {
    creation(payer, wallet, mint, AssociatedTokenInstruction::Create)
}

/// Creates the account of `wallet` for `mint` unless it exists; `None` as for [`associated_token_address`].
#[must_use]
pub fn create_idempotent(payer: &Pubkey, wallet: &Pubkey, mint: &Pubkey) -> Option<Instruction> {
    creation(payer, wallet, mint, AssociatedTokenInstruction::CreateIdempotent)
}

/// Moves the tokens of the account for `nested_mint` whose wallet is the account of `wallet` for `mint` to that of
/// `wallet`, and closes it; `None` as for [`associated_token_address`].
#[must_use]
pub fn recover_nested(wallet: &Pubkey, mint: &Pubkey, nested_mint: &Pubkey) -> Option<Instruction> {
    let token = &ids::TOKEN_PROGRAM;
    let (owner, _) = associated_token_address(wallet, mint, token)?;
    let (destination, _) = associated_token_address(wallet, nested_mint, token)?;
    let (nested, _) = associated_token_address(&owner, nested_mint, token)?;
    let accounts = vec![
        AccountMeta::writable(nested),
        AccountMeta::readonly(*nested_mint),
        AccountMeta::writable(destination),
        AccountMeta::readonly(owner),
        AccountMeta::readonly(*mint),
        AccountMeta::signer_writable(*wallet),
        AccountMeta::readonly(*token),
    ];
    Some(Instruction::new(
        ids::ASSOCIATED_TOKEN_PROGRAM,
        accounts,
        AssociatedTokenInstruction::RecoverNested.encode(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_byte_of_three_or_nothing_decodes() {
        use AssociatedTokenInstruction as I;
        assert_eq!(I::decode(&[]), Ok(I::Create));
        for instruction in [I::Create, I::CreateIdempotent, I::RecoverNested] {
            assert_eq!(I::decode(&instruction.encode()), Ok(instruction));
        }
        for data in [&[3][..], &[0, 0], &[255]] {
            assert_eq!(I::decode(data), Err(InstructionError::InvalidInstructionData));
        }
    }

    #[test]
    fn the_address_equals_the_vector() {
        let key = |text: &str| text.parse::<Pubkey>().unwrap();
        let wallet = key("AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9");
        let mint = key("9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu");
        let address = key("A2XhaCzf7YeQdxcYQvhHufAHnS6Ae8e9UWXMfawxrZHW");
        assert_eq!(
            associated_token_address(&wallet, &mint, &ids::TOKEN_PROGRAM),
            Some((address, 255))
        );
        assert_eq!(
            create(&wallet, &wallet, &mint).unwrap().accounts[1].pubkey,
            address
        );
    }
}
