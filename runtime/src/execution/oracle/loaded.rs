//! Copies of the accounts of a transaction.

use std::collections::BTreeSet;

use isobath_program_abi::{AccountMeta, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::sysvar::instructions::{self, WrittenInstruction};

use super::accounts::deep_copy;
use super::open_block::OpenBlock;
use crate::admission::Tx;
use crate::execution::lookups::{self, TableTime};
use crate::execution::program_data::program_data_key;

/// The keys and accounts of a transaction: static keys, then loaded ones for writing, then for reading.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) keys: Vec<Pubkey>,
    pub(super) writable: Vec<bool>,
    /// Copies; an account that does not exist is the empty one.
    pub(super) accounts: Vec<Account>,
    pub(super) addresses: LoadedAddresses,
    /// Bytes that count against the limit.
    pub(super) len: u64,
}

/// Resolves the lookups as of the end of the parent and copies every account.
pub(super) fn load(tx: &Tx, block: &OpenBlock<'_>) -> Result<Loaded, TransactionError> {
    let rules = block.rules.rules();
    let time = TableTime {
        slot: block.past.next(),
        slot_hashes: &block.slot_hashes(),
    };
    let at_parent = |key: &Pubkey| block.sysvar(key).or_else(|| block.parent.get(key).cloned());
    let addresses = lookups::resolve(tx, &time, |key| at_parent(key))?;
    let fixed = (0..tx.key_count()).map(|index| (tx.key(index), tx.is_writable(index)));
    let writable = addresses
        .writable
        .iter()
        .map(|key| (*key, !ids::is_reserved(key)));
    let readonly = addresses.readonly.iter().map(|key| (*key, false));
    let (keys, writable): (Vec<_>, Vec<_>) = fixed.chain(writable).chain(readonly).unzip();
    let current = |key: &Pubkey| {
        block
            .sysvar(key)
            .or_else(|| block.accounts.get(key).map(deep_copy))
    };
    let found: Vec<Option<Account>> = keys.iter().map(current).collect();
    let tables = (tx.view().lookups().len() as u64).saturating_mul(rules.loaded_table_len);
    let named: BTreeSet<Pubkey> = found.iter().flatten().filter_map(program_data_key).collect();
    let program_data = named
        .iter()
        .filter(|key| !keys.contains(key))
        .filter_map(|key| block.accounts.get(key));
    let len = found
        .iter()
        .flatten()
        .chain(program_data)
        .fold(tables, |sum, account| {
            sum.saturating_add(rules.loaded_account_base_len)
                .saturating_add(account.data.len() as u64)
        });
    let mut loaded = Loaded {
        keys,
        writable,
        accounts: found.into_iter().map(Option::unwrap_or_default).collect(),
        addresses,
        len,
    };
    // It counts nothing.
    let is_named = |key: &Pubkey| *key == ids::SYSVAR_INSTRUCTIONS;
    if let Some(index) = loaded.keys.iter().position(is_named) {
        loaded.accounts[index] = instructions_account(tx, &loaded);
    }
    Ok(loaded)
}

/// The Instructions sysvar of `tx`.
fn instructions_account(tx: &Tx, loaded: &Loaded) -> Account {
    let meta = |index: &u8| AccountMeta {
        pubkey: loaded.keys[usize::from(*index)],
        is_signer: tx.view().is_signer(usize::from(*index)),
        is_writable: loaded.writable[usize::from(*index)],
    };
    let view = tx.view();
    let written = view.instructions().map(|instruction| WrittenInstruction {
        program_id: loaded.keys[usize::from(instruction.program_id_index)],
        accounts: instruction.accounts.iter().map(meta),
        data: instruction.data,
    });
    Account {
        data: instructions::to_bytes(written).into(),
        ..Account::new(0, ids::SYSVAR_OWNER)
    }
}
