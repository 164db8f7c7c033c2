//! One TCP connection under watch: the node can close it from elsewhere, and it closes itself when the peer stalls.
//!
//! HTTP and WebSocket wait for a slow peer for as long as it takes. This wrapper sits under them and turns three
//! conditions into I/O errors, which they handle as a lost connection:
//! - [`ConnectionHandle::close`] was called (a subscription fell too far behind),
//! - a write has been stuck for [`RpcLimits::write_stall_max`],
//! - nothing was read or written for [`RpcLimits::idle_max`].
//!
//! Invariant: the connection keeps its admission until the stream is dropped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::server::connections::Admission;

/// The stream of a watched connection.
pub(crate) struct WatchedStream<S> {
    inner: S,
    handle: ConnectionHandle,
    last_traffic: Instant,
    idle: Limit,
    write_stall: Option<Pin<Box<Sleep>>>,
    write_stall_max: Duration,
    admission: Arc<Admission>,
}

struct Limit {
    timer: Pin<Box<Sleep>>,
    max: Duration,
}

impl<S> WatchedStream<S> {
    /// Watches `inner`; `admission` is its place among the connections of the listener.
    pub(crate) fn new(
        inner: S,
        handle: ConnectionHandle,
        limits: &RpcLimits,
        admission: Arc<Admission>,
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
            admission,
        }
    }

    /// Fails when there was no traffic for too long; otherwise arms the timer for the moment this could be so.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        while self.idle.timer.as_mut().poll(cx).is_ready() {
            if self.last_traffic.elapsed() >= self.idle.max {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "idle timeout"));
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
            if self.write_stall.take().is_some() {
                self.handle.note_stalled(false);
            }
            self.last_traffic = Instant::now();
            return result;
        }
        let max = self.write_stall_max;
        if self.write_stall.is_none() {
            self.handle.note_stalled(true);
        }
        let timer = self
            .write_stall
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(max)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // The reading side of this connection has to see the end too.
        if self.handle.close() {
            self.admission.note_stall();
        }
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer does not read",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.handle.begin_read(cx)?;
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
        self.handle.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch_write(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.handle.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch_write(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.handle.begin_write(cx)?;
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
