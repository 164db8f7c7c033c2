//! Connections: from the two ports to a method and back.
//!
//! ```text
//! listen       the two ports: bind, accept, serve a connection, stop
//!   connections  who is admitted, and who gives way
//!   spare        file descriptors for when there is none left
//! stream     a connection under watch: closed from outside, closed when the peer stalls
//! service      whether a request is answered, and by whom: starting or http
//! starting     the answers while the node starts
//! http         HTTP with a node: health, CORS, calls in bodies, the handshake of WebSocket
//! socket       WebSocket on a connection: messages in, answers and notifications out
//! unread       an answer until its client has read it
//! dispatch     from a message to its answer
//! batch        many calls in one message, executed side by side
//! message      what a message asks for: one call or a batch
//! state        what the connections of both ports share
//! stop         the order to stop
//! ```

mod batch;
mod connections;
mod dispatch;
mod http;
mod listen;
mod message;
mod service;
mod socket;
mod spare;
mod starting;
mod state;
mod stop;
mod stream;
mod unread;

pub use listen::{RpcServer, ServeError, StartingServer, listen, serve};
