//! The chain's own types: headers, results, accounts, outcomes, events, records and the genesis file.
//!
//! Everything here is part of what validators agree on, so it is data and hashing only, but for [`accounts`], the
//! traits through which the runtime reads and changes accounts, [`helpers`], the threads that are lent to both, and
//! [`key_hash`], how they hash their keys in memory.
//! Canonical bytes are borsh; hashes are blake3 with one context per type ([`hashing`]); lists are committed to by one
//! kind of tree ([`merkle`]), all accounts by another ([`state_tree`]).
//!
//! ```text
//!  Genesis --hash--> parent_hash of block 1
//!  wire bytes of transactions --> transactions_root --> Header --hash--> blockhash
//!  Outcome of each transaction --> outcomes_root --.
//!  changed accounts ------------> delta_root -------+--> BlockResult --hash--> anchor of a later Header
//! ```
//!
//! A block leaves behind a [`record`]: what happened and what changed. The formats are frozen by `tests/frozen_formats.rs`.

pub mod account;
pub mod accounts;
pub mod event;
pub mod genesis;
pub mod hashing;
pub mod header;
pub mod helpers;
pub mod key_hash;
pub mod merkle;
pub mod outcome;
pub mod record;
pub mod result;
pub mod state_tree;
