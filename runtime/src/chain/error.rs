//! Why a block does not extend the chain.

use isobath_sdk::errors::DecodeError;

/// A record that is not the next block of this chain, or does not commit to what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A field of the header or result is not what the parent requires.
    #[error("block at slot {slot}: {field} does not continue the chain")]
    Link {
        /// Slot that the block claims.
        slot: u64,
        /// The first field that is wrong.
        field: &'static str,
    },
    /// A root does not match what the record holds.
    #[error("block at slot {slot}: {root} does not match the content of the record")]
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
        /// Position in the block.
        index: usize,
        /// What is wrong with its bytes.
        source: DecodeError,
    },
    /// A message that the chain has already processed.
    #[error("block at slot {slot}: transaction {index} was processed before")]
    Replayed {
        /// Slot of the block.
        slot: u64,
        /// Position in the block.
        index: usize,
    },
}
