//! One request to stop, seen by threads and tasks alike.
//!
//! Invariant: the first reason wins and stays, so a report can say why a run ended. Stopping means that nothing new
//! is sent; what is in flight is still followed for a bounded time.

use std::sync::Arc;

use tokio::sync::watch;

/// Why a run stopped sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The time asked for is over.
    Deadline,
    /// Ctrl-C.
    Interrupted,
    /// Nothing was confirmed for as long as `--timeout` allows, or the node of the demo came down.
    Stalled,
}

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

    /// Asks everybody to stop. Later requests change nothing.
    pub(crate) fn request(&self, reason: StopReason) {
        self.sender.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }

    /// The reason, once somebody asked.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        *self.sender.borrow()
    }

    /// Whether somebody asked.
    pub(crate) fn is_requested(&self) -> bool {
        self.reason().is_some()
    }

    /// Returns once somebody asked.
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
        eprintln!("stopping: waiting for what is in flight (Ctrl-C again to leave at once)");
        stop.request(StopReason::Interrupted);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(crate::EXIT_INTERRUPTED));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_wins() {
        let stop = Stop::new();
        let other = stop.clone();
        assert!(!stop.is_requested());
        stop.request(StopReason::Deadline);
        stop.request(StopReason::Interrupted);
        assert_eq!(stop.reason(), Some(StopReason::Deadline));
        assert!(other.is_requested());
    }
}
