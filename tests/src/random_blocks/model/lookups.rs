//! The keys of a transaction: those in its bytes, then those loaded from tables.
//!
//! Tables are read as of the end of the parent block, whatever the open block has done to them.

use isobath_sdk::builtins::lookup_table::LookupTable;
use isobath_sdk::errors::TransactionError as Tx;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::view::{LookupView, TransactionView};

use super::account::is_reserved;
use super::state::Model;
use crate::random_blocks::feature::Feature;

/// A key of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) key: Pubkey,
    pub(super) is_signer: bool,
    pub(super) is_writable: bool,
}

/// All keys in order: static, loaded for writing, loaded for reading.
pub(super) fn keys(model: &mut Model, view: &TransactionView<'_>) -> Result<Vec<Key>, Tx> {
    let mut keys = static_keys(view);
    let (mut writable, mut readonly) = (Vec::new(), Vec::new());
    for lookup in view.lookups() {
        let table = usable_keys(model, &lookup).inspect_err(|_| {
            let is_young = model.created.contains(&lookup.table);
            model.count(if is_young {
                Feature::TableUsedTooEarly
            } else {
                Feature::LookupRefused
            });
        })?;
        let pick = |index: &u8| {
            let key = table.get(usize::from(*index)).copied();
            key.ok_or(Tx::InvalidAddressLookupTableIndex)
        };
        for index in lookup.writable {
            writable.push(pick(index)?);
        }
        for index in lookup.readonly {
            readonly.push(pick(index)?);
        }
    }
    let loaded = |key: Pubkey, is_writable: bool| Key {
        key,
        is_signer: false,
        is_writable,
    };
    keys.extend(writable.into_iter().map(|key| loaded(key, !is_reserved(&key))));
    keys.extend(readonly.into_iter().map(|key| loaded(key, false)));
    let is_twice = (0..keys.len()).any(|at| keys[..at].iter().any(|other| other.key == keys[at].key));
    if is_twice {
        model.count(Feature::LoadedTwice);
        return Err(Tx::AccountLoadedTwice);
    }
    Ok(keys)
}

/// The keys in the bytes; reserved keys and programs that are called cannot be written.
fn static_keys(view: &TransactionView<'_>) -> Vec<Key> {
    let is_called = |index: usize| {
        let mut instructions = view.instructions();
        instructions.any(|instruction| usize::from(instruction.program_id_index) == index)
    };
    (0..view.static_key_count())
        .map(|index| {
            let key = view.static_key(index);
            Key {
                key,
                is_signer: view.is_signer(index),
                is_writable: view.is_requested_writable(index) && !is_reserved(&key) && !is_called(index),
            }
        })
        .collect()
}

/// The keys of a table that transactions of the open block may use.
fn usable_keys(model: &Model, lookup: &LookupView<'_>) -> Result<Vec<Pubkey>, Tx> {
    let table = model
        .parent
        .get(&lookup.table)
        .ok_or(Tx::AddressLookupTableNotFound)?;
    if table.owner != ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Err(Tx::InvalidAddressLookupTableOwner);
    }
    let parsed = LookupTable::parse(&table.data).map_err(|_| Tx::InvalidAddressLookupTableData)?;
    if model.past.is_deactivated(&parsed.meta) {
        return Err(Tx::AddressLookupTableNotFound);
    }
    // Whatever was appended was appended before the open block, so all of it can be used.
    assert!(parsed.meta.last_extended_slot < model.past.slot());
    Ok(parsed.keys.iter().copied().map(Pubkey).collect())
}
