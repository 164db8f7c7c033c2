//! The entry of an admitted transaction in the pending pool.

use isobath_program_abi::Pubkey;
use isobath_scheduler::Entry;

use super::tx::Tx;

/// Between which heights a transaction waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Height of the newest block when it arrived.
    pub arrived_at_height: u64,
    /// Height of the last block that can hold it.
    pub expires_at_height: u64,
}

/// The pool's entry for `tx`, whose lookups load `loaded_writable` for writing.
#[must_use]
pub fn pending_entry(tx: Tx, loaded_writable: &[Pubkey], wait: Wait) -> Entry<Tx> {
    let own = (0..tx.key_count())
        .filter(|index| tx.is_writable(*index))
        .map(|index| tx.key(index));
    Entry {
        priority: tx.priority(),
        cost_units: tx.reserved_units(),
        size_bytes: tx.wire().len() as u64,
        writable: own.chain(loaded_writable.iter().copied()).collect(),
        payer: tx.fee_payer(),
        fee_lamports: tx.fee().total(),
        arrived_at_height: wait.arrived_at_height,
        expires_at_height: wait.expires_at_height,
        identity: tx.message_hash(),
        payload: tx,
    }
}
