//! Placeholder docs.

mod block_state;
mod db;
mod error;
mod frame;
mod ledger_header;
mod log;
mod record;
mod recover;
mod state;
mod storage;
mod view;

pub use block_state::BlockState;
pub use db::{AccountsDb, Durable, OpenReport};
pub use error::{CommitError, Damage, OpenError, ReadError, RecordError, StorageError};
pub use record::{BlockRecord, Delta, Execution, History};
pub use storage::{FileStorage, Fill, LossyStorage, OperationCounts, Storage, StorageReader, TornTail};
pub use view::View;
