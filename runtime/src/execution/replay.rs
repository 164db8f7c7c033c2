//! Whether a message was processed before (contract 5).

use crate::admission::Tx;
use crate::chain::Chain;

/// Whether the transaction's message was processed before, in an earlier block or in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Not processed within the age of blockhashes.
    Fresh,
    /// Already processed.
    Seen,
}

impl Replay {
    /// Whether `chain` has processed the transaction's message.
    pub(crate) fn of(chain: &Chain, tx: &Tx) -> Self {
        if chain.is_processed(&tx.message_hash()) {
            Self::Seen
        } else {
            Self::Fresh
        }
    }
}
