//! Why a block does not extend the chain.

use isobath_sdk::errors::DecodeError;

/// A record that is not the next block of this chain, or does not commit to its contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A field of the header or result does not match the parent.
    #[error("block at slot {slot}: {field} does not continue the chain")]
    Link {
        /// Slot in the block's header.
        slot: u64,
        /// The first field that is wrong.
        field: &'static str,
    },
    /// A root does not match the contents of the record.
    #[error("block at slot {slot}: {root} does not match the record")]
    Root {
        /// Slot of the block.
        slot: u64,
        /// The first root that is wrong.
        root: &'static str,
    },
    /// A transaction in the block does not decode.
    #[error("block at slot {slot}: transaction {index} does not decode: {source}")]
    Transaction {
        /// Slot of the block.
        slot: u64,
        /// Index in the block.
        index: usize,
        /// The error of its bytes.
        source: DecodeError,
    },
    /// A message that the chain has already processed.
    #[error("block at slot {slot}: transaction {index} was already processed")]
    Replayed {
        /// Slot of the block.
        slot: u64,
        /// Index in the block.
        index: usize,
    },
}
