//! Measurements of a node in-process, whose blocks a feeder keeps full.
//!
//! ```text
//! feeder (thread) --verified transfers--> node: pool, ordinary producer, ledger in a temporary folder
//!                                           | ordinary RPC server, real loopback HTTP
//! client (threads) <------------------------'
//! ```
//!
//! - [`latency`]: the latency of sendTransaction with preflight under that load.
//! - [`scan`]: what a getProgramAccounts over many accounts costs the producer under that load.
//!
//! The transfers of the feeder have no real signatures, since nothing on their way checks any: the node is measured
//! behind signature verification. The client's transactions are signed and verified.

mod feeder;
pub(crate) mod fixture;
mod http;
pub(crate) mod latency;
pub(crate) mod scan;

/// `part / whole`, and 0 of nothing.
#[allow(clippy::cast_precision_loss)] // a figure to be read, not a count
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Writes a report: JSON on one line, or the text for people.
pub(crate) fn print<R: serde::Serialize>(report: &R, is_json: bool, text: &str) -> anyhow::Result<()> {
    if is_json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        print!("{text}");
    }
    Ok(())
}
