//! The stages of the pipeline, in the order in which a transaction passes them.
//!
//! ```text
//! ingress --queue--> (sigverify's stage) --> admit --pool--> build --ended block--> commit --> publish --> notices
//! decode, check      batches of               hash,          open, execute,         roots,     exchange
//!                    signatures               preflight,     end                    record,
//!                                             pool                                  sync
//! ```
//!
//! Besides them: what the queue carries (`job`), how transactions come from the pool into a block (`feeder`), what they wait for (`wait_log`), threads that are lent (`threads`), when slots end (`pace`), the time of blocks (`chain_clock`), how long
//! the producer works (`work_time`), its log lines (`report`).

pub(crate) mod admit;
pub(crate) mod build;
pub(crate) mod chain_clock;
pub(crate) mod commit;
pub(crate) mod feeder;
pub(crate) mod ingress;
pub(crate) mod job;
pub(crate) mod pace;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod threads;
pub(crate) mod wait_log;
pub(crate) mod work_time;
