//! The request to stop a run, visible to its threads and tasks.
//!
//! Invariant: the first reason is kept, so a report can say why a run ended. After it nothing new is sent; transfers in
//! flight are tracked for a bounded time.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::progress;

/// Exit code of a run that Ctrl-C ended early.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// Why a run stopped sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The configured time is over.
    Deadline,
    /// Ctrl-C.
    Interrupted,
    /// Nothing was confirmed for as long as `--timeout` allows, or the node of the demo stopped.
    Stalled,
}

/// The error of a run that Ctrl-C ended before its load began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "interrupted by Ctrl-C while the accounts were funded, before the first transfer was sent",
        )
    }
}

impl std::error::Error for Interrupted {}

/// A handle to the request; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    sender: Arc<watch::Sender<Option<StopReason>>>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Requests a stop. Later requests have no effect.
    pub(crate) fn request(&self, reason: StopReason) {
        self.sender.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }

    /// The reason, once a stop was requested.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        *self.sender.borrow()
    }

    /// Whether a stop was requested.
    pub(crate) fn is_requested(&self) -> bool {
        self.reason().is_some()
    }

    /// Returns once a stop was requested.
    pub(crate) async fn wait(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _reason = receiver.wait_for(Option::is_some).await;
    }
}

/// Turns Ctrl-C into a request to stop; a second Ctrl-C ends the process at once. Needs a running runtime.
pub(crate) fn stop_on_ctrl_c(stop: Stop) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        progress::note("stopping: waiting for transfers in flight (Ctrl-C again to exit immediately)");
        stop.request(StopReason::Interrupted);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(EXIT_INTERRUPTED));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_kept() {
        let stop = Stop::new();
        let other = stop.clone();
        assert!(!stop.is_requested());
        stop.request(StopReason::Deadline);
        stop.request(StopReason::Interrupted);
        assert_eq!(stop.reason(), Some(StopReason::Deadline));
        assert!(other.is_requested());
    }
}
