//! All accounts, in memory, read through immutable views of one block each.
//!
//! ```text
//! db          the store: check, stage and publish the delta of a block
//! view        the accounts at the end of one block
//! versions    the states in use, from the oldest that a reader holds
//! state       the contents of a view: newest layers, then the table
//! table       the accounts up to the oldest state in use
//! layer       the changes of one block, prepared for look-ups and the merge
//! partition   the seed of the hashes of keys, and the part of the table that a hash selects
//! delta       reads a block's delta back from the ledger
//! ```
//!
//! Invariants: a [`View`] shows the end of one block, does not change while it is held and blocks nothing; lamports add
//! up: a block is rejected if the accounts do not sum to the capitalization in its result.
//!
//! Deliberately absent: durability and its order. The caller makes a block durable in its ledger before it publishes it
//! here, and rebuilds the accounts from the ledger at start. The crate executes nothing and knows no transaction rules.
//! Not implemented yet: a state tree, proofs, eviction to disk.
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

mod db;
mod delta;
mod layer;
mod partition;
mod state;
mod table;
mod versions;
mod view;

pub use db::{AccountsDb, Checked, Staged};
pub use delta::read_delta;
pub use view::View;
