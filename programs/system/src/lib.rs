//! The System program: moves lamports, creates accounts and gives them to programs.
//!
//! Semantics, errors and log lines are Solana's (`solana-system-program` 4.x). Invariant: the program
//! changes accounts only through the [`Frame`], so the account rules hold whatever an instruction asks.
//!
//! ```text
//! call -> charge compute units -> decode -> operations::{create_account, assign, transfer, allocate, ...}
//! ```
//!
//! Deliberately absent until durable nonces exist in the runtime: the five nonce instructions, which are
//! refused with `InvalidInstructionData` and a log line that says so.

mod address;
mod operations;

use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::program::Frame;
use isobath_sdk::system::SystemInstruction;

use address::Address;
use operations::Creation;

/// Compute units of one System instruction.
pub const COMPUTE_UNITS: u64 = 150;

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData` for bytes that do not decode, `MissingAccount`,
/// and what the operation reports, `Custom(SystemError)` among it.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    match SystemInstruction::decode(frame.data())? {
        SystemInstruction::CreateAccount {
            lamports,
            space,
            owner,
        } => {
            frame.require_accounts(2)?;
            let address = Address::plain(frame.key(1)?);
            let creation = Creation {
                funder: 0,
                new: 1,
                lamports,
                space,
                owner,
            };
            operations::create_account(frame, &address, &creation)
        }
        SystemInstruction::CreateAccountWithSeed {
            base,
            seed,
            lamports,
            space,
            owner,
        } => {
            frame.require_accounts(2)?;
            let address = Address::seeded(frame, 1, &base, &seed, &owner)?;
            let creation = Creation {
                funder: 0,
                new: 1,
                lamports,
                space,
                owner,
            };
            operations::create_account(frame, &address, &creation)
        }
        SystemInstruction::CreateAccountAllowPrefund {
            lamports,
            space,
            owner,
        } => {
            frame.require_accounts(1)?;
            let address = Address::plain(frame.key(0)?);
            let creation = Creation {
                funder: 1,
                new: 0,
                lamports,
                space,
                owner,
            };
            operations::create_account_allow_prefund(frame, &address, &creation)
        }
        SystemInstruction::Assign { owner } => {
            frame.require_accounts(1)?;
            let address = Address::plain(frame.key(0)?);
            operations::assign(frame, 0, &address, &owner)
        }
        SystemInstruction::AssignWithSeed { base, seed, owner } => {
            frame.require_accounts(1)?;
            let address = Address::seeded(frame, 0, &base, &seed, &owner)?;
            operations::assign(frame, 0, &address, &owner)
        }
        SystemInstruction::Allocate { space } => {
            frame.require_accounts(1)?;
            let address = Address::plain(frame.key(0)?);
            operations::allocate(frame, 0, &address, space)
        }
        SystemInstruction::AllocateWithSeed {
            base,
            seed,
            space,
            owner,
        } => {
            frame.require_accounts(1)?;
            let address = Address::seeded(frame, 0, &base, &seed, &owner)?;
            operations::allocate(frame, 0, &address, space)?;
            operations::assign(frame, 0, &address, &owner)
        }
        SystemInstruction::Transfer { lamports } => {
            frame.require_accounts(2)?;
            operations::transfer(frame, 0, 1, lamports)
        }
        SystemInstruction::TransferWithSeed {
            lamports,
            from_seed,
            from_owner,
        } => {
            frame.require_accounts(3)?;
            operations::transfer_with_seed(frame, lamports, &from_seed, &from_owner)
        }
        SystemInstruction::AdvanceNonceAccount
        | SystemInstruction::WithdrawNonceAccount { .. }
        | SystemInstruction::InitializeNonceAccount { .. }
        | SystemInstruction::AuthorizeNonceAccount { .. }
        | SystemInstruction::UpgradeNonceAccount => {
            frame.log("Nonce: durable nonces are not supported by this version of the runtime");
            Err(InstructionError::InvalidInstructionData)
        }
    }
}
