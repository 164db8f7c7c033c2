//! A handle on one connection: its address, its permits, what it is doing, and closing it from outside.
//!
//! Every call and every subscription holds the handle of the connection that it came in on. The stream below the
//! connection asks the handle before each read and write whether it may go on.
//!
//! Invariant: a direction leaves its waker here before the closed flag is read, so a close is never missed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Context;
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::activity::{Activity, Busy};
use crate::config::RpcLimits;
use crate::limits::peers::Peer;

/// Numbers the connections of the process.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A handle on a connection. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle(Arc<State>);

#[derive(Debug)]
struct State {
    number: u64,
    peer: Arc<Peer>,
    activity: Arc<Activity>,
    unread_bytes: AtomicU64,
    closed: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    calls: Arc<Semaphore>,
    large_answers: Arc<Semaphore>,
}

impl ConnectionHandle {
    /// A handle on a connection that was opened just now.
    pub(crate) fn new(limits: &RpcLimits, peer: Arc<Peer>) -> Self {
        Self(Arc::new(State {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            peer,
            activity: Activity::begin(),
            unread_bytes: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            calls: Arc::new(Semaphore::new(limits.calls_in_flight_max)),
            large_answers: Arc::new(Semaphore::new(limits.large_answers_max.max(1))),
        }))
    }

    /// A connection of a test.
    #[cfg(test)]
    pub(crate) fn of_test(limits: &RpcLimits) -> Self {
        Self::new(limits, Peer::of_test(limits))
    }

    /// A number that no other connection has.
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// Where it comes from.
    pub(crate) fn peer(&self) -> &Arc<Peer> {
        &self.0.peer
    }

    /// Closes the connection: reads and writes fail from now on. False when it was closed before.
    pub(crate) fn close(&self) -> bool {
        let was_closed = self.0.closed.swap(true, Ordering::AcqRel);
        self.0.reader.wake();
        self.0.writer.wake();
        !was_closed
    }

    /// Notes that the connection has something to do until the guard is dropped.
    pub(crate) fn begin_work(&self) -> Busy {
        Busy::begin(Arc::clone(&self.0.activity))
    }

    /// Since when it has had nothing to do, and whether it ever had; `None` while it is busy.
    pub(crate) fn idle_since(&self) -> Option<(Instant, bool)> {
        self.0.activity.idle_since()
    }

    /// Notes whether a write is stuck.
    pub(crate) fn note_stalled(&self, is_stalled: bool) {
        self.0.activity.note_stalled(is_stalled);
    }

    /// How long a write has been stuck.
    pub(crate) fn stalled_for(&self) -> Duration {
        self.0.activity.stalled_for()
    }

    /// Counts bytes of small answers that it has not read; how many these are now.
    pub(crate) fn add_unread(&self, bytes: u64) -> u64 {
        let before = self.0.unread_bytes.fetch_add(bytes, Ordering::AcqRel);
        before.saturating_add(bytes)
    }

    /// The client has read them.
    pub(crate) fn remove_unread(&self, bytes: u64) {
        self.0.unread_bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// A permit for one more call in flight, or `None` when the connection has too many.
    pub(crate) fn begin_call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.calls).try_acquire_owned().ok()
    }

    /// Waits for a permit to render one more answer or notification that may be large. The caller keeps it until the
    /// answer has been handed over, so nothing more is rendered for a client that does not read.
    pub(crate) async fn begin_large_answer(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.large_answers).acquire_owned().await.ok()
    }

    /// Registers the reader for the close; an error when the connection is closed already.
    pub(crate) fn begin_read(&self, cx: &Context<'_>) -> io::Result<()> {
        self.0.reader.register(cx.waker());
        self.check_open()
    }

    /// Registers the writer for the close; an error when the connection is closed already.
    pub(crate) fn begin_write(&self, cx: &Context<'_>) -> io::Result<()> {
        self.0.writer.register(cx.waker());
        self.check_open()
    }

    /// Whether it was closed from outside.
    pub(crate) fn is_closed(&self) -> bool {
        self.check_open().is_err()
    }

    fn check_open(&self) -> io::Result<()> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "closed by the server",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn calls_in_flight_are_counted() {
        let handle = ConnectionHandle::of_test(&RpcLimits {
            calls_in_flight_max: 2,
            ..RpcLimits::default()
        });
        let first = handle.begin_call();
        let second = handle.begin_call();
        assert!(first.is_some() && second.is_some() && handle.begin_call().is_none());
        drop(first);
        assert!(handle.begin_call().is_some());
    }

    #[tokio::test]
    async fn large_answers_wait_for_each_other() {
        let handle = ConnectionHandle::of_test(&RpcLimits {
            large_answers_max: 1,
            ..RpcLimits::default()
        });
        let first = handle.begin_large_answer().await;
        let waiting = handle.clone();
        let second = tokio::spawn(async move { waiting.begin_large_answer().await.is_some() });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.expect("no panic"));
    }
}
