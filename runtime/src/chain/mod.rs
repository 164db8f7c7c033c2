//! The chain up to its newest durable block.
//!
//! ```text
//! tip            what the next block continues: newest blockhashes, links, epoch
//! apply          moving on by one block, after checking that it continues the chain
//! replay_window  which messages were processed within the age of blockhashes
//! ```

mod apply;
mod error;
pub(crate) mod replay_window;
mod tip;

pub use error::ChainError;
pub use tip::{Chain, RecentBlock};

#[cfg(test)]
mod tests;
