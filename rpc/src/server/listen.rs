//! The two listeners: HTTP on a port, WebSocket on the next.
//!
//! ```text
//! accept --> admission --> WatchedStream --> HTTP/1.1 --> CORS --> ConnectionService --> dispatch
//!            regular, or reserve: see connections
//!
//! listen --> StartingServer: answers that the node starts --> serve --> RpcServer: the node answers
//! ```
//!
//! The ports are opened once, before the node has started, and stay open: connections of before are served on.
//!
//! Every connection is accepted at once, so none waits behind others. When the process has no file descriptor left, a
//! spare one is given up for the next connection, which then is answered about health only. Stopping ends the listeners
//! at once, lets calls in progress finish, and abandons the rest after [`STOP_PATIENCE`].

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use isobath_node::{Node, StartProgress};
use jsonrpsee::core::RegisterMethodError;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tower::Layer;

use crate::config::RpcConfig;
use crate::connection::ConnectionHandle;
use crate::context::{Context, ServedAt};
use crate::counters::RpcCounters;
use crate::limits::peers::PeerAddress;
use crate::limits::refusals::Refusal;
use crate::server::connections::Connections;
use crate::server::http::cors;
use crate::server::service::ConnectionService;
use crate::server::spare::{SpareDescriptors, is_exhausted};
use crate::server::state::{Port, ServedNode, ServerState};
use crate::server::stop::{self, Stop, Stopper};
use crate::server::stream::WatchedStream;
use crate::subscriptions::feed;
use crate::subscriptions::hub::SubscriptionHub;
use crate::{methods, subscriptions};

/// Connections that may wait to be accepted; one beyond that waits a second for its next try. The system may allow fewer.
const BACKLOG: u32 = 4_096;
/// How long a stopping server waits for its connections.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// Attempts to find a free pair of ports.
const PORT_ATTEMPTS: usize = 64;
/// Pause after the system refused a connection, also one in place of a spare file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// The RPC could not be served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A port is in use or may not be used.
    #[error("cannot listen on {address}: {source}; {}", cure(source))]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// No two consecutive free ports were found.
    #[error("found no two consecutive free ports; choose a port with --rpc-port")]
    NoPortPair,
    /// Port 65535 has no next port.
    #[error("port {0} has no next port for WebSocket; choose a lower --rpc-port")]
    PortRange(u16),
    /// Two methods have one name.
    #[error("cannot register the methods: {0}")]
    Methods(#[from] RegisterMethodError),
}

/// A served node.
#[derive(Debug)]
pub struct RpcServer {
    rpc_addr: SocketAddr,
    ws_addr: SocketAddr,
    counters: Arc<RpcCounters>,
    stopper: Stopper,
    hub: JoinHandle<()>,
    /// Ends when the listeners and all connections have ended.
    open: mpsc::Receiver<()>,
}

impl RpcServer {
    /// Where HTTP is served.
    #[must_use]
    pub const fn rpc_addr(&self) -> SocketAddr {
        self.rpc_addr
    }

    /// Where WebSocket is served.
    #[must_use]
    pub const fn ws_addr(&self) -> SocketAddr {
        self.ws_addr
    }

    /// The counters since the start.
    #[must_use]
    pub fn counters(&self) -> &RpcCounters {
        &self.counters
    }

    /// Stops serving: no new connections, calls in progress finish, subscriptions end.
    pub async fn stop(mut self) {
        self.stopper.stop();
        // Nothing is ever sent.
        if tokio::time::timeout(STOP_PATIENCE, self.open.recv())
            .await
            .is_err()
        {
            tracing::debug!("stopped with open connections");
        }
    }
}

impl Drop for RpcServer {
    fn drop(&mut self) {
        self.stopper.stop();
        self.hub.abort();
    }
}

/// A server whose node has not started yet. Dropping it closes the ports.
pub struct StartingServer {
    served_at: ServedAt,
    config: RpcConfig,
    state: Arc<ServerState>,
    hub: Arc<SubscriptionHub>,
    stopper: Stopper,
    open: mpsc::Receiver<()>,
}

