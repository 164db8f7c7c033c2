//! Hostile clients: what they send to a real node, and what every answer must be.
//!
//! ```text
//! calls, texts      JSON-RPC with wrong types, absurd numbers, deep nesting, duplicate members, broken UTF-8
//! packets           transactions: noise, damage, truncation, bad encodings, bad signatures, floods of duplicates
//!      |
//!      v
//! http, socket      well-formed transport: an answer is owed, and `oracle` judges it
//! raw_http, frames  broken transport: any refusal will do, but never a status of 500 and never a crash
//! stall             connections that dribble, fall silent or do not read
//!      |
//!      v
//! load              the threads of one round, with a deadline, a limit on requests and a list of findings
//! honest            one client among them whose transfers must still confirm
//! memory            resident memory of the process, as the kernel counts it
//! ```
//!
//! Invariant: everything is derived from one printed seed and from what the node answers; nothing leaves the loopback
//! address. How the requests of different threads interleave is the only thing that a seed does not repeat.

pub mod calls;
pub mod frames;
pub mod honest;
pub mod http;
pub mod load;
pub mod memory;
pub mod oracle;
pub mod packets;
pub mod raw_http;
pub mod socket;
pub mod stall;
pub mod texts;
