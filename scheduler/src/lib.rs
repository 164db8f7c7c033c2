//! Which transaction runs next: the *pending* pool, block budgets and, later, account-lock scheduling.
//!
//! The crate knows identities, priorities and sizes, but no accounts, signatures or wire bytes. It is pure: no clock,
//! no randomness, no I/O, no threads. Heights are arguments, and the same calls in the same order give the same results
//! on every machine.
//!
//! ```text
//!  admitted --insert--> Pending --take(&mut Budget)--> ordered, into the open block
//!                          |
//!                          +- evicted      by a better entry when the pool is full
//!                          +- drop_expired when no later block can hold the entry
//! ```
//!
//! - [`pending`]: transactions admitted but not ordered, by priority and then arrival. Overtaking is allowed; the wait
//!   is bounded by the expiry of the blockhash and recorded per entry.
//! - [`budget`]: the remaining capacity of one block. Budgets are policy of the builder, not validity of the block.
//!
//! Not implemented yet: the *scheduled* stage, which takes account locks strictly first come first served and feeds the
//! executor's threads.
//!
//! ```
//! use isobath_scheduler::{Budget, BudgetLimits, Entry, Pending, PendingLimits};
//! use isobath_sdk::Hash;
//!
//! let mut pending = Pending::new(PendingLimits { transactions: 1_000, bytes: 1_232_000 });
//! for (priority, payload) in [(5, "patient"), (900, "urgent")] {
//!     let identity = Hash([u8::try_from(payload.len())?; 32]);
//!     pending.insert(Entry {
//!         priority,
//!         compute_units: 450,
//!         size_bytes: 215,
//!         arrived_at_height: 40,
//!         expires_at_height: 190,
//!         identity,
//!         payload,
//!     })?;
//! }
//!
//! let mut budget = Budget::new(BudgetLimits { transactions: 100, compute_units: 800, bytes: 10_000 });
//! let taken = pending.take(&mut budget).expect("the block has room for one");
//! assert_eq!((taken.payload, taken.waited_blocks(42)), ("urgent", 2));
//! assert!(pending.take(&mut budget).is_none(), "450 more compute units do not fit");
//! assert_eq!(pending.len(), 1, "what does not fit stays");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod budget;
pub mod pending;

pub use budget::{Budget, BudgetLimits, Cost};
pub use pending::{Entry, InsertError, Inserted, Pending, PendingLimits, SKIPPED_COUNT_MAX};

/// Runs the README's example with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