/// Opens the ports of a node that starts. Until it is there, health and calls are answered with `progress`.
///
/// # Errors
/// [`ServeError`]: a port cannot be listened on.
pub async fn listen(config: RpcConfig, progress: StartProgress) -> Result<StartingServer, ServeError> {
    let (rpc_listener, ws_listener) = bind_pair(&config)?;
    let served_at = ServedAt {
        rpc: address_of(&rpc_listener)?,
        pubsub: address_of(&ws_listener)?,
    };
    let hub = Arc::new(SubscriptionHub::new(&config.limits));
    let state = Arc::new(ServerState::new(&config, progress, hub.counters()));
    let (stopper, stop) = stop::channel();
    let (opener, open) = mpsc::channel(1);
    let http = Listener::new(Port::Http, &state, stop.clone(), opener.clone());
    let socket = Listener::new(Port::Socket, &state, stop, opener);
    tokio::spawn(http.run(rpc_listener));
    tokio::spawn(socket.run(ws_listener));
    Ok(StartingServer {
        served_at,
        config,
        state,
        hub,
        stopper,
        open,
    })
}

impl StartingServer {
    /// Where HTTP is served.
    #[must_use]
    pub const fn rpc_addr(&self) -> SocketAddr {
        self.served_at.rpc
    }

    /// Where WebSocket is served.
    #[must_use]
    pub const fn ws_addr(&self) -> SocketAddr {
        self.served_at.pubsub
    }

    /// Has the node answer, until [`RpcServer::stop`] is called or the server is dropped.
    ///
    /// # Errors
    /// [`ServeError::Methods`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn serve(self, node: Node) -> Result<RpcServer, ServeError> {
        let notices = node.notices();
        let faucet = methods::airdrop::known_faucet(node.genesis());
        let hub = tokio::spawn(feed::run(Arc::clone(&self.hub), node.clone(), notices));
        let counters = Arc::clone(&self.state.counters);
        let refusals = Arc::clone(&self.state.refusals);
        let context = Context::new(node, &self.config, self.served_at, faucet, refusals);
        let context = Arc::new(context);
        let calls = methods::table::calls(&context)?;
        let mut calls_and_subscriptions = methods::table::calls(&context)?;
        subscriptions::table::register(&mut calls_and_subscriptions, &self.hub)?;
        self.state.set_node(ServedNode {
            context,
            calls: calls.into(),
            calls_and_subscriptions: calls_and_subscriptions.into(),
        });
        Ok(RpcServer {
            rpc_addr: self.served_at.rpc,
            ws_addr: self.served_at.pubsub,
            counters,
            stopper: self.stopper,
            hub,
            open: self.open,
        })
    }
}

impl fmt::Debug for StartingServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartingServer")
            .field("served_at", &self.served_at)
            .finish_non_exhaustive()
    }
}

/// Serves a node that has started: [`listen`] and [`StartingServer::serve`] in one.
///
/// # Errors
/// [`ServeError`]: a port cannot be listened on.
pub async fn serve(node: Node, config: RpcConfig) -> Result<RpcServer, ServeError> {
    listen(config, StartProgress::default()).await?.serve(node)
}

/// One of the two listeners.
struct Listener {
    port: Port,
    state: Arc<ServerState>,
    stop: Stop,
    connections: Arc<Connections>,
    /// Held by the listener and by each connection until it has ended.
    opener: mpsc::Sender<()>,
}

impl Listener {
    fn new(port: Port, state: &Arc<ServerState>, stop: Stop, opener: mpsc::Sender<()>) -> Self {
        Self {
            port,
            state: Arc::clone(state),
            stop,
            connections: Connections::new(state.limits, Arc::clone(&state.refusals)),
            opener,
        }
    }

