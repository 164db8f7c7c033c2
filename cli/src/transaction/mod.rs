//! Transactions of the commands: built and signed, sent and waited for, shown.
//!
//! ```text
//! send            compile -> fee -> sign -> send -> wait until it is in a block
//! offline         the same in two steps: signatures made on one machine, sent from another
//! nonce_account   the durable nonce that may replace the blockhash
//! show            a transaction of a block as text
//! ```

pub(crate) mod nonce_account;
pub(crate) mod offline;
pub(crate) mod send;
pub(crate) mod show;
