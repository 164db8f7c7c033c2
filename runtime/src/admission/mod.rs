//! Admission: everything that the bytes of a transaction and the rules alone decide.
//!
//! ```text
//! tx        wire bytes -> Tx, or why no block may contain them
//! budget    the compute budget of a transaction
//! fee       the fees of a transaction
//! cost      what a transaction costs its block
//! key_set   some of its keys
//! recycled  memory of transactions, used again
//! entry     its entry in the pool of pending transactions
//! ```

mod budget;
pub(crate) mod cost;
mod entry;
mod fee;
mod key_set;
mod recycled;
mod tx;

pub use budget::ComputeLimits;
pub use cost::{cost_units, work_units};
pub use entry::{Wait, pending_entry};
pub use fee::{Fee, fee_of};
pub use key_set::KeySet;
pub use tx::{CheckedTx, DecodedTx, Inadmissible, StaticRule, Tx, admit, writable_keys};
