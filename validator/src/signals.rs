//! The signals that end the process, and the one that must not.

use std::fs;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGXFSZ: sent when a write exceeds the limit on file sizes.
const SIGXFSZ: i32 = 25;

/// The bit of SIGHUP in a signal mask of the kernel.
const HANGUP_BIT: u64 = 1;

/// The handlers of a process that stops when it is asked to.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    /// `None` if the process was started to outlive its terminal, as `nohup` does.
    hangup: Option<Signal>,
    // Held to keep its handler installed: without one, the kernel kills the process instead of failing the write with
    // EFBIG.
    _file_size: Signal,
}

impl StopSignals {
    pub(crate) fn install() -> anyhow::Result<Self> {
        let install = |kind| signal(kind).context("cannot install a signal handler");
        let stops_on_hangup = !ignores_hangup();
        Ok(Self {
            terminate: install(SignalKind::terminate())?,
            interrupt: install(SignalKind::interrupt())?,
            hangup: stops_on_hangup
                .then(|| install(SignalKind::hangup()))
                .transpose()?,
            _file_size: install(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    /// Waits for a signal to stop; returns its name.
    pub(crate) async fn recv(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = hangup => "SIGHUP",
        }
    }
}

/// Whether the process inherited that SIGHUP is ignored; a handler would undo that.
fn ignores_hangup() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| lists_hangup_as_ignored(&status))
}

fn lists_hangup_as_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & HANGUP_BIT != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hangup_is_found_in_the_mask() {
        let status =
            |mask: &str| format!("Name:\tisobath\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\nSigCgt:\t1\n");
        assert!(lists_hangup_as_ignored(&status("0000000000001001")));
        assert!(!lists_hangup_as_ignored(&status("0000000000001000")));
        assert!(!lists_hangup_as_ignored(""));
    }
}
