//! Hostile clients: what they send to a real node, and the answers that it must give.
//!
//! ```text
//! bodies            JSON-RPC with wrong types, absurd numbers, deep nesting, duplicate members, broken UTF-8:
//!   calls, texts    calls with wrong parameters (`values`), and texts that are not calls
//! packets           transactions: noise, damage, truncation, bad encodings, bad signatures, floods of duplicates
//!      |
//!      v
//! http, socket      well-formed transport: an answer is owed, and `oracle` judges it
//! raw_http, frames  broken transport: any rejection is valid, but never a status of 500 and never a crash
//! stall             connections that dribble, fall silent or do not read
//!      |
//!      v
//! attacker          one attacker, and the deadline, limits and findings of its round
//! load              the threads of one round
//! honest            one client among them whose transfers must still confirm
//! crowd             many at once: what honest clients notice of them
//! memory            resident memory of the process, as the kernel counts it
//! ```
//!
//! Invariant: everything is derived from one printed seed and from what the node answers; nothing leaves the loopback
//! address. How the requests of different threads interleave is the only thing that a seed does not repeat.

pub mod attacker;
pub mod bodies;
pub mod calls;
pub mod crowd;
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
pub mod values;
