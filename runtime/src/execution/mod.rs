//! Executing one transaction: its accounts, the checks before it, its instructions, the rules after each.
//!
//! ```text
//! context, sysvars        fixed when the block is opened
//! tx_accounts, lookups    the accounts of a transaction, loaded before and released after it
//! transaction             the one executor seam (contract 6); nonce, payer, rent, replay, kept are its parts
//! direct                  transfers between plain accounts, in place
//! dispatch                what a call of a program runs
//! call_buffers            memory of those calls, kept between transactions
//! process                 instructions and inner calls; where lamports must add up
//! in_place                how often contents change in place, counted
//! simulation              the same seam on a view, nothing kept
//! oracle                  a second executor of whole blocks, with which the fast one is compared
//! work                    what a transaction costs by being recorded
//! planted                 a rollback with a defect, for tests that must notice it
//! ```

mod call_buffers;
mod context;
mod direct;
mod dispatch;
mod in_place;
mod kept;
mod lookups;
mod nonce;
mod oracle;
mod payer;
#[cfg(feature = "planted-bugs")]
mod planted;
mod process;
mod program_data;
mod rent;
mod replay;
mod simulation;
mod sysvars;
mod transaction;
mod tx_accounts;
mod work;

pub use context::BlockContext;
pub(crate) use direct::{Direct, Done};
pub use in_place::InPlace;
pub use oracle::{AnchorFault, Difference, Oracle, OracleError};
pub(crate) use payer::charge_fee;
pub use replay::Replay;
pub use simulation::{Simulation, missing_program};
pub(crate) use simulation::{advise, nonce_account, resolve_lookups, simulate};
pub(crate) use sysvars::SERVED;
pub use transaction::execute_transaction;
pub(crate) use tx_accounts::resolve_lookups as resolve_in_block;
pub use tx_accounts::{AccountSource, Left, TxAccounts};
