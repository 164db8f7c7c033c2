//! One block: opened, filled, sealed; or executed again and compared.
//!
//! ```text
//! execution   open -> execute -> seal
//! look_ahead  the accounts of the next transactions, found early
//! record_len  how long the record of the block is at most
//! fees        part burned, the rest to the producer
//! replay      a block that another producer ordered
//! ```

mod execution;
mod fees;
mod look_ahead;
mod record_len;
mod replay;

pub use execution::BlockExecution;
pub use record_len::{BLOCK_RECORD_BYTES_BASE, TRANSACTION_RECORD_BYTES_MAX};
pub use replay::BlockError;
pub(crate) use replay::execute_block;
