//! The chain up to its newest durable block.
//!
//! ```text
//! tip            the tip: newest blockhashes, links, epoch
//! apply          advances by one block, after checking that it continues the chain
//! replay_window  the messages processed within the age of blockhashes
//! error          why a block does not continue the chain
//! ```

mod apply;
mod error;
pub(crate) mod replay_window;
mod tip;

pub use error::ChainError;
pub use tip::{Chain, RecentBlock};
