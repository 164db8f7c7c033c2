//! The chain up to its newest durable block.
//!
//! ```text
//! tip            the tip: newest blockhashes, links, epoch
//! anchors        recent results, of which each header names one
//! ahead          the chain after a block whose result is not known yet
//! apply          advances by one block, after checking that it continues the chain
//! replay_window  the messages processed within the age of blockhashes, and those of the open block
//! fingerprint    what identifies a message there
//! first_bytes    a hash of blockhashes
//! error          why a block does not continue the chain
//! ```

mod ahead;
mod anchors;
mod apply;
mod error;
mod fingerprint;
mod first_bytes;
pub(crate) mod replay_window;
mod tip;

pub use ahead::AheadChain;
pub use error::{AnchorError, ChainError};
pub use tip::{Chain, RecentBlock};
