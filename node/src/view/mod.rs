//! What readers see: one published view, the end of one durable block.
//!
//! ```text
//! published   chain, accounts and statuses at the end of the last durable block
//! tip         the part of it that is published by one exchange
//! effective   the transactions of a block that had an effect
//! ```

pub(crate) mod effective;
pub(crate) mod published;
pub(crate) mod tip;
