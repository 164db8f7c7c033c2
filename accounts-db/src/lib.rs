//! All accounts in memory, seen through views of one block each.
//!
//! ```text
//! db         check, stage, publish: how a block's delta moves the accounts
//! view       the accounts at the end of one block
//! state      what a view shows: newest layers, then the table
//! versions   the states in use, from the oldest that a reader holds
//! layer      what one block changed, ready to be read and merged
//! table      the accounts up to the oldest state in use
//! delta      a block's delta, read back from where the ledger keeps it
//! ```
//!
//! Invariants: a [`View`] shows the end of one block and does not change while it is held, nor does it hold up others;
//! lamports add up: a block whose result names another capitalization than the accounts sum to is refused.
//!
//! Deliberately absent: durability and its order. The caller makes a block durable in its ledger before it publishes it
//! here, and rebuilds the accounts from the ledger when it starts. The crate executes nothing and knows no transaction
//! rules; a state tree, proofs and eviction to disk are not there yet.
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
mod state;
mod table;
mod versions;
mod view;

pub use db::{AccountsDb, Checked, Staged};
pub use delta::read_delta;
pub use view::View;
