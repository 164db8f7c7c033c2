//! What one block leaves behind: its history and its delta.
//!
//! *History* is what happened (header, transactions, executions, result); *delta* is what changed.
//! They are separate parts of a record because they age differently: history is kept for queries,
//! while a delta may be dropped once a checkpoint covers it. Both are encoded with borsh.
//!
//! Invariant of a [`Delta`]: ascending keys, none twice, and exactly the accounts whose bytes differ
//! from the end of the block before. [`crate::BlockState::finish`] makes such deltas, and
//! [`crate::AccountsDb::commit`] refuses any other.
//!
//! Decoding is total: arbitrary bytes give a value or an error, never a panic, and memory in
//! proportion to the input.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::chain::account::{Account, delta_leaf};
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::merkle::MerkleBuilder;
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::chain::result::BlockResult;
use isobath_sdk::{Hash, Pubkey};

/// Everything a block leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRecord {
    /// What happened.
    pub history: History,
    /// What changed.
    pub delta: Delta,
}

/// What happened in a block.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct History {
    /// The sealed header.
    pub header: Header,
    /// Wire bytes of the transactions, signatures included, in block order.
    pub transactions: Vec<Vec<u8>>,
    /// What executing each transaction gave, in the same order.
    pub executions: Vec<Execution>,
    /// The result of the block.
    pub result: BlockResult,
}

/// What executing one transaction gave.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Execution {
    /// Class, error, fee, compute units and return data.
    pub outcome: Outcome,
    /// Lamports of the transaction's accounts before it, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Lamports of the same accounts after it.
    pub post_balances: Vec<u64>,
    /// Keys that lookup tables gave the transaction, which its own bytes do not hold.
    pub loaded_addresses: LoadedAddresses,
    /// Logs and inner instructions, in the order they arose.
    pub events: Vec<Event>,
}

/// What a transaction's lookups resolved to, each list in the order of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LoadedAddresses {
    /// Keys asked for writing.
    pub writable: Vec<Pubkey>,
    /// Keys asked for reading.
    pub readonly: Vec<Pubkey>,
}

/// The accounts that a block changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Delta {
    /// State at the end of the block by ascending key; `None` for an account that was closed.
    pub accounts: Vec<(Pubkey, Option<Account>)>,
}

impl Delta {
    /// The root over (key, leaf or tombstone) in the order of the keys. Costs one hash of every
    /// changed account.
    #[must_use]
    pub fn root(&self) -> Hash {
        let leaves = self
            .accounts
            .iter()
            .map(|(key, account)| delta_leaf(key, account.as_ref()));
        leaves.collect::<MerkleBuilder>().finish()
    }
}
