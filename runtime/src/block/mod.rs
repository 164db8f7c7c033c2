//! One block: opened, filled, sealed; or executed again and compared.
//!
//! ```text
//! overlay     the accounts as an open block sees them, and what it changed
//! execution   open -> execute -> seal
//! fees        burned in part, the rest to the producer
//! replay      a block that another producer ordered
//! ```

mod execution;
mod fees;
mod overlay;
mod replay;

pub use execution::BlockExecution;
pub use overlay::BlockOverlay;
pub use replay::{BlockError, execute_block};
