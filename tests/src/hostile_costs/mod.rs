//! A seeded search for the transactions that make a node do the most per unit of block cost.
//!
//! What a transaction costs its block is meant to follow what it makes the node do. So the search climbs: it changes
//! random transactions over the probe, all built-in programs, tables and accounts of up to 10 MiB, and keeps a change if a
//! quantity per unit of cost does not fall. Everything is counted, nothing is timed, so a seed gives the same answer on
//! every machine.
//!
//! ```text
//! seed -> candidate (up to three transactions) --mutate--> scene: each simulated, all in one block
//!              ^                                              |
//!              '---- kept if it is not better for us ---------'  quantities / cost, beside a plain transfer
//!
//! scene      accounts, tables, nonces and the blocks before: what there is to attack
//! pieces     random instructions of every program; scripts: what the probes do
//! candidate  transactions as lists of instructions, their bytes, and how they are changed
//! measure    quantities and cost of a candidate
//! search     rounds of climbing, and the worst that they found
//! ```

mod candidate;
mod measure;
mod pieces;
mod report;
mod scene;
mod scripts;
mod search;

pub use measure::Quantity;
pub use report::{Report, Worst};
pub use search::{Plan, search};

/// A transaction may do at most this many times what a plain transfer does with a unit of cost.
pub const TIMES_MAX: f64 = 20.0;
