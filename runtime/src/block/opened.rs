//! What all threads that execute a block share while it is open.
//!
//! Invariant: the context is fixed when the block is opened. The messages are those of the block and its ancestors; whoever
//! enters one has the write lock of its payer.

use isobath_program_abi::Pubkey;

use super::record_room::RecordRoom;
use crate::chain::Chain;
use crate::chain::replay_window::OpenMessages;
use crate::execution::BlockContext;
use crate::ruleset::Ruleset;

/// The fields of a block that are fixed when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenHeader {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) producer: Pubkey,
}

/// An open block, without its accounts.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    pub(super) context: BlockContext<'a>,
    pub(super) header: OpenHeader,
    pub(super) messages: OpenMessages,
    /// Bounds the record, if the block is built.
    pub(super) record_room: Option<RecordRoom>,
}

impl<'a> Opened<'a> {
    /// The block after the tip of `chain`. A time before the parent's is raised to it.
    pub(super) fn next(rules: &'a Ruleset, chain: &'a Chain, timestamp_ms: i64) -> Self {
        let timestamp_ms = timestamp_ms.max(chain.timestamp_ms());
        Self {
            context: BlockContext::next(rules, chain, timestamp_ms),
            header: OpenHeader {
                slot: chain.slot().saturating_add(1),
                height: chain.height().saturating_add(1),
                timestamp_ms,
                producer: rules.producer(),
            },
            messages: chain.open_messages(),
            record_room: None,
        }
    }
}
