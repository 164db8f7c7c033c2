//! The entry of an admitted transaction in the pending pool.

use isobath_scheduler::Entry;

use super::tx::Tx;

/// The pool's entry for `tx`, which arrived when the chain was at `arrived_at_height` and may enter blocks up to
/// `expires_at_height`.
#[must_use]
pub fn pending_entry(tx: Tx, arrived_at_height: u64, expires_at_height: u64) -> Entry<Tx> {
    Entry {
        priority: tx.priority(),
        compute_units: tx.compute_unit_limit(),
        size_bytes: tx.wire().len() as u64,
        arrived_at_height,
        expires_at_height,
        identity: tx.message_hash(),
        payload: tx,
    }
}
