//! The three ways in which a watched connection ends.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::WatchedStream;
use crate::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::limits::refusals::Refusals;
use crate::server::connections::Connections;

/// A watched stream, its peer, its handle and the connections of its listener.
async fn pair(
    limits: &RpcLimits,
) -> (
    WatchedStream<TcpStream>,
    TcpStream,
    ConnectionHandle,
    Arc<Connections>,
) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (peer, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let handle = ConnectionHandle::of_test(limits);
    let refusals = Arc::new(Refusals::new(Arc::default(), *limits));
    let connections = Connections::new(*limits, refusals);
    let admission = Arc::new(connections.admit(&handle).expect("the only connection"));
    let stream = WatchedStream::new(accepted.expect("a stream").0, handle.clone(), limits, admission);
    (stream, peer.expect("a stream"), handle, connections)
}

async fn read(stream: &mut WatchedStream<TcpStream>) -> std::io::Result<usize> {
    let mut bytes = [0; 64];
    std::future::poll_fn(|cx| {
        let mut buffer = ReadBuf::new(&mut bytes);
        pin!(&mut *stream)
            .poll_read(cx, &mut buffer)
            .map_ok(|()| buffer.filled().len())
    })
    .await
}

/// Writes until the stream fails.
async fn write_all(stream: &mut WatchedStream<TcpStream>) -> std::io::Error {
    loop {
        let written = std::future::poll_fn(|cx| pin!(&mut *stream).poll_write(cx, &[0; 65_536])).await;
        if let Err(error) = written {
            return error;
        }
    }
}

#[tokio::test]
async fn closing_wakes_a_reader() {
    let (mut stream, _peer, handle, connections) = pair(&RpcLimits::default()).await;
    let reading = tokio::spawn(async move { read(&mut stream).await.map_err(|error| error.kind()) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(connections.count(), 1);
    handle.close();
    assert_eq!(
        reading.await.expect("no panic"),
        Err(ErrorKind::ConnectionAborted)
    );
    assert_eq!(connections.count(), 0);
}

#[tokio::test]
async fn closing_wakes_a_writer() {
    let (mut stream, _peer, handle, _connections) = pair(&RpcLimits::default()).await;
    let writing = tokio::spawn(async move { write_all(&mut stream).await.kind() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!writing.is_finished());
    handle.close();
    assert_eq!(writing.await.expect("no panic"), ErrorKind::ConnectionAborted);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let limits = RpcLimits {
        write_stall_max: Duration::from_millis(50),
        ..RpcLimits::default()
    };
    let (mut stream, _peer, handle, _connections) = pair(&limits).await;
    assert_eq!(write_all(&mut stream).await.kind(), ErrorKind::TimedOut);
    assert!(handle.is_closed());
    assert!(read(&mut stream).await.is_err());
}

#[tokio::test]
async fn a_silent_peer_is_given_up_but_traffic_keeps_it() {
    let limits = RpcLimits {
        idle_max: Duration::from_millis(800),
        ..RpcLimits::default()
    };
    let (mut stream, peer, _handle, _connections) = pair(&limits).await;
    let talking = tokio::spawn(async move {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            peer.writable().await.expect("writable");
            assert_eq!(peer.try_write(b"x").expect("a write"), 1);
        }
        peer
    });
    for _ in 0..4 {
        assert_eq!(read(&mut stream).await.expect("a byte"), 1);
    }
    let _peer = talking.await.expect("no panic");
    assert_eq!(
        read(&mut stream).await.map_err(|error| error.kind()),
        Err(ErrorKind::TimedOut)
    );
}