    async fn run(self, listener: TcpListener) {
        let mut stop = self.stop.clone();
        let mut spare = SpareDescriptors::default();
        // One that was given up is for the next connection; it is not taken back before that.
        let mut gave_up = false;
        loop {
            self.connections.closed_most().await;
            self.connections.note_short(gave_up || !spare.refill());
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.stopped() => return,
            };
            match accepted {
                Ok((stream, address)) => {
                    gave_up = false;
                    self.serve(stream, address);
                    // Its task runs first and finds a request that has already arrived. Otherwise a crowd that waits to
                    // be accepted would push it out of the reserve before it was looked at.
                    tokio::task::yield_now().await;
                }
                Err(error) => gave_up = self.recover(&error, &listener, &mut spare).await,
            }
        }
    }

    /// Makes it possible to accept the next connection, at once with a spare descriptor that it gives up; else it pauses.
    /// True if it gave one up.
    async fn recover(&self, error: &io::Error, listener: &TcpListener, spare: &mut SpareDescriptors) -> bool {
        tracing::debug!(%error, "cannot accept a connection");
        if !is_exhausted(error) {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            return false;
        }
        // Who wanted to connect is not known, so the line names the listener.
        if let Ok(address) = listener.local_addr() {
            let address = PeerAddress::of(address.ip());
            self.state.refusals.note(Refusal::Descriptor, address);
        }
        self.connections.close_one();
        let gave_up = spare.give_up();
        if !gave_up {
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
        gave_up
    }

    fn serve(&self, stream: TcpStream, address: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let limits = &self.state.limits;
        let peer = self.state.peers.of(address.ip(), limits);
        let connection = ConnectionHandle::new(limits, peer);
        let Some(admission) = self.connections.admit(&connection) else {
            return;
        };
        let admission = Arc::new(admission);
        let head_time_max = if admission.is_regular() {
            limits.request_time_max
        } else {
            limits.reserve_time_max
        };
        let stream = WatchedStream::new(stream, connection.clone(), limits, Arc::clone(&admission));
        let service = ConnectionService {
            port: self.port,
            server: Arc::clone(&self.state),
            connection,
            admission,
            stop: self.stop.clone(),
        };
        let service = TowerToHyperService::new(cors().layer(service));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(head_time_max)
            .max_buf_size(HEAD_BYTES_MAX);
        let serving = http
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut stop = self.stop.clone();
        let opener = self.opener.clone();
        tokio::spawn(async move {
            tokio::pin!(serving);
            let mut result = tokio::select! {
                result = serving.as_mut() => Some(result),
                () = stop.stopped() => None,
            };
            if result.is_none() {
                serving.as_mut().graceful_shutdown();
                result = Some(serving.await);
            }
            if let Some(Err(error)) = result {
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(opener);
        });
    }
}

/// What to change so that an address can be listened on.
fn cure(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrNotAvailable => "choose an address of this machine with --rpc-host",
        _ => "choose another port with --rpc-port",
    }
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
    listener.local_addr().map_err(|source| ServeError::Listen {
        address: unknown,
        source,
    })
}

/// Listens on the configured port and the next one, or on any two consecutive free ports.
fn bind_pair(config: &RpcConfig) -> Result<(TcpListener, TcpListener), ServeError> {
    if config.port != 0 {
        let next = config
            .port
            .checked_add(1)
            .ok_or(ServeError::PortRange(config.port))?;
        return Ok((bind(config, config.port)?, bind(config, next)?));
    }
    for _ in 0..PORT_ATTEMPTS {
        let first = bind(config, 0)?;
        let Some(next) = address_of(&first)?.port().checked_add(1) else {
            continue;
        };
        if let Ok(second) = bind(config, next) {
            return Ok((first, second));
        }
    }
    Err(ServeError::NoPortPair)
}

fn bind(config: &RpcConfig, port: u16) -> Result<TcpListener, ServeError> {
    let address = SocketAddr::new(config.host, port);
    open(address).map_err(|source| ServeError::Listen { address, source })
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port is free at once after a restart.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
