//! What a call brings: its parameters by position, and the filters among them.
//!
//! ```text
//! arguments   the positional parameters, and what every configuration object shares
//! filters     filters on account data
//! ```

pub(crate) mod arguments;
pub(crate) mod filters;
