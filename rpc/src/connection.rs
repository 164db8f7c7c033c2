//! A handle on one connection: its permits, and closing it from outside.
//!
//! Every call and every subscription holds the handle of the connection that it came in on. The stream below the
//! connection asks the handle before each read and write whether it may go on.
//!
//! Invariant: a direction leaves its waker here before the closed flag is read, so a close is never missed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Context;

use futures_util::task::AtomicWaker;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::RpcLimits;

/// Numbers the connections of the process.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A handle on a connection. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle(Arc<State>);

#[derive(Debug)]
struct State {
    number: u64,
    closed: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    calls: Arc<Semaphore>,
    large_answers: Arc<Semaphore>,
}

impl ConnectionHandle {
    pub(crate) fn new(limits: &RpcLimits) -> Self {
        Self(Arc::new(State {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            calls: Arc::new(Semaphore::new(limits.calls_in_flight_max)),
            large_answers: Arc::new(Semaphore::new(limits.large_answers_max.max(1))),
        }))
    }

    /// A number that no other connection has.
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// Closes the connection: reads and writes fail from now on. False when it was closed before.
    pub(crate) fn close(&self) -> bool {
        let was_closed = self.0.closed.swap(true, Ordering::AcqRel);
        self.0.reader.wake();
        self.0.writer.wake();
        !was_closed
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
        let handle = ConnectionHandle::new(&RpcLimits {
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
        let handle = ConnectionHandle::new(&RpcLimits {
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
