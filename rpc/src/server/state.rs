//! What the connections of both ports share, before and after the node has started.
//!
//! Invariant: a node is set once, and from then on every request of every connection is answered by it, on connections
//! that were opened before as well.

use std::sync::{Arc, OnceLock};

use isobath_node::StartProgress;
use jsonrpsee::core::server::Methods;

use crate::access::AccessRules;
use crate::config::{RpcConfig, RpcLimits};
use crate::context::Context;
use crate::counters::RpcCounters;
use crate::limits::peers::Peers;
use crate::limits::refusals::Refusals;

/// What a port serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// Calls in bodies.
    Http,
    /// WebSocket.
    Socket,
}

/// What the connections of both ports share.
pub(crate) struct ServerState {
    pub(crate) limits: RpcLimits,
    pub(crate) counters: Arc<RpcCounters>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) peers: Peers,
    pub(crate) access: AccessRules,
    /// How far the start of the node has come.
    pub(crate) progress: StartProgress,
    node: OnceLock<ServedNode>,
}

/// A node that has started, and its methods.
pub(crate) struct ServedNode {
    pub(crate) context: Arc<Context>,
    pub(crate) calls: Methods,
    pub(crate) calls_and_subscriptions: Methods,
}

impl ServerState {
    /// The state of a server whose node has not started yet.
    pub(crate) fn new(config: &RpcConfig, progress: StartProgress, counters: Arc<RpcCounters>) -> Self {
        Self {
            limits: config.limits,
            refusals: Arc::new(Refusals::new(Arc::clone(&counters), config.limits)),
            peers: Peers::default(),
            counters,
            access: AccessRules::new(config.host, &config.allowed_hosts, &config.cors_origins),
            progress,
            node: OnceLock::new(),
        }
    }

    /// The node, once it has started.
    pub(crate) fn node(&self) -> Option<&ServedNode> {
        self.node.get()
    }

    /// Has the node answer from now on. A second node is dropped.
    pub(crate) fn set_node(&self, node: ServedNode) {
        drop(self.node.set(node));
    }
}

impl ServedNode {
    /// The methods of a port.
    pub(crate) fn methods(&self, port: Port) -> Methods {
        match port {
            Port::Http => self.calls.clone(),
            Port::Socket => self.calls_and_subscriptions.clone(),
        }
    }
}
