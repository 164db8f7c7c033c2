//! Resolves the address table lookups of a message (contract 9).
//!
//! Invariant: tables are read as of the end of the parent block, so the keys of every transaction of a block are known
//! before the first one runs. A lookup that fails makes the transaction a `NoOp`.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::lookup_table::LookupTable;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;
use isobath_sdk::wire::view::{LookupView, TransactionView};

use crate::admission::Tx;

/// What decides which keys of a table can be used in a block.
pub(crate) struct TableTime<'a> {
    /// Slot of the block.
    pub(crate) slot: u64,
    /// The newest blocks before it.
    pub(crate) slot_hashes: &'a SlotHashes,
}

/// Resolves the lookups of `tx`; `read` returns sysvars, and other accounts as of the end of the parent block.
///
/// # Errors
/// Those of [`resolve_tables`], and `AccountLoadedTwice` if a key occurs twice among static and loaded keys.
pub(crate) fn resolve(
    tx: &Tx,
    time: &TableTime<'_>,
    read: impl Fn(&Pubkey) -> Option<Account>,
) -> Result<LoadedAddresses, TransactionError> {
    let loaded = resolve_tables(tx.view(), time, read)?;
    require_distinct(tx, &loaded)?;
    Ok(loaded)
}

/// The keys that the lookups of a message name, whether or not it names a key twice.
///
/// # Errors
/// `AddressLookupTableNotFound` for a table that is absent or deactivated, `InvalidAddressLookupTableOwner`,
/// `InvalidAddressLookupTableData` and `InvalidAddressLookupTableIndex`.
pub(crate) fn resolve_tables(
    view: TransactionView<'_>,
    time: &TableTime<'_>,
    read: impl Fn(&Pubkey) -> Option<Account>,
) -> Result<LoadedAddresses, TransactionError> {
    let mut loaded = LoadedAddresses::default();
    for lookup in view.lookups() {
        let table = read(&lookup.table).ok_or(TransactionError::AddressLookupTableNotFound)?;
        resolve_table(&table, &lookup, time, &mut loaded)?;
    }
    Ok(loaded)
}

fn resolve_table(
    table: &Account,
    lookup: &LookupView<'_>,
    time: &TableTime<'_>,
    loaded: &mut LoadedAddresses,
) -> Result<(), TransactionError> {
    if table.owner != ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        return Err(TransactionError::InvalidAddressLookupTableOwner);
    }
    let parsed =
        LookupTable::parse(&table.data).map_err(|_| TransactionError::InvalidAddressLookupTableData)?;
    let usable = parsed.usable_keys(time.slot, time.slot_hashes);
    let usable = usable.ok_or(TransactionError::AddressLookupTableNotFound)?;
    let pick = |index: &u8| usable.get(usize::from(*index)).map(|key| Pubkey(*key));
    for (indexes, keys) in [
        (lookup.writable, &mut loaded.writable),
        (lookup.readonly, &mut loaded.readonly),
    ] {
        for index in indexes {
            keys.push(pick(index).ok_or(TransactionError::InvalidAddressLookupTableIndex)?);
        }
    }
    Ok(())
}

fn require_distinct(tx: &Tx, loaded: &LoadedAddresses) -> Result<(), TransactionError> {
    let fixed = (0..tx.key_count()).map(|index| tx.key(index));
    let mut keys: Vec<Pubkey> = fixed
        .chain(loaded.writable.iter().chain(&loaded.readonly).copied())
        .collect();
    keys.sort_unstable();
    let has_duplicate = keys.windows(2).any(|pair| pair[0] == pair[1]);
    if has_duplicate {
        Err(TransactionError::AccountLoadedTwice)
    } else {
        Ok(())
    }
}
