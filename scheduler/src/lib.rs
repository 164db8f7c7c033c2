//! Which transaction runs next: the *pending* pool and block budgets, then the *scheduled* stage with its account locks.
//!
//! The crate knows identities, priorities, sizes and account numbers, but no accounts, signatures or wire bytes. It is
//! pure: no clock, no randomness, no I/O, and no threads of its own. Heights are arguments, and the same calls in the
//! same order give the same results on every machine. The pool is used by one thread; the scheduled stage by all.
//!
//! ```text
//!  admitted --insert--> Pending --take(&mut Budget)--> reserved --runs--> charged, or refunded without effect
//!                          |
//!                          +- evicted        by a better entry when the pool is full
//!                          +- replaced       by a better entry of the same nonce
//!                          +- drop_expired   when no later block can hold the entry
//!                          +- drop_unpayable when its payer no longer covers the fees
//! ```
//!
//! - [`entry`]: one transaction, as the other two see it.
//! - [`pending`]: transactions admitted but not ordered, in one of three orders, by default by priority and
//!   then arrival. Overtaking is allowed; the wait
//!   is bounded by the expiry of the blockhash and recorded per entry. A payer has a share of the pool.
//! - [`budget`]: the remaining capacity of one block and of each account in it. Budgets are policy of the builder, not
//!   validity of the block.
//!
//! ```text
//!  block order --> intake: resolve, register --> locks --> queues --> workers: execute, complete
//! ```
//!
//! - [`locks`]: account locks, first come first served in block order; who can run now.
//! - [`intake`]: a block on its way into the locks, resolved by all threads and registered in order.
//! - [`queues`]: what can run and is short, one queue a thread.
//! - [`ranked`]: what else can run, by the work that waits behind it.
//! - [`idle`]: where threads wait that find nothing to do.
//! - [`workers`]: what each of the caller's threads does with all that.
//! - `role`, `sync`: a role that one thread has at a time; locks and atomics, or those of the model checker.
//! - `steps`, `planted`: for tests, threads that yield between steps, and defects that must be found.
//!
//! `docs/scheduling.md` explains the scheduled stage as a whole.
//!
//! ```
//! use isobath_scheduler::{Budget, BudgetLimits, Entry, Pending, PendingLimits, Spent, Taken};
//! use isobath_sdk::{Hash, Pubkey};
//!
//! let mut pending = Pending::new(PendingLimits {
//!     transactions: 1_000,
//!     bytes: 1_232_000,
//!     payer_transactions: 100,
//!     payer_bytes: 123_200,
//!     taken: 100,
//! });
//! for (priority, payload) in [(5, "patient"), (900, "urgent")] {
//!     let identity = Hash([u8::try_from(payload.len())?; 32]);
//!     let entry = Entry {
//!         priority,
//!         cost_units: 1_470,
//!         size_bytes: 215,
//!         record_bytes: 700,
//!         writable: Box::default(),
//!         payer: Pubkey([7; 32]),
//!         fee_lamports: 5_000,
//!         arrived_at_height: 40,
//!         expires_at_height: 190,
//!         nonce: None,
//!         identity,
//!         payload,
//!     };
//!     pending.insert(entry, |lamports| lamports <= 50_000)?;
//! }
//!
//! let limits = BudgetLimits {
//!     transactions: 100,
//!     cost_units: 2_000,
//!     account_cost_units: 2_000,
//!     bytes: 10_000,
//!     record_bytes: 10_000,
//! };
//! let mut budget = Budget::new(limits);
//! let Taken::Entry(taken) = pending.take(&mut budget) else { panic!("the block has room for one") };
//! assert_eq!((taken.payload, taken.waited_blocks(42)), ("urgent", 2));
//! budget.charge(taken.cost(), Spent { cost_units: 1_900, record_bytes: 600 });
//! assert_eq!(pending.take(&mut budget), Taken::Nothing, "1,470 more do not fit");
//! assert_eq!(pending.len(), 1, "what does not fit stays");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod budget;
pub mod entry;
pub mod idle;
pub mod intake;
pub mod locks;
pub mod pending;
mod planted;
pub mod queues;
pub mod ranked;
mod role;
mod steps;
mod sync;
pub mod workers;

pub use budget::{Budget, BudgetLimits, Cost, Misfit, Spent};
pub use entry::{Entry, Nonce};
pub use idle::Idle;
pub use intake::{Claim, Intake, IntakeLimits, OnRegister, Resolved};
pub use locks::{Access, Lock, LockWait, OnComplete, Schedule, ScheduleLimits};
pub use pending::{
    DROPPED_COUNT_MAX, EXAMINED_COUNT_MAX, InsertError, Inserted, Pending, PendingLimits, PendingOrder, Taken,
};
pub use queues::{Local, Queues};
pub use ranked::{Rank, Ranked};
#[cfg(any(test, feature = "yields"))]
pub use steps::seed_yields;
pub use steps::step;
pub use workers::{Lane, Work, Worker, Workers, WorkersLimits};

/// Runs the README's example with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
