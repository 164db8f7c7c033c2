//! Random blocks, executed by the runtime and by an independent model, and compared.
//!
//! The model ([`model`]) is written from the rules and shares no code with the runtime: plain maps of small
//! structs. After every block the harness compares each outcome (class, error, fee, compute units), every
//! account, the burned fees and the sum of all lamports; so a wrong rollback, a wrong fee or a lamport from
//! nowhere shows up in the block in which it happens.
//!
//! ```text
//! seed -> spec (who, what, which blockhash) -> wire bytes -> runtime: build, and replay with NoOps
//!                                          `-> model ------> compare
//! ```

pub mod harness;
pub mod model;
pub mod spec;

pub use harness::{Report, run};
