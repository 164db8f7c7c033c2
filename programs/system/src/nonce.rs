//! Durable nonces: initialize, advance, withdraw, authorize, upgrade.
//!
//! Order of checks, errors and log lines are Solana's (`solana-system-program` 4.x, `system_instruction`). A nonce
//! advances to the hash of the newest blockhash, at most once per block.

use isobath_program_abi::Hash;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion, durable_nonce};
use isobath_sdk::builtins::system::SystemError;
use isobath_sdk::ids;
use isobath_sdk::program::Frame;
use isobath_sdk::sysvar::rent::Rent;

/// Length of the tags; an uninitialized state writes nothing else.
const TAGS_LEN: usize = 8;

/// Advances the nonce in account 0; account 1 is RecentBlockhashes, the authority signs.
pub(crate) fn advance(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    require_recent_blockhashes(frame, 1, "Advance")?;
    let key = frame.key(0)?;
    require_writable(frame, 0, "Advance")?;
    let Some(data) = read(frame, 0)?.data else {
        frame.log(&format!("Advance nonce account: Account {key} state is invalid"));
        return Err(InstructionError::InvalidAccountData);
    };
    if !frame.has_signed(&data.authority) {
        frame.log(&format!(
            "Advance nonce account: Account {} must be a signer",
            data.authority
        ));
        return Err(InstructionError::MissingRequiredSignature);
    }
    require_advanceable(frame, &data, "Advance")?;
    let (durable_nonce, lamports_per_signature) = (next_nonce(frame), frame.lamports_per_signature());
    write_initialized(
        frame,
        0,
        NonceData {
            durable_nonce,
            lamports_per_signature,
            ..data
        },
    )
}

