//! What every call works with: the node, the limits and what calls have in common.
//!
//! Cost: a view delays neither readers nor blocks, but later blocks are kept apart while it is held, so calls copy what
//! they need out of it and encode afterwards. Heavy calls run on blocking threads, in turns between the clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use isobath_node::{Node, Published};
use isobath_sdk::Keypair;
use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::server::ConnectionId;
use tokio::task::{JoinError, spawn_blocking};

use crate::blocking::BlockingCalls;
use crate::config::{RpcConfig, RpcLimits};
use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;
use crate::errors::RpcFailure;
use crate::largest_accounts::LargestAccounts;
use crate::limits::heavy::{HeavyCalls, Turn};
use crate::limits::quota::Quota;
use crate::limits::refusals::{Refusal, Refusals};
use crate::limits::simulations::Simulations;
use crate::limits::unread::SmallAnswers;
use crate::params::configs::ContextConfig;

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
    /// The key of the genesis faucet, when this node knows it.
    pub(crate) faucet: Option<Keypair>,
    pub(crate) airdrop_lamports_max: u64,
    /// Number of the next airdrop, which makes its message unique.
    pub(crate) airdrops: AtomicU64,
    /// The addresses that the node is served at.
    pub(crate) served_at: ServedAt,
    pub(crate) largest_accounts: LargestAccounts,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) heavy_calls: HeavyCalls,
    pub(crate) simulations: Simulations,
    pub(crate) small_answers: SmallAnswers,
    /// Bytes of the answers of all batches.
    pub(crate) batch_answers: Arc<Quota>,
    /// All subscriptions.
    pub(crate) subscriptions_sum: Arc<Quota>,
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
        refusals: Arc<Refusals>,
    ) -> Self {
        Self {
            counters: refusals.counters(),
            heavy_calls: HeavyCalls::new(&config.limits, Arc::clone(&refusals)),
            simulations: Simulations::new(config.limits.simulation_units_per_second),
            small_answers: SmallAnswers::new(&config.limits),
            batch_answers: Quota::new(config.limits.batch_answers_bytes_max),
            subscriptions_sum: Quota::new(u64::from(config.limits.subscriptions_sum_max)),
            refusals,
            faucet,
            airdrop_lamports_max: config.airdrop_lamports_max,
            airdrops: AtomicU64::new(0),
            served_at,
            largest_accounts: LargestAccounts::default(),
            blocking_calls: BlockingCalls::new(config.limits.blocking_calls_max),
            connections: AtomicUsize::new(0),
            subscriptions: AtomicU64::new(0),
            limits: config.limits,
            node,
        }
    }

    /// The published view, if it has reached the slot that the client requires.
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

    /// Whether the node accepts transactions; the error is the reason why not.
    pub(crate) fn health(&self) -> Result<(), String> {
        self.node
            .failed()
            .map_or(Ok(()), |reason| Err(format!("Node is unhealthy: {reason}")))
    }

    /// Counts and logs a refusal; the error answer of the client.
    pub(crate) fn refuse(&self, refusal: Refusal, connection: &ConnectionHandle) -> RpcFailure {
        self.refusals.note(refusal, connection.peer().address);
        RpcFailure::refused(refusal, &self.limits)
    }

    /// Begins a simulation for a client whose address has not used up its share.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn begin_simulation(&self, connection: &ConnectionHandle) -> Result<(), RpcFailure> {
        let begun = self.simulations.begin(connection.peer().address);
        begun.map_err(|refusal| self.refuse(refusal, connection))
    }

    /// Renders a large answer on a blocking thread when the turn of the call comes. The turn keeps room for the answer
    /// until it is dropped.
    pub(crate) async fn run_heavy(
        self: &Arc<Self>,
        connection: &ConnectionHandle,
        render: impl FnOnce(&Self) -> Result<Box<JsonRawValue>, RpcFailure> + Send + 'static,
    ) -> Result<(Box<JsonRawValue>, Turn), RpcFailure> {
        let turn = self.heavy_calls.turn(connection).await;
        let mut turn = turn.map_err(|refusal| self.refuse(refusal, connection))?;
        let context = Arc::clone(self);
        let rendering = spawn_blocking(move || {
            let rendered = render(&context);
            turn.finish(rendered.as_ref().map_or(0, |json| json.get().len()));
            rendered.map(|json| (json, turn))
        });
        rendering.await.unwrap_or_else(panicked)
    }

    /// Runs `work` on a blocking thread.
    pub(crate) async fn run_blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, RpcFailure>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, RpcFailure> + Send + 'static,
    {
        let context = Arc::clone(self);
        let result = self.blocking_calls.run(move || work(&context)).await;
        result.unwrap_or_else(panicked)
    }
}

fn panicked<T>(error: JoinError) -> Result<T, RpcFailure> {
    tracing::error!(%error, "a call panicked");
    Err(RpcFailure::Internal("Internal error".to_owned()))
}
