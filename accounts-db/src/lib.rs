//! All accounts, in memory, read through immutable views of one block each.
//!
//! ```text
//! db          the store: opens, ends and publishes blocks, and prunes
//! open_block  the accounts of the open block, and what is left when it ends
//! lane        the same accounts as one thread has them
//! changes     what the block changed, compared and sorted by the threads that are lent
//! compared    whether it changed an account
//! resident    cells, their index, and the images of what they were
//! views       the views in use, from the oldest that a reader holds
//! view        the accounts at the end of one block
//! planted     defects for tests that must notice them
//! shared      what store, open block and readers share; pruning
//! seed        the secret seed under which keys are hashed
//! sync        locks and atomics, or those of the model checker
//! delta       reads a block's delta back from the ledger
//! tree        the state tree: a root over accounts and proofs, not part of the store yet
//! ```
//!
//! Invariants: a [`View`] shows the end of one block, does not change while it is held and blocks nothing; lamports add
//! up: a block is rejected if the accounts do not sum to the capitalization in its result.
//!
//! Deliberately absent: durability and its order. The caller makes a block durable in its ledger before it publishes it
//! here, and rebuilds the accounts from the ledger at start. The crate executes nothing and knows no transaction rules.
//! Not implemented yet: state roots of the store, eviction to disk.
//!
//! # Example
//!
//! ```
//! use isobath_accounts_db::AccountsDb;
//! use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let genesis = Genesis::development();
//! let db = AccountsDb::new(&genesis)?;
//! let [alice, ..] = dev_keypairs().map(|keypair| keypair.pubkey());
//! let view = db.view();
//! assert_eq!(view.slot(), 0);
//! assert!(view.get(&alice).is_some());
//! assert_eq!(view.sum_lamports(), u128::from(view.capitalization()));
//! # Ok(())
//! # }
//! ```

mod changes;
mod compared;
mod db;
mod delta;
mod lane;
mod open_block;
mod planted;
mod resident;
mod seed;
mod shared;
mod sync;
pub mod tree;
mod view;
mod views;

pub use db::AccountsDb;
pub use delta::read_delta;
pub use lane::Lane;
pub use open_block::{EndedBlock, OpenBlock};
#[cfg(feature = "planted-bugs")]
pub use planted::PlantedBug;
pub use shared::HELD_BYTES_MAX;
pub use view::View;
