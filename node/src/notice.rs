//! The notification that the node sends after each block.
//!
//! A notice is sent after its view is published: a listener that acts on it finds the block, its statuses and its
//! accounts. It lists only what clients may see; a transaction that had no effect is absent.

use std::sync::Arc;

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::{Signature, TransactionError};

/// One published block.
#[derive(Clone, Debug)]
pub struct BlockNotice {
    /// Slot of the block.
    pub slot: u64,
    /// Slot of its parent.
    pub parent_slot: u64,
    /// Height of the block.
    pub height: u64,
    /// Its blockhash, the newest of the view.
    pub blockhash: Hash,
    /// Every transaction that paid a fee, in block order, with its error.
    pub signatures: Vec<(Signature, Option<TransactionError>)>,
    /// Every account that the block changed, sorted by key; `None` means that it was closed.
    pub changed: Vec<(Pubkey, Option<Arc<Account>>)>,
}
