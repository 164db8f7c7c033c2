//! What every call works with: the node, the limits and the things that calls share.
//!
//! Cost: a view holds nobody up, but later blocks are kept apart while it is held, so calls take what they need out of
//! it and encode afterwards. Calls that read the disk, simulate or encode accounts run on blocking threads, at most
//! [`RpcLimits::blocking_calls_max`] at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use isobath_sdk::Keypair;
use jsonrpsee::core::server::ConnectionId;
use serde::Serialize;

use crate::blocking::BlockingCalls;
use crate::config::{RpcConfig, RpcLimits};
use crate::errors::RpcFailure;
use crate::methods::supply::LargestCache;
use crate::params::arguments::ContextConfig;
use crate::subscriptions::hub::SubscriptionHub;
use isobath_node::{Counter, Node, Published};

/// The release of Solana's software whose interface the answers follow.
pub(crate) const API_VERSION: &str = "4.2.2";

/// What the RPC has counted.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RpcCounters {
    /// Calls answered, whatever the answer.
    pub calls: Counter,
    /// Calls refused because their connection had too many in flight.
    pub refused_busy: Counter,
    /// Batches refused because they had too many entries.
    pub refused_batches: Counter,
    /// Connections closed because a subscription lagged too far behind.
    pub lagging_closed: Counter,
    /// Times that notifications were worked out anew because the listener itself lagged behind the node.
    pub hub_resyncs: Counter,
}

/// The addresses of the two listeners.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServedAt {
    pub(crate) rpc: SocketAddr,
    pub(crate) pubsub: SocketAddr,
}

/// What every call works with.
pub(crate) struct Context {
    pub(crate) node: Node,
    pub(crate) limits: RpcLimits,
    pub(crate) counters: Arc<RpcCounters>,
    pub(crate) hub: Arc<SubscriptionHub>,
    /// The key of the genesis faucet, when this node knows it.
    pub(crate) faucet: Option<Keypair>,
    pub(crate) airdrop_lamports_max: u64,
    /// Makes each airdrop another message.
    pub(crate) airdrops: AtomicU64,
    /// Where the node is served.
    pub(crate) served_at: ServedAt,
    pub(crate) largest: LargestCache,
    blocking_calls: BlockingCalls,
    connections: AtomicUsize,
    subscriptions: AtomicU64,
}

impl Context {
    pub(crate) fn new(
        node: Node,
        config: &RpcConfig,
        served_at: ServedAt,
        faucet: Option<Keypair>,
        hub: Arc<SubscriptionHub>,
    ) -> Self {
        Self {
            counters: hub.counters(),
            hub,
            faucet,
            airdrop_lamports_max: config.airdrop_lamports_max,
            airdrops: AtomicU64::new(0),
            served_at,
            largest: LargestCache::default(),
            blocking_calls: BlockingCalls::new(config.limits.blocking_calls_max),
            connections: AtomicUsize::new(0),
            subscriptions: AtomicU64::new(0),
            limits: config.limits,
            node,
        }
    }

    /// The published view, once it has reached the slot that the client asks for.
    pub(crate) fn view(&self, config: ContextConfig) -> Result<Published<'_>, RpcFailure> {
        let view = self.node.published();
        let context_slot = view.chain().slot();
        if config.min_context_slot.is_some_and(|slot| slot > context_slot) {
            return Err(RpcFailure::MinContextSlot { context_slot });
        }
        Ok(view)
    }

    /// A number that no other WebSocket connection has.
    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// A number that no other subscription has.
    pub(crate) fn next_subscription(&self) -> u64 {
        self.subscriptions.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the node serves; the error is the reason why not.
    pub(crate) fn health(&self) -> Result<(), String> {
        self.node
            .failed()
            .map_or(Ok(()), |reason| Err(format!("Node is unhealthy: {reason}")))
    }

    /// Runs `work` on a blocking thread.
    pub(crate) async fn run_blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, RpcFailure>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, RpcFailure> + Send + 'static,
    {
        let context = Arc::clone(self);
        let result = self.blocking_calls.run(move || work(&context)).await;
        result.unwrap_or_else(|error| {
            tracing::error!(%error, "a call panicked");
            Err(RpcFailure::Internal("Internal error".to_owned()))
        })
    }
}

/// An answer and the slot of the view that it was read from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WithContext<T> {
    context: AnswerContext,
    value: T,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerContext {
    api_version: &'static str,
    slot: u64,
}

impl<T> WithContext<T> {
    pub(crate) const fn new(slot: u64, value: T) -> Self {
        Self {
            context: AnswerContext {
                api_version: API_VERSION,
                slot,
            },
            value,
        }
    }
}

/// A notification and the slot of the block that caused it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Notification<T> {
    context: NotificationContext,
    value: T,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct NotificationContext {
    slot: u64,
}

impl<T> Notification<T> {
    pub(crate) const fn new(slot: u64, value: T) -> Self {
        Self {
            context: NotificationContext { slot },
            value,
        }
    }
}
