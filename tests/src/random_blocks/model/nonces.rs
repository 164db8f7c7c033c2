//! Living by a nonce instead of a blockhash.

use isobath_sdk::builtins::nonce::{NonceState, NonceVersion};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::view::TransactionView;

use super::account::Plain;
use super::lookups::Key;
use super::state::Model;

/// The nonce account that a transaction lives by, and what it is when the transaction fails: the nonce advances all
/// the same.
pub(super) fn advanced(model: &Model, view: &TransactionView<'_>, keys: &[Key]) -> Option<(Pubkey, Plain)> {
    let first = view.instructions().next()?;
    let program = view.static_key(first.program_id_index.into());
    let index = usize::from(*first.accounts.first()?);
    if program != ids::SYSTEM_PROGRAM || first.data.get(..4)? != [4, 0, 0, 0] {
        return None;
    }
    // A nonce account must be among the static keys.
    if index >= view.static_key_count() || !keys[index].is_writable {
        return None;
    }
    let key = keys[index].key;
    let account = model.accounts.get(&key)?;
    let state = NonceState::from_bytes(&account.data).ok()?;
    let data = state.data?;
    let is_current = state.version == NonceVersion::Current && account.owner == ids::SYSTEM_PROGRAM;
    let next = model.past.next_nonce();
    let is_due = data.durable_nonce == view.recent_blockhash() && data.durable_nonce != next;
    let signs = |index: &u8| {
        let key = keys[usize::from(*index)];
        key.is_signer && key.key == data.authority
    };
    (is_current && is_due && first.accounts.iter().any(signs)).then(|| (key, with_value(account, next)))
}

/// A nonce account with another value.
pub(super) fn with_value(account: &Plain, value: Hash) -> Plain {
    let mut account = account.clone();
    account.data[0] = 1;
    account.data[40..72].copy_from_slice(&value.0);
    account.data[72..80].copy_from_slice(&5_000_u64.to_le_bytes());
    account
}
