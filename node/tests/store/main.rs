//! Tests of the whole store, against an oracle that shares no code with it but the types.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "tests compute with small numbers of their own making"
)]

mod blocks;
mod concurrency;
mod corruption;
mod crash;
mod creation;
mod earlier;
mod format;
mod oracle;
mod support;