/// Moves lamports from the nonce in account 0 to account 1; withdrawing all of them closes the nonce.
pub(crate) fn withdraw(frame: &mut Frame<'_>, lamports: u64) -> Result<(), InstructionError> {
    frame.require_accounts(2)?;
    require_sysvar(frame, 2, &ids::SYSVAR_RECENT_BLOCKHASHES)?;
    frame.recent_blockhashes()?;
    let rent = rent(frame, 3)?;
    require_writable(frame, 0, "Withdraw")?;
    let data = read(frame, 0)?.data;
    let takes_all = lamports == frame.account(0)?.lamports();
    match &data {
        Some(data) if takes_all => require_advanceable(frame, data, "Withdraw")?,
        Some(_) => require_left(frame, lamports, &rent)?,
        None => require_balance(frame, lamports)?,
    }
    let signer = data.map_or_else(|| frame.key(0), |data| Ok(data.authority))?;
    if !frame.has_signed(&signer) {
        frame.log(&format!("Withdraw nonce account: Account {signer} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    if data.is_some() && takes_all {
        write_uninitialized(frame, 0)?;
    }
    frame.debit(0, lamports)?;
    frame.credit(1, lamports)
}

/// Initializes account 0 as a nonce of `authority`; accounts 1 and 2 are RecentBlockhashes and Rent.
pub(crate) fn initialize(frame: &mut Frame<'_>, authority: Pubkey) -> Result<(), InstructionError> {
    require_recent_blockhashes(frame, 1, "Initialize")?;
    let rent = rent(frame, 2)?;
    require_writable(frame, 0, "Initialize")?;
    if read(frame, 0)?.data.is_some() {
        let key = frame.key(0)?;
        frame.log(&format!(
            "Initialize nonce account: Account {key} state is invalid"
        ));
        return Err(InstructionError::InvalidAccountData);
    }
    let account = frame.account(0)?;
    let (balance, minimum) = (
        account.lamports(),
        rent.minimum_balance(account.data().len() as u64),
    );
    if balance < minimum {
        frame.log(&format!(
            "Initialize nonce account: insufficient lamports {balance}, need {minimum}"
        ));
        return Err(InstructionError::InsufficientFunds);
    }
    let (durable_nonce, lamports_per_signature) = (next_nonce(frame), frame.lamports_per_signature());
    write_initialized(
        frame,
        0,
        NonceData {
            authority,
            durable_nonce,
            lamports_per_signature,
        },
    )
}

/// Assigns a new authority to the nonce in account 0; the current one signs.
pub(crate) fn authorize(frame: &mut Frame<'_>, authority: Pubkey) -> Result<(), InstructionError> {
    require_writable(frame, 0, "Authorize")?;
    let state = read(frame, 0)?;
    let Some(data) = state.data else {
        let key = frame.key(0)?;
        frame.log(&format!(
            "Authorize nonce account: Account {key} state is invalid"
        ));
        return Err(InstructionError::InvalidAccountData);
    };
    if !frame.has_signed(&data.authority) {
        frame.log(&format!(
            "Authorize nonce account: Account {} must sign",
            data.authority
        ));
        return Err(InstructionError::MissingRequiredSignature);
    }
    let state = NonceState {
        data: Some(NonceData { authority, ..data }),
        ..state
    };
    frame.write_data(0, 0, &state.to_bytes())
}

/// Upgrades a nonce of the legacy version to the current one.
pub(crate) fn upgrade(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    if *frame.account(0)?.owner() != ids::SYSTEM_PROGRAM {
        return Err(InstructionError::InvalidAccountOwner);
    }
    if !frame.is_writable(0)? {
        return Err(InstructionError::InvalidArgument);
    }
    match read(frame, 0)? {
        NonceState {
            version: NonceVersion::Legacy,
            data: Some(data),
        } => {
            // The legacy version stored the blockhash itself.
            let durable_nonce = durable_nonce(&data.durable_nonce);
            write_initialized(
                frame,
                0,
                NonceData {
                    durable_nonce,
                    ..data
                },
            )
        }
        _ => Err(InstructionError::InvalidArgument),
    }
}

fn next_nonce(frame: &Frame<'_>) -> Hash {
    durable_nonce(&frame.blockhash())
}

fn read(frame: &Frame<'_>, position: usize) -> Result<NonceState, InstructionError> {
    NonceState::from_bytes(frame.account(position)?.data()).map_err(|_| InstructionError::InvalidAccountData)
}

fn write_initialized(
    frame: &mut Frame<'_>,
    position: usize,
    data: NonceData,
) -> Result<(), InstructionError> {
    frame.write_data(position, 0, &NonceState::initialized(data).to_bytes())
}

fn write_uninitialized(frame: &mut Frame<'_>, position: usize) -> Result<(), InstructionError> {
    let state = NonceState {
        version: NonceVersion::Current,
        data: None,
    };
    frame.write_data(position, 0, &state.to_bytes()[..TAGS_LEN])
}

fn require_writable(frame: &mut Frame<'_>, position: usize, verb: &str) -> Result<(), InstructionError> {
    if frame.is_writable(position)? {
        return Ok(());
    }
    let key = frame.key(position)?;
    frame.log(&format!("{verb} nonce account: Account {key} must be writeable"));
    Err(InstructionError::InvalidArgument)
}

/// Fails if the nonce already has the value that it would advance to.
fn require_advanceable(frame: &mut Frame<'_>, data: &NonceData, verb: &str) -> Result<(), InstructionError> {
    if data.durable_nonce != next_nonce(frame) {
        return Ok(());
    }
    frame.log(&format!(
        "{verb} nonce account: nonce can only advance once per slot"
    ));
    Err(SystemError::NonceBlockhashNotExpired.into())
}

/// Fails unless account 0 holds `lamports` and the rent minimum on top.
fn require_left(frame: &mut Frame<'_>, lamports: u64, rent: &Rent) -> Result<(), InstructionError> {
    let minimum = rent.minimum_balance(frame.account(0)?.data().len() as u64);
    let needed = lamports.checked_add(minimum);
    require_balance(frame, needed.ok_or(InstructionError::InsufficientFunds)?)
}

fn require_balance(frame: &mut Frame<'_>, needed: u64) -> Result<(), InstructionError> {
    let balance = frame.account(0)?.lamports();
    if needed <= balance {
        return Ok(());
    }
    frame.log(&format!(
        "Withdraw nonce account: insufficient lamports {balance}, need {needed}"
    ));
    Err(InstructionError::InsufficientFunds)
}

fn require_recent_blockhashes(
    frame: &mut Frame<'_>,
    position: usize,
    verb: &str,
) -> Result<(), InstructionError> {
    require_sysvar(frame, position, &ids::SYSVAR_RECENT_BLOCKHASHES)?;
    if frame.recent_blockhashes()?.entries().is_empty() {
        frame.log(&format!("{verb} nonce account: recent blockhash list is empty"));
        return Err(SystemError::NonceNoRecentBlockhashes.into());
    }
    Ok(())
}

fn rent(frame: &Frame<'_>, position: usize) -> Result<Rent, InstructionError> {
    require_sysvar(frame, position, &ids::SYSVAR_RENT)?;
    frame.rent()
}

/// Fails unless account `position` is this sysvar.
fn require_sysvar(frame: &Frame<'_>, position: usize, id: &Pubkey) -> Result<(), InstructionError> {
    match frame.key(position)? == *id {
        true => Ok(()),
        false => Err(InstructionError::InvalidArgument),
    }
}
