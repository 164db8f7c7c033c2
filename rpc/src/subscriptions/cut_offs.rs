//! Connections that are closed because of their subscriptions: each is counted once, and few are logged.
//!
//! A client can have itself closed as often as it likes, so there is at most one line in ten seconds. It says why the
//! last connection was closed, and how many connections it stands for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;

/// The shortest time between two lines.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Why a connection is closed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// The queue of a subscription is full.
    FullQueue,
    /// Notifications hold too many bytes, and most of them wait for this connection.
    HeldBytes,
    /// A subscription missed a block.
    MissedBlock,
}

impl Cause {
    const fn text(self) -> &'static str {
        match self {
            Self::FullQueue => "a subscription lagged too far behind",
            Self::HeldBytes => "the notifications that wait for it hold too many bytes",
            Self::MissedBlock => "the node skipped a block that a subscription waits for",
        }
    }
}

/// Closes connections.
#[derive(Debug)]
pub(super) struct CutOffs {
    counters: Arc<RpcCounters>,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    written: Option<Instant>,
    /// Connections closed since then.
    unlogged: u64,
}

impl CutOffs {
    pub(super) fn new(counters: Arc<RpcCounters>) -> Self {
        Self {
            counters,
            log: Mutex::default(),
        }
    }

    /// Closes a connection, unless that has happened already.
    pub(super) fn close(&self, connection: &ConnectionHandle, cause: Cause) {
        if !connection.close() {
            return;
        }
        self.counters.lagging_closed.increment();
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = log.count_due(Instant::now()) {
            tracing::warn!(
                count,
                cause = cause.text(),
                "closed connections with subscriptions"
            );
        }
    }
}

impl Log {
    /// Notes a connection that was closed now; how many a line stands for, if one is due.
    fn count_due(&mut self, now: Instant) -> Option<u64> {
        self.unlogged = self.unlogged.saturating_add(1);
        let is_due = self
            .written
            .is_none_or(|written| now.duration_since(written) >= LOG_EVERY);
        is_due.then(|| {
            self.written = Some(now);
            std::mem::take(&mut self.unlogged)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stands_for_many_connections() {
        let (mut log, start) = (Log::default(), Instant::now());
        assert_eq!(log.count_due(start), Some(1));
        assert_eq!(log.count_due(start), None);
        assert_eq!(log.count_due(start), None);
        assert_eq!(log.count_due(start + LOG_EVERY), Some(3));
        assert_eq!(log.count_due(start + LOG_EVERY), None);
    }
}
