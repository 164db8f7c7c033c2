//! The address lookup table program.

use isobath_sdk::builtins::lookup_table::{LookupTable, LookupTableError, LookupTableMeta};
use isobath_sdk::builtins::lookup_table_instruction::LookupTableInstruction as I;
use isobath_sdk::builtins::system;
use isobath_sdk::ids;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::account::rent_minimum;
use super::chain::NEVER;
use super::running::Running;
use crate::random_blocks::feature::Feature;

const READONLY_DATA: Ix = Ix::Custom(10);
const READONLY_LAMPORTS: Ix = Ix::Custom(11);
const NO_ADDRESS: Ix = Ix::Custom(1);
const META_LEN: usize = 56;
const KEYS_MAX: usize = 256;

pub(super) fn run(running: &mut Running<'_>) -> Result<(), Ix> {
    running.consume(750)?;
    match I::decode(running.data())? {
        I::Create { recent_slot, bump } => create(running, recent_slot, bump),
        I::Freeze => freeze(running),
        I::Extend { keys } => extend(running, &keys),
        I::Deactivate => deactivate(running),
        I::Close => close(running),
    }
}

fn create(running: &mut Running<'_>, recent_slot: u64, bump: u8) -> Result<(), Ix> {
    require_count(running, 3)?;
    require_signer(running, 2)?;
    if !running.past.is_recent(recent_slot) {
        return Err(Ix::InvalidInstructionData);
    }
    let (table, authority) = (running.key(0)?, running.key(1)?);
    let (slot, bump) = (recent_slot.to_le_bytes(), [bump]);
    let seeds: Vec<&[u8]> = vec![&authority.0, &slot, &bump];
    let derived =
        Pubkey::create_program_address(&seeds, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM).map_err(|_| NO_ADDRESS)?;
    if table != derived {
        return Err(Ix::InvalidArgument);
    }
    if running.account(0)?.owner == ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Ok(());
    }
    let balance = running.account(0)?.lamports;
    fund(running, META_LEN, balance, 3)?;
    let allocate = system::allocate(&table, META_LEN as u64);
    let assign = system::assign(&table, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM);
    for instruction in [allocate, assign] {
        running.invoke(&instruction, std::slice::from_ref(&seeds))?;
    }
    running.seen.on_success.push(Feature::TableCreated);
    write_meta(running, &LookupTableMeta::new(Some(authority)))
}

/// Lets the payer bring the table's balance to the rent minimum of `len` bytes.
fn fund(running: &mut Running<'_>, len: usize, balance: u64, accounts: usize) -> Result<(), Ix> {
    let missing = rent_minimum(len).saturating_sub(balance);
    if missing == 0 {
        return Ok(());
    }
    require_count(running, 3)?;
    require_signer(running, 2)?;
    require_count(running, accounts)?;
    let transfer: Instruction = system::transfer(&running.key(2)?, &running.key(0)?, missing);
    running.invoke(&transfer, &[])
}

fn freeze(running: &mut Running<'_>) -> Result<(), Ix> {
    let (meta, count) = table_of_signer(running)?;
    if meta.deactivation_slot != NEVER {
        return Err(Ix::InvalidArgument);
    }
    if count == 0 {
        return Err(Ix::InvalidInstructionData);
    }
    running.seen.on_success.push(Feature::TableFrozen);
    let authority = None;
    write_meta(running, &LookupTableMeta { authority, ..meta })
}

