//! One TCP connection under watch: it can be closed from outside, and it closes itself when the peer stalls.
//!
//! HTTP and WebSocket wait for a slow peer for as long as it takes. This wrapper sits under them and turns three
//! conditions into I/O errors, which they handle as a lost connection:
//! - [`ConnectionHandle::close`] was called (a subscription fell too far behind),
//! - a write has been stuck for [`RpcLimits::write_stall_max`],
//! - nothing was read or written for [`RpcLimits::idle_max`].
//!
//! Invariant: whoever polls a direction has left its waker with the handle before the closed flag is read, so a close
//! is never missed. The connection permit is freed when the stream is dropped.
//!
//! [`RpcLimits::write_stall_max`]: crate::RpcLimits::write_stall_max
//! [`RpcLimits::idle_max`]: crate::RpcLimits::idle_max

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use crate::config::RpcLimits;

/// A handle on a connection, given to every call that came in on it.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    closed: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    calls: Arc<Semaphore>,
    large_answers: Arc<Semaphore>,
}

impl ConnectionHandle {
    pub(crate) fn new(limits: &RpcLimits) -> Self {
        Self(Arc::new(Shared {
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            calls: Arc::new(Semaphore::new(limits.calls_in_flight_max)),
            large_answers: Arc::new(Semaphore::new(limits.large_answers_max.max(1))),
        }))
    }

    /// Hangs up: reads and writes fail from now on.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// A permit for one more call in flight, or `None` when the connection has too many.
    pub(crate) fn begin_call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.calls).try_acquire_owned().ok()
    }

    /// Waits for a permit to make one more answer or notification that may be large. It is kept until the answer has
    /// been handed over, so a client that does not read makes nothing more be prepared for it.
    pub(crate) async fn begin_large_answer(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.large_answers).acquire_owned().await.ok()
    }

    #[cfg(test)]
    pub(crate) fn is_closed(&self) -> bool {
        self.check_open().is_err()
    }

    fn check_open(&self) -> io::Result<()> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "closed by the node",
            ));
        }
        Ok(())
    }
}

/// The stream of a watched connection.
pub(crate) struct WatchedStream<S> {
    inner: S,
    handle: ConnectionHandle,
    last_traffic: Instant,
    idle: Limit,
    write_stall: Option<Pin<Box<Sleep>>>,
    write_stall_max: Duration,
    _permit: OwnedSemaphorePermit,
}

struct Limit {
    timer: Pin<Box<Sleep>>,
    max: Duration,
}

impl<S> WatchedStream<S> {
    /// Watches `inner`; `permit` is its place among the connections of the listener.
    pub(crate) fn new(
        inner: S,
        handle: ConnectionHandle,
        limits: &RpcLimits,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            inner,
            handle,
            last_traffic: Instant::now(),
            idle: Limit {
                timer: Box::pin(tokio::time::sleep(limits.idle_max)),
                max: limits.idle_max,
            },
            write_stall: None,
            write_stall_max: limits.write_stall_max,
            _permit: permit,
        }
    }

    /// Fails when there was no traffic for too long; otherwise arms the timer for the moment this could be so.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        while self.idle.timer.as_mut().poll(cx).is_ready() {
            if self.last_traffic.elapsed() >= self.idle.max {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "no traffic"));
            }
            let next = self
                .last_traffic
                .checked_add(self.idle.max)
                .unwrap_or(self.last_traffic);
            self.idle.timer.as_mut().reset(next);
        }
        Poll::Pending
    }

    /// Passes on the result of a write and fails when writes have been pending for too long.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_stall = None;
            self.last_traffic = Instant::now();
            return result;
        }
        let max = self.write_stall_max;
        let timer = self
            .write_stall
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(max)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // Whoever reads from this peer has to see the end too.
        self.handle.close();
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer does not read",
        )))
    }

    fn begin_write(&self, cx: &Context<'_>) -> io::Result<()> {
        self.handle.0.writer.register(cx.waker());
        self.handle.check_open()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.handle.0.reader.register(cx.waker());
        self.handle.check_open()?;
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Ready(result) => {
                self.last_traffic = Instant::now();
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_idle(cx).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch_write(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch_write(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
