//! The System program.

use isobath_sdk::builtins::system::SystemInstruction as I;
use isobath_sdk::ids;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::running::Running;
use super::system_nonces as nonces;

const IN_USE: Ix = Ix::Custom(0);
const TOO_FEW_LAMPORTS: Ix = Ix::Custom(1);
const TOO_LONG: Ix = Ix::Custom(3);
const LEN_MAX: u64 = 10 << 20;

pub(super) fn run(running: &mut Running<'_>) -> Result<(), Ix> {
    running.consume(150)?;
    let instruction = I::decode(running.data())?;
    let least = match instruction {
        I::CreateAccount { .. } | I::Transfer { .. } => 2,
        _ => 1,
    };
    if running.metas().len() < least {
        return Err(Ix::MissingAccount);
    }
    match instruction {
        I::CreateAccount {
            lamports,
            space,
            owner,
        } => {
            if running.account(1)?.lamports > 0 {
                return Err(IN_USE);
            }
            create(running, 1, space, &owner)?;
            transfer(running, 0, 1, lamports)
        }
        I::CreateAccountAllowPrefund {
            lamports,
            space,
            owner,
        } => {
            if lamports > 0 && running.metas().len() < 2 {
                return Err(Ix::MissingAccount);
            }
            create(running, 0, space, &owner)?;
            match lamports {
                0 => Ok(()),
                lamports => transfer(running, 1, 0, lamports),
            }
        }
        I::Transfer { lamports } => transfer(running, 0, 1, lamports),
        I::Assign { owner } => assign(running, 0, &owner),
        I::Allocate { space } => allocate(running, 0, space),
        I::AdvanceNonceAccount => nonces::advance(running),
        I::WithdrawNonceAccount { lamports } => nonces::withdraw(running, lamports),
        I::InitializeNonceAccount { authority } => nonces::initialize(running, &authority),
        I::AuthorizeNonceAccount { authority } => nonces::authorize(running, &authority),
        I::UpgradeNonceAccount => nonces::upgrade(running),
        other => panic!("the generator asks for nothing else: {other:?}"),
    }
}

fn create(running: &mut Running<'_>, position: usize, space: u64, owner: &Pubkey) -> Result<(), Ix> {
    allocate(running, position, space)?;
    assign(running, position, owner)
}

fn allocate(running: &mut Running<'_>, position: usize, space: u64) -> Result<(), Ix> {
    running.require_signature(&running.key(position)?)?;
    let account = running.account(position)?;
    if !account.data.is_empty() || account.owner != ids::SYSTEM_PROGRAM {
        return Err(IN_USE);
    }
    if space > LEN_MAX {
        return Err(TOO_LONG);
    }
    running.resize(position, space)
}

fn assign(running: &mut Running<'_>, position: usize, owner: &Pubkey) -> Result<(), Ix> {
    if running.account(position)?.owner == *owner {
        return Ok(());
    }
    running.require_signature(&running.key(position)?)?;
    running.assign(position, owner)
}

fn transfer(running: &mut Running<'_>, from: usize, to: usize, lamports: u64) -> Result<(), Ix> {
    if !running.meta(from)?.is_signer {
        return Err(Ix::MissingRequiredSignature);
    }
    let account = running.account(from)?;
    if !account.data.is_empty() {
        return Err(Ix::InvalidArgument);
    }
    if lamports > account.lamports {
        return Err(TOO_FEW_LAMPORTS);
    }
    running.transfer(from, to, lamports)
}
