//! The operations of the System instructions, one function each.
//!
//! Every function makes its checks in the order of Solana's program, because the first failing check decides the error
//! that a client sees; each failure also writes Solana's log line.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::system::SystemError;
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::address::{Address, derive};

/// The account to create, with the positions of the funder and of the new account in the instruction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Creation {
    pub(crate) funder: usize,
    pub(crate) new: usize,
    pub(crate) lamports: u64,
    pub(crate) space: u64,
    pub(crate) owner: Pubkey,
}

impl Creation {
    /// The first position is the funder's, the second the new account's.
    pub(crate) const fn new([funder, new]: [usize; 2], lamports: u64, space: u64, owner: Pubkey) -> Self {
        Self {
            funder,
            new,
            lamports,
            space,
            owner,
        }
    }
}

/// Creates an account that holds nothing yet and funds it.
pub(crate) fn create_account(
    frame: &mut Frame<'_>,
    address: &Address,
    creation: &Creation,
) -> Result<(), InstructionError> {
    if frame.account(creation.new)?.lamports() > 0 {
        frame.log(&format!(
            "Create Account: account {} already in use",
            address.log_text()
        ));
        return Err(SystemError::AccountAlreadyInUse.into());
    }
    allocate(frame, creation.new, address, creation.space)?;
    assign(frame, creation.new, address, &creation.owner)?;
    transfer(frame, creation.funder, creation.new, creation.lamports)
}

/// Creates an account that may already hold lamports; the funder is needed only if lamports are moved.
pub(crate) fn create_account_allow_prefund(
    frame: &mut Frame<'_>,
    address: &Address,
    creation: &Creation,
) -> Result<(), InstructionError> {
    if creation.lamports > 0 {
        frame.require_accounts(2)?;
    }
    allocate(frame, creation.new, address, creation.space)?;
    assign(frame, creation.new, address, &creation.owner)?;
    if creation.lamports == 0 {
        return Ok(());
    }
    transfer(frame, creation.funder, creation.new, creation.lamports)
}

/// Allocates `space` bytes of zeros for an empty system account.
pub(crate) fn allocate(
    frame: &mut Frame<'_>,
    position: usize,
    address: &Address,
    space: u64,
) -> Result<(), InstructionError> {
    if !address.has_signed(frame) {
        frame.log(&format!(
            "Allocate: 'to' account {} must sign",
            address.log_text()
        ));
        return Err(InstructionError::MissingRequiredSignature);
    }
    let account = frame.account(position)?;
    if !account.data().is_empty() || *account.owner() != ids::SYSTEM_PROGRAM {
        frame.log(&format!(
            "Allocate: account {} already in use",
            address.log_text()
        ));
        return Err(SystemError::AccountAlreadyInUse.into());
    }
    let len_max = frame.rules().account_data_len_max;
    match usize::try_from(space) {
        Ok(len) if len <= len_max => frame.resize_data(position, len),
        _ => {
            frame.log(&format!("Allocate: requested {space}, max allowed {len_max}"));
            Err(SystemError::InvalidAccountDataLength.into())
        }
    }
}

/// Assigns an account to another program; assigning it to its current owner needs no signature.
pub(crate) fn assign(
    frame: &mut Frame<'_>,
    position: usize,
    address: &Address,
    owner: &Pubkey,
) -> Result<(), InstructionError> {
    if frame.account(position)?.owner() == owner {
        return Ok(());
    }
    if !address.has_signed(frame) {
        frame.log(&format!("Assign: account {} must sign", address.log_text()));
        return Err(InstructionError::MissingRequiredSignature);
    }
    frame.set_owner(position, owner)
}

/// Moves lamports out of an account that signed.
pub(crate) fn transfer(
    frame: &mut Frame<'_>,
    from: usize,
    to: usize,
    lamports: u64,
) -> Result<(), InstructionError> {
    if !frame.is_signer(from)? {
        let key = frame.key(from)?;
        frame.log(&format!("Transfer: `from` account {key} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    move_lamports(frame, from, to, lamports)
}

/// Moves lamports from account 0, whose address is derived from the signing base in account 1, to account 2.
pub(crate) fn transfer_with_seed(
    frame: &mut Frame<'_>,
    lamports: u64,
    seed: &str,
    owner: &Pubkey,
) -> Result<(), InstructionError> {
    let base = frame.key(1)?;
    if !frame.is_signer(1)? {
        frame.log(&format!("Transfer: 'from' account {base} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    let derived = derive(&base, seed, owner)?;
    let from = frame.key(0)?;
    if from != derived {
        frame.log(&format!(
            "Transfer: 'from' address {from} does not match derived address {derived}"
        ));
        return Err(SystemError::AddressWithSeedMismatch.into());
    }
    move_lamports(frame, 0, 2, lamports)
}

fn move_lamports(
    frame: &mut Frame<'_>,
    from: usize,
    to: usize,
    lamports: u64,
) -> Result<(), InstructionError> {
    let account = frame.account(from)?;
    let balance = account.lamports();
    if !account.data().is_empty() {
        frame.log("Transfer: `from` must not carry data");
        return Err(InstructionError::InvalidArgument);
    }
    if lamports > balance {
        frame.log(&format!(
            "Transfer: insufficient lamports {balance}, need {lamports}"
        ));
        return Err(SystemError::ResultWithNegativeLamports.into());
    }
    frame.debit(from, lamports)?;
    frame.credit(to, lamports)
}
