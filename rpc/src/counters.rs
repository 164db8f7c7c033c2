//! What the RPC has counted.

use isobath_node::Counter;

/// What the RPC has counted.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RpcCounters {
    /// Calls answered, whatever the answer.
    pub calls: Counter,
    /// Calls rejected because their connection had too many in flight.
    pub refused_busy: Counter,
    /// Batches rejected because they had too many entries.
    pub refused_batches: Counter,
    /// Batches rejected because the answers of batches used up their room.
    pub refused_batch_answers: Counter,
    /// Requests rejected because the port had too many connections.
    pub refused_connections: Counter,
    /// Requests rejected because their address had too many connections.
    pub refused_connections_of_address: Counter,
    /// Connections closed unanswered because the reserve was used up as well.
    pub refused_reserve: Counter,
    /// Idle connections closed in favour of a client with a request.
    pub idle_closed: Counter,
    /// Heavy calls rejected because too many were waiting.
    pub refused_heavy: Counter,
    /// Heavy calls rejected because too many of their address were waiting.
    pub refused_heavy_of_address: Counter,
    /// Simulations and preflights rejected because too many addresses have some.
    pub refused_simulations: Counter,
    /// Simulations and preflights rejected because those of their address cost more than its share.
    pub refused_simulations_of_address: Counter,
    /// Connections closed because they did not read a large answer whose room others waited for.
    pub large_unread_closed: Counter,
    /// Connections closed because they did not read small answers while these used up their room.
    pub small_unread_closed: Counter,
    /// Subscriptions rejected because there were too many.
    pub refused_subscriptions: Counter,
    /// Subscriptions rejected because their address had too many.
    pub refused_subscriptions_of_address: Counter,
    /// Subscriptions rejected because their connection had too many.
    pub refused_subscriptions_of_connection: Counter,
    /// Times that the system refused a connection, most likely for want of file descriptors.
    pub accept_failures: Counter,
    /// Requests rejected because they have too many bytes.
    pub refused_request_bytes: Counter,
    /// Requests rejected because their body did not arrive in time.
    pub refused_request_time: Counter,
    /// Connections closed because a write to them was stuck for too long.
    pub stalled_closed: Counter,
    /// Requests rejected because of the host that they name.
    pub refused_hosts: Counter,
    /// Calls rejected because of the origin of the page that made them.
    pub refused_origins: Counter,
    /// Connections closed because a subscription lagged too far behind.
    pub lagging_closed: Counter,
    /// Results of notifications that were encoded; one is sent to any number of subscriptions.
    pub notifications_encoded: Counter,
    /// Times that the feed of the subscriptions fell behind the node and resynchronised from the published view.
    pub subscription_resyncs: Counter,
}
