//! Logs: one subscriber for the process, writing to standard error.
//!
//! `--log` decides, then `RUST_LOG`, then `info`. Colours appear only on a terminal. A log line that cannot be written
//! is dropped; it never stops the node.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;

use crate::progress::Screen;

/// Installs the subscriber, which writes to `screen`.
///
/// # Errors
/// The filter cannot be parsed, or a subscriber is installed already.
pub(crate) fn init(level: Option<&str>, quiet: bool, screen: &Screen) -> anyhow::Result<()> {
    let screen = screen.clone();
    let filter = match (level, std::env::var("RUST_LOG").ok()) {
        _ if quiet => EnvFilter::new("warn"),
        (Some(level), _) => parse(level).context("--log")?,
        (None, Some(level)) => parse(&level).context("RUST_LOG")?,
        (None, None) => EnvFilter::new("info"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || LogWriter(screen.clone()))
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .log_internal_errors(false)
        .try_init()
        .map_err(|error| anyhow!("cannot install the logger: {error}"))
}

/// Standard error, without the progress bar while a line is written.
struct LogWriter(Screen);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_between(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn parse(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(filter).map_err(|_| {
        anyhow!("invalid log filter {filter:?}; use error, warn, info, debug or trace, or module=level")
    })
}
