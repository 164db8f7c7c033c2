//! Appending keys, which become usable in the next block.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::lookup_table::{LOOKUP_TABLE_KEYS_MAX, LOOKUP_TABLE_META_LEN};
use isobath_sdk::program::Frame;

use crate::create::fund;
use crate::table::{
    FrozenLine, READONLY_DATA, TABLE, Table, read_for, require_active, signing_authority, write_meta,
};

/// Bytes of a key.
const KEY_LEN: usize = 32;
/// Accounts of an extension that moves lamports: table, authority, payer, System program.
const EXTEND_ACCOUNTS: usize = 4;

/// Appends `keys` to the table in account 0; account 2 pays if the balance is below the rent minimum.
pub(crate) fn extend(frame: &mut Frame<'_>, keys: &[Pubkey]) -> Result<(), InstructionError> {
    let authority = signing_authority(frame)?;
    let balance = frame.account(TABLE)?.lamports();
    let mut table = read_for(frame, &authority, FrozenLine::Silent)?;
    require_active(frame, &table, "Deactivated tables cannot be extended")?;
    let key_count = extended_count(frame, &table, keys)?;
    if !frame.is_writable(TABLE)? {
        return Err(READONLY_DATA);
    }
    let slot = frame.clock()?.slot;
    if slot != table.meta.last_extended_slot {
        table.meta.last_extended_slot = slot;
        // A full table was rejected above, so there are at most 255.
        table.meta.last_extended_slot_start_index =
            u8::try_from(table.key_count).map_err(|_| InstructionError::InvalidAccountData)?;
    }
    write_meta(frame, &table.meta)?;
    let data_len = append(frame, keys, key_count)?;
    fund(frame, data_len, balance, EXTEND_ACCOUNTS)
}

/// The number of keys after the extension.
fn extended_count(frame: &mut Frame<'_>, table: &Table, keys: &[Pubkey]) -> Result<usize, InstructionError> {
    if table.key_count >= LOOKUP_TABLE_KEYS_MAX {
        frame.log("Lookup table is full and cannot contain more addresses");
        return Err(InstructionError::InvalidArgument);
    }
    if keys.is_empty() {
        frame.log("Must extend with at least one address");
        return Err(InstructionError::InvalidInstructionData);
    }
    let key_count = table.key_count.saturating_add(keys.len());
    if key_count > LOOKUP_TABLE_KEYS_MAX {
        frame.log(&format!(
            "Extended lookup table length {key_count} would exceed max capacity of {LOOKUP_TABLE_KEYS_MAX}"
        ));
        return Err(InstructionError::InvalidInstructionData);
    }
    Ok(key_count)
}

/// Writes the keys after the existing ones; returns the new length of the data.
fn append(frame: &mut Frame<'_>, keys: &[Pubkey], key_count: usize) -> Result<usize, InstructionError> {
    let len_before = frame.account(TABLE)?.data().len();
    let len = key_count
        .saturating_mul(KEY_LEN)
        .saturating_add(LOOKUP_TABLE_META_LEN);
    frame.resize_data(TABLE, len)?;
    let bytes: Vec<u8> = keys.iter().flat_map(|key| key.0).collect();
    frame.write_data(TABLE, len_before, &bytes)?;
    Ok(len)
}
