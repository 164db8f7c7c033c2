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
