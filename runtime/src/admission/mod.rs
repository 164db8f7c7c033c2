//! Admission: what can be decided about a transaction from its bytes and the rules alone.
//!
//! ```text
//! tx       wire bytes -> Tx, or why no block may contain them
//! budget   its compute budget
//! fee      what it pays
//! entry    how it waits in the pool of pending transactions
//! ```

mod budget;
mod entry;
mod fee;
mod tx;

pub use budget::ComputeLimits;
pub use entry::pending_entry;
pub use fee::{Fee, fee_of};
pub use tx::{DecodedTx, Inadmissible, Tx, admit, writable_keys};
