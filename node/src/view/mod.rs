//! What readers see: one published view, which belongs to one durable block.
//!
//! ```text
//! published   chain, accounts and statuses as they are at the end of the last durable block
//! recent      the newest blocks, in memory
//! effective   the transactions of a block that had an effect
//! ```

pub(crate) mod effective;
pub(crate) mod published;
pub(crate) mod recent;
