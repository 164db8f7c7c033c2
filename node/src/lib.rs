//! The node: a ledger, one producer of blocks and the pipeline that feeds it.
//!
//! ```text
//! node       a handle on a running node; open starts one from a config, progress shows how far it has come
//! state      the state that the threads of a node share
//! stages/    ingress -> verification -> admission -> block production -> publication
//! view/      the published view
//! indexes/   signatures, statuses, addresses, owners, fees, performance, dropped transactions, waits
//! store      ledger and accounts together
//! programs   the built-in programs
//! lane_threads  the threads that execute blocks, parked between them
//! ledger_check  a whole ledger executed again by the oracle
//! verify     the signatures of one transaction, outside the pipeline
//! notice     the notification after each block
//! counters   counters of the pipeline
//! error      why a node does not start, why it rejects a transaction
//! ```
//!
//! Invariants:
//! - Readers see only what is durable, and chain, accounts and statuses of one block change together
//!   ([`Published`]).
//! - Every queue is bounded; if one is full, the node answers busy and counts it ([`Counters`]).
//! - After the first storage failure nothing more is written or accepted; what was published stays readable.
//! - Only the producer reads the host clock.

mod config;
mod counters;
mod error;
mod indexes;
mod lane_threads;
mod ledger_check;
mod node;
mod notice;
mod open;
mod programs;
mod progress;
mod stages;
mod state;
mod store;
mod verify;
mod view;

pub use config::{BlockLimits, EXECUTION_THREADS_MAX, HistoryLimits, NodeConfig, SLOT_MS_MAX, SLOT_MS_MIN};
pub use counters::{Counter, Counters};
pub use error::{Busy, NodeError, SubmitError, Unmetered, ViewRevoked};
pub use indexes::accepted::{AcceptedTx, DropReason, DroppedTx};
pub use indexes::addresses::{AddressEntry, AddressQuery};
pub use indexes::contention::{AccountWait, BlockContention, ContendedAccount, TxDelay};
pub use indexes::performance::{PERFORMANCE_SAMPLES_MAX, PerformanceSample};
pub use indexes::statuses::{KEPT_BLOCKS, TxStatus};
pub use isobath_ledger::ReadError;
pub use isobath_scheduler::PendingOrder;
pub use isobath_storage::{FileStorage, Storage};
pub use lane_threads::LaneThreads;
pub use ledger_check::{CheckError, CheckProgress, CheckedLedger, check_ledger};
pub use node::{Found, Node};
pub use notice::{BlockNotice, HeldBlock};
pub use open::OpenedNode;
pub use programs::program_table;
pub use progress::StartProgress;
pub use stages::job::{Meter, Preflight};
pub use store::{Durable, Store};
pub use verify::has_valid_signatures;
pub use view::effective::{EffectiveTx, effective_transactions};
pub use view::published::{OwnedBy, Published};
