//! One block: opened, filled, sealed; or executed again and compared.
//!
//! ```text
//! execution    open -> execute -> seal, by one thread
//! opened       what all threads of an open block share
//! lane         one thread's part: transactions one after the other
//! seal         fees, delta, roots, header and result
//! parallel     the same by several threads, which take the locks of accounts in block order
//! finder       ids of keys, found together
//! look_ahead   the ids of the next transactions, found early
//! record_len   how long the record of the block is at most
//! record_room  room in the record for transactions that run programs
//! fees         part burned, the rest to the producer
//! replay       a block that another producer ordered
//! ```

mod execution;
mod fees;
mod finder;
mod lane;
mod look_ahead;
mod opened;
mod parallel;
mod record_len;
mod record_room;
mod replay;
mod seal;

pub use execution::BlockExecution;
pub use parallel::{
    BlockIntake, LaneEnd, LaneWaker, LaneWork, ParallelBuffers, ParallelExecution, ParallelLane, WaitNotes,
};
pub use record_len::{BLOCK_RECORD_BYTES_BASE, TRANSACTION_RECORD_BYTES_MAX};
pub use replay::BlockError;
pub(crate) use replay::execute_block;
pub use seal::UnhashedBlock;
