//! The chain after a block that has ended, whose result is not known yet.
//!
//! ```text
//! parent --block ends: header--> Ahead: the next block opens on it
//!                                  |
//!        hashing and sync ------ result --> Chain: the next block is sealed on it
//! ```
//!
//! Invariant: what a block reads of its chain while it executes follows from the headers of its ancestors and from their
//! messages. Only its header and its result need the result of its parent.

use isobath_program_abi::Hash;
use isobath_sdk::chain::header::{Anchor, Header};
use isobath_sdk::chain::result::BlockResult;

use super::replay_window::OpenMessages;
use super::tip::{Chain, RecentBlock, Tip};

/// The chain after a block that has ended.
#[derive(Debug, Clone)]
pub struct AheadChain {
    /// Its results are those of the parent.
    chain: Chain,
    /// Slot of the result that the block's header names.
    anchor_slot: u64,
}

impl Chain {
    /// The chain after the block under `header`, with this hash and these messages.
    pub(crate) fn ahead(&self, header: &Header, block_hash: Hash, messages: OpenMessages) -> AheadChain {
        let mut chain = self.clone();
        chain.tip = Tip {
            slot: header.slot,
            height: header.height,
            timestamp_ms: header.timestamp_ms,
            parent_hash: block_hash,
            epoch_start_ms: self.epoch_start_ms(header.slot, header.timestamp_ms),
            result_hash: self.tip.result_hash,
            capitalization: self.tip.capitalization,
        };
        chain.remember(RecentBlock {
            slot: header.slot,
            height: header.height,
            blockhash: block_hash,
        });
        chain.replay = messages.into_window(block_hash);
        AheadChain {
            chain,
            anchor_slot: header.anchor.slot,
        }
    }
}

impl AheadChain {
    /// The chain, to open the next block on: its results are those of the parent.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The chain once the result of the block is known.
    ///
    /// # Panics
    /// If the result is that of another block.
    #[must_use]
    pub fn complete(self, result: &BlockResult) -> Chain {
        let Self {
            mut chain,
            anchor_slot,
        } = self;
        let tip = &mut chain.tip;
        assert!(
            result.block_hash == tip.parent_hash && result.parent_result_hash == tip.result_hash,
            "a block has one result"
        );
        tip.result_hash = result.hash();
        tip.capitalization = result.capitalization;
        let newest = Anchor {
            slot: tip.slot,
            result_hash: tip.result_hash,
        };
        chain.anchors.push(anchor_slot, newest);
        chain.replay.forget(0);
        chain
    }
}
