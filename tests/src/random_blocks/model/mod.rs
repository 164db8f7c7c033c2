//! The rules once more, in their plainest form: a second executor for the transactions of [`super::generate`].
//!
//! Invariant: it shares with runtime and programs nothing but the decoders and the derivation of addresses. Accounts
//! are a map of small structs; a transaction works on copies of its accounts, which are kept or dropped as a whole.
//! Written to be read, and quadratic wherever that is shorter.
//!
//! ```text
//! state        everything that exists
//! limits       the rules that depend on features
//! account      an account, and the balances that a transaction may leave
//! chain        slots, blockhashes, messages: what past blocks leave behind
//! budget       limits and fees that the bytes ask for
//! transaction  one transaction from its lookups to its outcome
//!   lookups      keys loaded from tables, as of the end of the parent block
//!   nonces       living by a nonce instead of a blockhash
//!   running      the accounts while programs run: calls, privileges, what a program may change
//!   programs     which of them runs
//!     system, system_nonces, tables, probe
//! ```

mod account;
mod budget;
mod chain;
mod limits;
mod lookups;
mod nonces;
mod probe;
mod programs;
mod running;
mod state;
mod system;
mod system_nonces;
mod tables;
mod transaction;

pub use account::Plain;
pub use chain::Past;
pub use state::{Accounts, Model};
pub use transaction::{Expected, execute};
