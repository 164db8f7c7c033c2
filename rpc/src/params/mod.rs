//! What a call brings: its parameters by position, and what they may hold.
//!
//! ```text
//! arguments   the positional parameters
//! configs     members that configuration objects share
//! encoding    encodings of transactions and data; a transaction from its text
//! filters     filters on account data
//! ```

pub(crate) mod arguments;
pub(crate) mod configs;
pub(crate) mod encoding;
pub(crate) mod filters;
