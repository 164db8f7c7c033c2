//! Connections: from the two ports to a method and back.
//!
//! ```text
//! listen       the two ports: bind, accept, serve a connection, stop
//! connection   a connection under watch: closed from outside, closed when the peer stalls
//! http         HTTP on a connection: health, CORS, calls in bodies, the handshake of WebSocket
//! socket       WebSocket on a connection: messages in, answers and notifications out
//! dispatch     a message: one call or a batch, and its answer
//! stop         the order to stop
//! ```

pub(crate) mod connection;
mod dispatch;
mod http;
mod listen;
mod socket;
mod stop;

pub use listen::{RpcError, RpcServer, serve};
