//! Every answer of this node beside that of Solana's own: the same calls, in the same order, on the same accounts.
//!
//! ```text
//! cases/*.txt --> case     what is called; `$tx.transfer.one` and the like stand for values of the run
//!                   |
//! cast, transactions       accounts that exist from the start, and transactions by name: the same on every node
//!                   |
//! ours, reference          the two nodes
//!                   |
//!                  run     calls a node and replaces what only its run explains: slots, hashes, signatures
//!                   |
//!                   v
//!                compare   differences, by case and path --> rows: those that `docs/differences.md` gives a reason
//! ```
//!
//! The other node is the `solana-test-validator` of Agave, live, or the recording of its answers that
//! `tests/fixtures/answers.json` holds; both are compared in the same way.
//!
//! Invariant: a difference without a row fails, and so does a row without a difference.

pub mod case;
pub mod cast;
pub mod compare;
pub mod normal;
pub mod ours;
pub mod reference;
pub mod rows;
pub mod run;
pub mod transactions;
pub mod values;
