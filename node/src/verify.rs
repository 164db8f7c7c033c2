//! Verifies one transaction outside the pipeline, for calls that only query.

use isobath_sdk::TransactionView;
use isobath_sigverify::{Item, verify_batch};

/// Whether every signature of the transaction is valid, by the rule of the pipeline.
#[must_use]
pub fn has_valid_signatures(view: TransactionView<'_>) -> bool {
    let message = view.message_bytes();
    let pairs = view.signatures().iter().zip(view.static_keys());
    let items: Vec<_> = pairs
        .map(|(signature, key)| Item {
            key,
            message,
            signature,
        })
        .collect();
    verify_batch(&items).all_valid()
}
