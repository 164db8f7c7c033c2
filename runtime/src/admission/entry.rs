//! The entry of an admitted transaction in the pending pool.

use isobath_program_abi::Pubkey;
use isobath_scheduler::{Entry, Nonce};

use super::cost::copy_units;
use super::tx::Tx;

/// How long a transaction waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Height of the newest block when it arrived.
    pub arrived_at_height: u64,
    /// Height of the last block that can hold it.
    pub expires_at_height: u64,
    /// The account of its durable nonce, if that makes it valid instead of a blockhash.
    pub nonce_account: Option<Pubkey>,
}

/// The pool's entry for `tx`, whose lookups load `loaded_writable` for writing, and whose programs may write contents of
/// `writable_data_len` bytes.
#[must_use]
pub fn pending_entry(tx: Tx, loaded_writable: &[Pubkey], writable_data_len: u64, wait: Wait) -> Entry<Tx> {
    let cost_units = tx.reserved_units().saturating_add(copy_units(writable_data_len));
    let view = tx.view();
    let own = (0..tx.key_count())
        .filter(|index| tx.is_writable(*index))
        .map(|index| view.static_key(index));
    let value = view.recent_blockhash();
    let nonce = wait.nonce_account.map(|account| Nonce { account, value });
    Entry {
        priority: tx.priority_at(cost_units),
        cost_units,
        size_bytes: tx.wire().len() as u64,
        record_bytes: tx.expected_record_bytes(),
        writable: own.chain(loaded_writable.iter().copied()).collect(),
        payer: tx.fee_payer(),
        fee_lamports: tx.fee().total(),
        arrived_at_height: wait.arrived_at_height,
        expires_at_height: wait.expires_at_height,
        nonce: nonce.map(Box::new),
        identity: tx.message_hash(),
        payload: tx,
    }
}
