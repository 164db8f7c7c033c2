//! Transactions whose lifetime is limited by a durable nonce instead of a blockhash (contract 9).
//!
//! Such a transaction has the nonce's value as its blockhash and advances the nonce in its first instruction.
//! Invariant: it is valid while the account holds that value, and the value advances whenever the transaction pays a
//! fee, be it executed, failed or fees-only; so it has an effect at most once. Rules: `solana-runtime` 4.2.2,
//! `check_load_and_advance_message_nonce_account`.

use isobath_program_abi::Hash;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion, durable_nonce};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;

use crate::admission::Tx;

/// Tag of the System instruction AdvanceNonceAccount.
const ADVANCE_NONCE_ACCOUNT: [u8; 4] = 4_u32.to_le_bytes();

/// A nonce account after advancing.
#[derive(Debug, Clone)]
pub(crate) struct AdvancedNonce {
    /// Index among the transaction's keys.
    pub(crate) index: usize,
    /// The account with the next nonce.
    pub(crate) account: Account,
}

/// What nonces advance to in a block.
pub(crate) struct NextNonce {
    /// The newest blockhash before the block.
    pub(crate) blockhash: Hash,
    /// Base fee of one signature.
    pub(crate) lamports_per_signature: u64,
}

/// The nonce of `tx` if it is a nonce transaction that is currently valid; `account` returns the account of a static
/// key.
pub(crate) fn valid_nonce<'a>(
    tx: &Tx,
    account: impl Fn(usize) -> &'a Account,
    next: &NextNonce,
) -> Option<AdvancedNonce> {
    let (index, signers) = advanced_account(tx)?;
    let next_nonce = durable_nonce(&next.blockhash);
    let expected = tx.recent_blockhash();
    if expected == next_nonce || !tx.is_writable(index) {
        return None;
    }
    let account = account(index);
    let data = current_nonce(account).filter(|data| data.durable_nonce == expected)?;
    let mut signers = signers.into_iter().map(|signer| tx.key(signer));
    if !signers.any(|signer| signer.0 == data.authority.0) {
        return None;
    }
    let advanced = NonceData {
        durable_nonce: next_nonce,
        lamports_per_signature: next.lamports_per_signature,
        ..data
    };
    Some(AdvancedNonce {
        index,
        account: advance(account, advanced),
    })
}

/// Whether the first instruction advances a nonce.
pub(crate) fn is_nonce_transaction(tx: &Tx) -> bool {
    advanced_account(tx).is_some()
}

/// The account that the first instruction advances, and the signers of that instruction.
fn advanced_account(tx: &Tx) -> Option<(usize, Vec<usize>)> {
    let view = tx.view();
    let first = view.instructions().next()?;
    let is_advance = tx.key(usize::from(first.program_id_index)) == ids::SYSTEM_PROGRAM
        && first.data.starts_with(&ADVANCE_NONCE_ACCOUNT);
    let index = usize::from(*first.accounts.first()?);
    if !is_advance || index >= tx.key_count() {
        return None;
    }
    let indexes = first.accounts.iter().map(|index| usize::from(*index));
    Some((index, indexes.filter(|index| view.is_signer(*index)).collect()))
}

fn current_nonce(account: &Account) -> Option<NonceData> {
    if account.owner != ids::SYSTEM_PROGRAM {
        return None;
    }
    let state = NonceState::from_bytes(&account.data).ok()?;
    state.data.filter(|_| state.version == NonceVersion::Current)
}

fn advance(account: &Account, data: NonceData) -> Account {
    let bytes = NonceState::initialized(data).to_bytes();
    let mut advanced = account.clone();
    // The old state was read from these bytes, so there are at least as many.
    advanced.data.to_mut()[..bytes.len()].copy_from_slice(&bytes);
    advanced
}
