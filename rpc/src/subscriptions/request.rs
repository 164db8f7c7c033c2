//! A call that asks for a subscription, with all that serves it.

use std::sync::Arc;

use jsonrpsee::core::server::PendingSubscriptionSink;
use jsonrpsee::types::Params;

use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::subscriptions::hub::SubscriptionHub;

/// A call that asks for a subscription, with all that serves it.
pub(super) struct Request {
    pub(super) params: Params<'static>,
    /// Accepts the subscription, or rejects it.
    pub(super) pending: PendingSubscriptionSink,
    pub(super) context: Arc<Context>,
    pub(super) hub: Arc<SubscriptionHub>,
    /// The connection that the call came in on.
    pub(super) connection: ConnectionHandle,
}
