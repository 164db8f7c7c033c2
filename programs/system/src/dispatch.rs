//! Decodes an instruction and runs its operation.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::program::{DirectCall, Frame};
use isobath_sdk::rules::Feature;

use crate::address::Address;
use crate::operations::Creation;
use crate::{nonce, operations};

/// Compute units of one System instruction.
pub const COMPUTE_UNITS: u64 = 150;

/// Tag of a transfer, which eight bytes of lamports follow.
const TRANSFER: [u8; 4] = 2_u32.to_le_bytes();

/// The calls whose effect is known from their data: a transfer of something.
#[must_use]
pub fn direct(data: &[u8]) -> Option<DirectCall> {
    let lamports = data.strip_prefix(&TRANSFER)?;
    let lamports = u64::from_le_bytes(lamports.try_into().ok()?);
    let call = DirectCall {
        compute_units: COMPUTE_UNITS,
        lamports,
    };
    (lamports > 0).then_some(call)
}

/// Runs one instruction.
///
/// # Errors
/// `ComputationalBudgetExceeded`, `InvalidInstructionData` for bytes that do not decode, `MissingAccount`,
/// and the errors of the operation, among them `Custom(SystemError)`.
pub fn call(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(COMPUTE_UNITS)?;
    let instruction = SystemInstruction::decode(frame.instruction_data())?;
    if matches!(instruction, SystemInstruction::CreateAccountAllowPrefund { .. })
        && !frame.rules().is_active(Feature::CREATE_ACCOUNT_ALLOW_PREFUND)
    {
        return Err(InstructionError::InvalidInstructionData);
    }
    frame.require_accounts(accounts_min(&instruction))?;
    run(frame, instruction)
}

/// Minimum number of accounts of an instruction.
const fn accounts_min(instruction: &SystemInstruction) -> usize {
    match instruction {
        SystemInstruction::CreateAccount { .. }
        | SystemInstruction::CreateAccountWithSeed { .. }
        | SystemInstruction::Transfer { .. } => 2,
        SystemInstruction::TransferWithSeed { .. } => 3,
        _ => 1,
    }
}

fn run(frame: &mut Frame<'_>, instruction: SystemInstruction) -> Result<(), InstructionError> {
    use SystemInstruction as I;
    match instruction {
        I::CreateAccount {
            lamports,
            space,
            owner,
        } => {
            let address = Address::plain(frame.key(1)?);
            operations::create_account(frame, &address, &Creation::new([0, 1], lamports, space, owner))
        }
        I::CreateAccountWithSeed {
            base,
            seed,
            lamports,
            space,
            owner,
        } => {
            let address = Address::seeded(frame, 1, &base, &seed, &owner)?;
            operations::create_account(frame, &address, &Creation::new([0, 1], lamports, space, owner))
        }
        I::CreateAccountAllowPrefund {
            lamports,
            space,
            owner,
        } => {
            let address = Address::plain(frame.key(0)?);
            let creation = Creation::new([1, 0], lamports, space, owner);
            operations::create_account_allow_prefund(frame, &address, &creation)
        }
        I::Assign { owner } => {
            let address = Address::plain(frame.key(0)?);
            operations::assign(frame, 0, &address, &owner)
        }
        I::AssignWithSeed { base, seed, owner } => {
            let address = Address::seeded(frame, 0, &base, &seed, &owner)?;
            operations::assign(frame, 0, &address, &owner)
        }
        I::Allocate { space } => {
            let address = Address::plain(frame.key(0)?);
            operations::allocate(frame, 0, &address, space)
        }
        I::AllocateWithSeed {
            base,
            seed,
            space,
            owner,
        } => {
            let address = Address::seeded(frame, 0, &base, &seed, &owner)?;
            operations::allocate(frame, 0, &address, space)?;
            operations::assign(frame, 0, &address, &owner)
        }
        I::Transfer { lamports } => operations::transfer(frame, 0, 1, lamports),
        I::TransferWithSeed {
            lamports,
            from_seed,
            from_owner,
        } => operations::transfer_with_seed(frame, lamports, &from_seed, &from_owner),
        I::AdvanceNonceAccount => nonce::advance(frame),
        I::WithdrawNonceAccount { lamports } => nonce::withdraw(frame, lamports),
        I::InitializeNonceAccount { authority } => nonce::initialize(frame, authority),
        I::AuthorizeNonceAccount { authority } => nonce::authorize(frame, authority),
        I::UpgradeNonceAccount => nonce::upgrade(frame),
    }
}
