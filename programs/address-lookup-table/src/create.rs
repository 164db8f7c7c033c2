//! Creates an empty table at the address derived from its authority and a recent slot.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::lookup_table::{LOOKUP_TABLE_META_LEN, LookupTableMeta};
use isobath_sdk::builtins::system;
use isobath_sdk::ids;
use isobath_sdk::program::Frame;

use crate::table::{AUTHORITY, PAYER, TABLE, missing_lamports, require_accounts, require_signer, write_meta};

/// Accounts that a creation uses itself: table, authority, payer. Its calls need the System program too.
const CREATE_ACCOUNTS: usize = 3;

/// The error of Solana's program for seeds that derive no address: the number of that error among those of key
/// derivation, not the instruction error of the same name.
const NO_ADDRESS: InstructionError = InstructionError::Custom(1);

/// Creates the table in account 0 for the authority in account 1, paid by account 2. The authority need not sign;
/// creating a table that already exists does nothing.
pub(crate) fn create(frame: &mut Frame<'_>, recent_slot: u64, bump: u8) -> Result<(), InstructionError> {
    require_accounts(frame, CREATE_ACCOUNTS)?;
    let table = frame.account(TABLE)?;
    let (balance, owner) = (table.lamports(), *table.owner());
    let (key, authority) = (frame.key(TABLE)?, frame.key(AUTHORITY)?);
    require_signer(frame, PAYER, "Payer")?;
    if frame.slot_hashes()?.position(recent_slot).is_none() {
        frame.log(&format!("{recent_slot} is not a recent slot"));
        return Err(InstructionError::InvalidInstructionData);
    }
    let slot_bytes = recent_slot.to_le_bytes();
    let seeds: [&[u8]; 3] = [&authority.0, &slot_bytes, &[bump]];
    let derived =
        Pubkey::create_program_address(&seeds, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM).map_err(|_| NO_ADDRESS)?;
    if key != derived {
        frame.log(&format!("Table address must match derived address: {derived}"));
        return Err(InstructionError::InvalidArgument);
    }
    if owner == ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Ok(());
    }
    fund(frame, LOOKUP_TABLE_META_LEN, balance, CREATE_ACCOUNTS)?;
    frame.invoke(&system::allocate(&key, LOOKUP_TABLE_META_LEN as u64), &[&seeds])?;
    frame.invoke(
        &system::assign(&key, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM),
        &[&seeds],
    )?;
    write_meta(frame, &LookupTableMeta::new(Some(authority)))
}

/// Moves the lamports that a table of `data_len` bytes with this balance lacks from the payer to the table, if the
/// instruction has at least `accounts` accounts.
pub(crate) fn fund(
    frame: &mut Frame<'_>,
    data_len: usize,
    balance: u64,
    accounts: usize,
) -> Result<(), InstructionError> {
    let lamports = missing_lamports(frame, data_len, balance)?;
    if lamports == 0 {
        return Ok(());
    }
    require_accounts(frame, PAYER.saturating_add(1))?;
    require_signer(frame, PAYER, "Payer")?;
    require_accounts(frame, accounts)?;
    let (payer, table) = (frame.key(PAYER)?, frame.key(TABLE)?);
    frame.invoke(&system::transfer(&payer, &table, lamports), &[])
}
