//! Freezing, deactivating and closing a table.

use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::lookup_table::{LookupTableMeta, LookupTableStatus};
use isobath_sdk::program::Frame;

use crate::table::{
    FrozenLine, READONLY_DATA, READONLY_LAMPORTS, TABLE, Table, read_for, require_accounts, require_active,
    signing_authority, write_meta,
};

/// Position of the recipient of a closed table's lamports.
const RECIPIENT: usize = 2;

const FROZEN: FrozenLine = FrozenLine::Says("Lookup table is frozen");

/// Removes the authority of the table in account 0.
pub(crate) fn freeze(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    let authority = signing_authority(frame)?;
    let table = read_for(
        frame,
        &authority,
        FrozenLine::Says("Lookup table is already frozen"),
    )?;
    require_active(frame, &table, "Deactivated tables cannot be frozen")?;
    if table.key_count == 0 {
        frame.log("Empty lookup tables cannot be frozen");
        return Err(InstructionError::InvalidInstructionData);
    }
    write_meta(
        frame,
        &LookupTableMeta {
            authority: None,
            ..table.meta
        },
    )
}

/// Begins the deactivation of the table in account 0.
pub(crate) fn deactivate(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    let authority = signing_authority(frame)?;
    let table = read_for(frame, &authority, FROZEN)?;
    require_active(frame, &table, "Lookup table is already deactivated")?;
    let deactivation_slot = frame.clock()?.slot;
    write_meta(
        frame,
        &LookupTableMeta {
            deactivation_slot,
            ..table.meta
        },
    )
}

/// Closes the deactivated table in account 0; its lamports go to account 2.
pub(crate) fn close(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    let authority = signing_authority(frame)?;
    require_accounts(frame, 3)?;
    if frame.key(TABLE)? == frame.key(RECIPIENT)? {
        frame.log("Lookup table cannot be the recipient of reclaimed lamports");
        return Err(InstructionError::InvalidArgument);
    }
    let table = read_for(frame, &authority, FROZEN)?;
    require_deactivated(frame, &table)?;
    if !frame.is_writable(RECIPIENT)? {
        return Err(READONLY_LAMPORTS);
    }
    if !frame.is_writable(TABLE)? {
        return Err(READONLY_DATA);
    }
    let lamports = frame.account(TABLE)?.lamports();
    frame.credit(RECIPIENT, lamports)?;
    frame.resize_data(TABLE, 0)?;
    frame.set_lamports(TABLE, 0)
}

fn require_deactivated(frame: &mut Frame<'_>, table: &Table) -> Result<(), InstructionError> {
    let status = table.meta.status(frame.clock()?.slot, frame.slot_hashes()?);
    match status {
        LookupTableStatus::Deactivated => return Ok(()),
        LookupTableStatus::Activated => frame.log("Lookup table is not deactivated"),
        LookupTableStatus::Deactivating { remaining_blocks } => frame.log(&format!(
            "Table cannot be closed until it's fully deactivated in {remaining_blocks} blocks"
        )),
    }
    Err(InstructionError::InvalidArgument)
}