fn extend(running: &mut Running<'_>, keys: &[Pubkey]) -> Result<(), Ix> {
    let (mut meta, count) = table_of_signer(running)?;
    let balance = running.account(0)?.lamports;
    if meta.deactivation_slot != NEVER || count >= KEYS_MAX {
        return Err(Ix::InvalidArgument);
    }
    if keys.is_empty() || count + keys.len() > KEYS_MAX {
        return Err(Ix::InvalidInstructionData);
    }
    if !running.meta(0)?.is_writable {
        return Err(READONLY_DATA);
    }
    let slot = running.past.slot();
    if meta.last_extended_slot != slot {
        meta.last_extended_slot = slot;
        meta.last_extended_slot_start_index = u8::try_from(count).expect("the table was not full");
    }
    write_meta(running, &meta)?;
    let len = META_LEN + 32 * (count + keys.len());
    running.resize(0, len as u64)?;
    let data = running.data_mut(0)?;
    for (at, key) in (count..).zip(keys) {
        data[META_LEN + 32 * at..][..32].copy_from_slice(&key.0);
    }
    running.seen.on_success.push(Feature::TableExtended);
    fund(running, len, balance, 4)
}

fn deactivate(running: &mut Running<'_>) -> Result<(), Ix> {
    let (meta, _) = table_of_signer(running)?;
    if meta.deactivation_slot != NEVER {
        return Err(Ix::InvalidArgument);
    }
    running.seen.on_success.push(Feature::TableDeactivated);
    let deactivation_slot = running.past.slot();
    write_meta(
        running,
        &LookupTableMeta {
            deactivation_slot,
            ..meta
        },
    )
}

fn close(running: &mut Running<'_>) -> Result<(), Ix> {
    signing_authority(running)?;
    require_count(running, 3)?;
    if running.key(0)? == running.key(2)? {
        return Err(Ix::InvalidArgument);
    }
    let (meta, _) = table_of_signer(running)?;
    if !running.past.is_deactivated(&meta) {
        if meta.deactivation_slot != NEVER {
            running.seen.always.push(Feature::TableCoolingDown);
        }
        return Err(Ix::InvalidArgument);
    }
    if !running.meta(2)?.is_writable {
        return Err(READONLY_LAMPORTS);
    }
    if !running.meta(0)?.is_writable {
        return Err(READONLY_DATA);
    }
    running.seen.on_success.push(Feature::TableClosed);
    if meta.deactivation_slot < running.past.slot() {
        running.seen.on_success.push(Feature::TableClosedAfterCooldown);
    }
    let lamports = running.account(0)?.lamports;
    running.transfer(0, 2, lamports)?;
    running.resize(0, 0)
}

/// The key of the authority, which must sign, whether or not it is the right one.
fn signing_authority(running: &Running<'_>) -> Result<Pubkey, Ix> {
    require_count(running, 1)?;
    if running.account(0)?.owner != ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Err(Ix::InvalidAccountOwner);
    }
    require_count(running, 2)?;
    require_signer(running, 1)?;
    running.key(1)
}

/// The table in account 0 and its number of keys, if the authority in account 1 signed.
fn table_of_signer(running: &Running<'_>) -> Result<(LookupTableMeta, usize), Ix> {
    let authority = signing_authority(running)?;
    let table = LookupTable::parse(&running.account(0)?.data).map_err(|error| match error {
        LookupTableError::Uninitialized => Ix::UninitializedAccount,
        LookupTableError::Invalid => Ix::InvalidAccountData,
    })?;
    match table.meta.authority {
        None => Err(Ix::Immutable),
        Some(key) if key != authority => Err(Ix::IncorrectAuthority),
        Some(_) => Ok((table.meta, table.keys.len())),
    }
}

fn write_meta(running: &mut Running<'_>, meta: &LookupTableMeta) -> Result<(), Ix> {
    let target = running.data_mut(0)?.get_mut(..META_LEN);
    target
        .ok_or(Ix::InvalidAccountData)?
        .copy_from_slice(&meta.to_bytes());
    Ok(())
}

fn require_count(running: &Running<'_>, count: usize) -> Result<(), Ix> {
    match running.metas().len() < count {
        true => Err(Ix::NotEnoughAccountKeys),
        false => Ok(()),
    }
}

fn require_signer(running: &Running<'_>, position: usize) -> Result<(), Ix> {
    match running.meta(position)?.is_signer {
        true => Ok(()),
        false => Err(Ix::MissingRequiredSignature),
    }
}
