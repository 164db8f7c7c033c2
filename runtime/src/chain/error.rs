//! Why a block does not extend the chain.

use isobath_program_abi::Hash;
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
    /// The anchor in the header is not one that the block may have.
    #[error("block at slot {slot}: {source}")]
    Anchor {
        /// Slot of the block.
        slot: u64,
        /// Why not.
        source: AnchorError,
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
    /// A block contains a message once, whatever its outcome.
    #[error(
        "block at slot {slot}: transaction {index} has the same message as an earlier transaction of the block"
    )]
    Repeated {
        /// Slot of the block.
        slot: u64,
        /// Index of the second one.
        index: usize,
    },
}

/// An anchor that the header of a block must not have (contract 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// It names the block itself or a later one.
    #[error("the anchor names slot {slot}, which is not before the block at slot {block}")]
    NotAnAncestor {
        /// Slot in the anchor.
        slot: u64,
        /// Slot of the block.
        block: u64,
    },
    /// It is older than the anchor of the parent.
    #[error("the anchor goes back to slot {slot}, but the anchor of the parent names slot {named}")]
    GoesBack {
        /// Slot in the anchor.
        slot: u64,
        /// Slot in the anchor of the parent.
        named: u64,
    },
    /// The producer sealed without waiting for a newer result.
    #[error("the anchor names slot {slot}, {lag} blocks behind; at most {lag_max} are allowed")]
    TooFarBehind {
        /// Slot in the anchor.
        slot: u64,
        /// Blocks from that one to this one.
        lag: u64,
        /// `anchor_lag_max` of the genesis.
        lag_max: u64,
    },
    /// Execution of that block gave another result.
    #[error("the anchor names {named} as the result of slot {slot}, but that is {known}")]
    OtherResult {
        /// Slot in the anchor.
        slot: u64,
        /// The result in the anchor.
        named: Hash,
        /// The result of the block at that slot.
        known: Hash,
    },
}
