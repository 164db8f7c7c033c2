//! The checks, in the order in which they run. Each makes what it needs and relies on no other.

mod accounts;
mod chain;
mod history;
mod lookup_tables;
mod nonces;
mod refusals;
mod transactions;

use anyhow::Result;

use crate::wallets::Wallets;

/// A check: an error says what the node answered otherwise than Solana would.
pub type Check = fn(&Wallets) -> Result<()>;

/// Every check and its name.
pub const ALL: &[(&str, Check)] = &[
    ("what a client asks at its start", chain::start),
    ("one producer, no stake", chain::cluster),
    ("supply and the largest accounts", chain::supply),
    ("an airdrop polled to confirmation", transactions::airdrop),
    ("a legacy transfer", transactions::legacy),
    ("a version 0 transfer", transactions::version0),
    ("fees of messages and of priority", transactions::fees),
    ("simulation", transactions::simulation),
    ("accounts, one and several", accounts::read),
    ("the accounts of a program", accounts::of_program),
    ("a transaction in JSON and in bytes", history::transaction),
    ("a block in all details", history::block),
    ("ranges of blocks", history::ranges),
    ("signatures of an address", history::signatures),
    ("a durable nonce", nonces::life),
    ("a lookup table", lookup_tables::life),
    ("refusals", refusals::all),
];
