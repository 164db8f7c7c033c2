//! The table in account 0: its authority and its contents.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::lookup_table::{LookupTable, LookupTableError, LookupTableMeta};
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

/// Position of the table in every instruction.
pub(crate) const TABLE: usize = 0;
/// Position of the authority in every instruction.
pub(crate) const AUTHORITY: usize = 1;
/// Position of the payer in instructions that move lamports into the table.
pub(crate) const PAYER: usize = 2;

/// The error for a read-only table that would grow. A bytecode program cannot leave that check to the runtime, so
/// Solana's has its own number for the error, and so has this one.
pub(crate) const READONLY_DATA: InstructionError = InstructionError::Custom(10);
/// A read-only account whose balance would change by closing a table.
pub(crate) const READONLY_LAMPORTS: InstructionError = InstructionError::Custom(11);

/// The parts of a table that the instructions need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) meta: LookupTableMeta,
    pub(crate) key_count: usize,
}

/// The line to log if the table is frozen; extending logs none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FrozenLine {
    Silent,
    Says(&'static str),
}

/// Fails unless the instruction has at least `count` accounts, with the error of a bytecode program.
///
/// # Errors
/// `NotEnoughAccountKeys`.
pub(crate) const fn require_accounts(frame: &Frame<'_>, count: usize) -> Result<(), InstructionError> {
    match frame.account_count() < count {
        true => Err(InstructionError::NotEnoughAccountKeys),
        false => Ok(()),
    }
}

/// The key of the authority of a table of this program, which must sign.
///
/// # Errors
/// `NotEnoughAccountKeys`, `InvalidAccountOwner` for a table of another program, `MissingRequiredSignature`.
pub(crate) fn signing_authority(frame: &mut Frame<'_>) -> Result<Pubkey, InstructionError> {
    require_accounts(frame, 1)?;
    if *frame.account(TABLE)?.owner() != ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Err(InstructionError::InvalidAccountOwner);
    }
    require_accounts(frame, 2)?;
    require_signer(frame, AUTHORITY, "Authority")?;
    frame.key(AUTHORITY)
}

/// Reads the table and checks that `authority` may change it.
///
/// # Errors
/// `UninitializedAccount` or `InvalidAccountData` for other contents, `Immutable` for a frozen table,
/// `IncorrectAuthority`.
pub(crate) fn read_for(
    frame: &mut Frame<'_>,
    authority: &Pubkey,
    frozen: FrozenLine,
) -> Result<Table, InstructionError> {
    let table = read(frame.account(TABLE)?.data())?;
    match table.meta.authority {
        None => {
            if let FrozenLine::Says(line) = frozen {
                frame.log(line);
            }
            Err(InstructionError::Immutable)
        }
        Some(key) if key != *authority => Err(InstructionError::IncorrectAuthority),
        Some(_) => Ok(table),
    }
}

/// Fails with `line` unless the table is active.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn require_active(
    frame: &mut Frame<'_>,
    table: &Table,
    line: &str,
) -> Result<(), InstructionError> {
    if table.meta.deactivation_slot == u64::MAX {
        return Ok(());
    }
    frame.log(line);
    Err(InstructionError::InvalidArgument)
}

/// Writes the header before the keys.
///
/// # Errors
/// `ReadonlyDataModified` and the like.
pub(crate) fn write_meta(frame: &mut Frame<'_>, meta: &LookupTableMeta) -> Result<(), InstructionError> {
    frame.write_data(TABLE, 0, &meta.to_bytes())
}

/// Fails with a line about `role` unless account `position` signed.
///
/// # Errors
/// `MissingRequiredSignature`, `MissingAccount`.
pub(crate) fn require_signer(
    frame: &mut Frame<'_>,
    position: usize,
    role: &str,
) -> Result<(), InstructionError> {
    if frame.is_signer(position)? {
        return Ok(());
    }
    frame.log(&format!("{role} account must be a signer"));
    Err(InstructionError::MissingRequiredSignature)
}

/// Lamports that a table of `data_len` bytes with this balance lacks.
///
/// # Errors
/// `UnsupportedSysvar`.
pub(crate) fn missing_lamports(
    frame: &Frame<'_>,
    data_len: usize,
    balance: u64,
) -> Result<u64, InstructionError> {
    Ok(frame
        .rent()?
        .minimum_balance(data_len as u64)
        .max(1)
        .saturating_sub(balance))
}

fn read(data: &[u8]) -> Result<Table, InstructionError> {
    let table = LookupTable::parse(data).map_err(|error| match error {
        LookupTableError::Uninitialized => InstructionError::UninitializedAccount,
        LookupTableError::Invalid => InstructionError::InvalidAccountData,
    })?;
    Ok(Table {
        meta: table.meta,
        key_count: table.keys.len(),
    })
}
