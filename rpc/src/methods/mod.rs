//! The methods of JSON-RPC, one file for each group.
//!
//! ```text
//! table              the methods by name
//! call               what happens around every call: permits, parameters, threads, the size of the answer
//!
//! chain_info         health, version, slots, epochs, blockhashes, fees
//! cluster            the producer, the addresses of the node, and what only a larger cluster has
//! supply             supply, largest accounts, inflation, stake
//! activity           prioritization fees and performance of recent blocks
//! accounts           accounts and balances
//! program_accounts   the accounts of a program
//! blocks             ranges of blocks, and their times
//! block              one block with its transactions
//! history            one transaction of the ledger
//! address_history    the transactions that name an address
//! transactions       sendTransaction and the statuses of signatures
//! explain            isobath_explainTransaction
//! contention         isobath_getContention, and the waits of a transaction
//! simulate           simulateTransaction
//! airdrop            requestAirdrop
//! ```

mod accounts;
mod activity;
mod address_history;
pub(crate) mod airdrop;
mod block;
mod blocks;
mod call;
pub(crate) mod chain_info;
mod cluster;
mod contention;
mod explain;
mod history;
pub(crate) mod program_accounts;
mod simulate;
pub(crate) mod supply;
pub(crate) mod table;
pub(crate) mod transactions;
