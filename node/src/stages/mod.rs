//! The stages of the pipeline, in the order in which a transaction passes them.
//!
//! ```text
//! ingress --queue--> (sigverify's stage) --> admit --pool--> build --record, sync--> publish --> notices
//! decode, hash       batches of               preflight,     open, execute,          exchange
//!                    signatures               pool           seal
//! ```
//!
//! Besides them: what the queue carries (`job`), how transactions come from the pool into a block (`feeder`), what they wait for (`wait_log`), when slots end (`pace`), the time of blocks (`chain_clock`), how long
//! the producer works (`work_time`), its log lines (`report`).

pub(crate) mod admit;
pub(crate) mod build;
pub(crate) mod chain_clock;
pub(crate) mod feeder;
pub(crate) mod ingress;
pub(crate) mod job;
pub(crate) mod pace;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod wait_log;
pub(crate) mod work_time;
