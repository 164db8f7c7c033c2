//! The System program: moves lamports, creates accounts and assigns them to programs.
//!
//! Semantics, errors and log lines are Solana's (`solana-system-program` 4.x). Invariant: the program changes accounts
//! only through the [`Frame`](isobath_sdk::program::Frame), so the account rules hold whatever an instruction asks.
//!
//! ```text
//! dispatch      call: charge compute units, decode, run the operation
//! operations    create, assign, allocate, transfer
//! nonce         durable nonces
//! address       the address that an instruction works on, and who must sign for it
//! ```

mod address;
mod dispatch;
mod nonce;
mod operations;

pub use dispatch::{COMPUTE_UNITS, call, direct};
