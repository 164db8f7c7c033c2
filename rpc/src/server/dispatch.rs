//! From a message to its answer.
//!
//! ```text
//! bytes --> Message::read --> call --> method of that name? --> its answer
//!           -32700, -32600             -32601
//!                         --> batch: each entry as if it came alone; the answers in one array, in order
//! ```
//!
//! Invariants:
//! - A message is answered once. Only calls without an id, such as the clients' `ping`, are not answered; they are not
//!   executed either.
//! - Every error has a code that Solana's clients know, and no `data` that is `null`.
//! - A subscription answers through the outbox of its connection, before its first notification; so a batch, whose
//!   answers come together, cannot subscribe.
//!
//! What a batch adds to this is in `batch`.

use std::sync::Arc;

use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::server::{
    BoundedSubscriptions, ConnectionId, Extensions, MethodCallback, MethodResponse, MethodResponseNotifyTx,
    MethodSink, Methods, SubscriptionMethod, SubscriptionState,
};
use jsonrpsee::core::traits::IdProvider;
use jsonrpsee::types::{ErrorCode, ErrorObjectOwned, Id, Params, SubscriptionId};
use serde::Deserialize;

use crate::access::ForeignOrigin;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::limits::heavy::Turn;
use crate::limits::refusals::Refusal;
use crate::server::message::{Call, Message};

/// What every method allows its answer: the bound is enforced where answers are encoded.
const UNBOUNDED: usize = usize::MAX;

/// Answers the messages of one connection.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    pub(crate) context: Arc<Context>,
    pub(crate) methods: Methods,
    pub(crate) connection: ConnectionHandle,
    /// Of the page whose messages these are, if it is foreign.
    pub(crate) foreign_origin: Option<ForeignOrigin>,
    /// `None` on HTTP, which has no subscriptions.
    pub(crate) subscriber: Option<Subscriber>,
}

/// What a connection needs to subscribe.
#[derive(Clone)]
pub(crate) struct Subscriber {
    pub(crate) outbox: MethodSink,
    pub(crate) permits: BoundedSubscriptions,
    pub(crate) connection_id: ConnectionId,
}

/// The answer to a message.
pub(crate) struct Answer {
    /// Its text.
    pub(crate) json: Box<JsonRawValue>,
    /// Notifies the method that its answer has been handed over.
    pub(crate) handed_over: Option<MethodResponseNotifyTx>,
    /// The room that the answers of a batch take.
    pub(crate) room: Vec<Turn>,
}

impl From<MethodResponse> for Answer {
    fn from(response: MethodResponse) -> Self {
        let (json, handed_over, _) = response.into_parts();
        Self {
            json,
            handed_over,
            room: Vec::new(),
        }
    }
}

impl From<RpcFailure> for Answer {
    fn from(failure: RpcFailure) -> Self {
        MethodResponse::error(Id::Null, failure.to_object()).into()
    }
}

/// Whether a message is a call of getHealth.
pub(crate) fn asks_for_health(message: &[u8]) -> bool {
    let message = Message::read(message);
    matches!(message, Some(Message::Call(Call::Valid { method, .. })) if method == "getHealth")
}

/// How a call came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CallContext {
    /// As a message of its own.
    Single,
    /// As an entry of a batch.
    Batch,
}

impl Dispatcher {
    /// Answers one message; `None` when it has no answer, or the subscription that it opened answers it.
    pub(crate) async fn answer(&self, message: &[u8]) -> Option<Answer> {
        match Message::read(message) {
            Some(Message::Call(call)) => {
                let response = self.answer_call(call, CallContext::Single).await?;
                (!response.is_subscription()).then(|| response.into())
            }
            Some(Message::Batch(entries)) => self.answer_batch(entries).await,
            None => {
                Some(MethodResponse::error(Id::Null, ErrorObjectOwned::from(ErrorCode::ParseError)).into())
            }
        }
    }

    /// Executes one call.
    pub(super) async fn answer_call(&self, call: Call<'_>, how: CallContext) -> Option<MethodResponse> {
        let (id, method, params) = match call {
            Call::Valid { id, method, params } => (id, method, params),
            Call::Silent => return None,
            Call::Invalid(id) => {
                return Some(MethodResponse::error(
                    id,
                    ErrorObjectOwned::from(ErrorCode::InvalidRequest),
                ));
            }
        };
        let params = Params::new(params.map(JsonRawValue::get));
        let Some(callback) = self.methods.method(&method) else {
            return Some(MethodResponse::error(
                id,
                ErrorObjectOwned::from(ErrorCode::MethodNotFound),
            ));
        };
        Some(match callback {
            MethodCallback::Sync(method) => method(id, params, UNBOUNDED, self.extensions()),
            MethodCallback::Async(method) => {
                let (id, params) = (id.into_owned(), params.into_owned());
                method(id, params, self.connection_id(), UNBOUNDED, self.extensions()).await
            }
            MethodCallback::Subscription(method) => self.subscribe(method, id, params, how).await,
            MethodCallback::Unsubscription(method) => {
                let end = |id: Id<'_>, params: Params<'_>| {
                    method(id, params, self.connection_id(), UNBOUNDED, self.extensions())
                };
                self.unsubscribe(end, id, params).await
            }
        })
    }

    /// Ends a subscription. Its id may be known to the client a moment before the subscription is registered, so an id
    /// that is not found is looked for once more.
    async fn unsubscribe(
        &self,
        end: impl Fn(Id<'_>, Params<'_>) -> MethodResponse,
        id: Id<'_>,
        params: Params<'_>,
    ) -> MethodResponse {
        if params.one::<SubscriptionId<'_>>().is_err() {
            let failure = RpcFailure::parameter("subscription", "not a subscription id");
            return MethodResponse::error(id, failure.to_object());
        }
        for delay in [None, Some(self.context.limits.first_notification_delay)] {
            if let Some(delay) = delay {
                tokio::time::sleep(delay).await;
            }
            let response = end(id.clone(), params.clone());
            if has_ended(&response) {
                return response;
            }
        }
        let failure = RpcFailure::InvalidParams("Invalid subscription id.".to_owned());
        MethodResponse::error(id, failure.to_object())
    }

    async fn subscribe(
        &self,
        method: &SubscriptionMethod<'static>,
        id: Id<'_>,
        params: Params<'_>,
        how: CallContext,
    ) -> MethodResponse {
        let refuse = |text: String| RpcFailure::InvalidRequest(text).to_object();
        let Some(subscriber) = self.subscriber.as_ref().filter(|_| how == CallContext::Single) else {
            return MethodResponse::error(id, refuse("subscriptions are not allowed in a batch".to_owned()));
        };
        let Some(permit) = subscriber.permits.acquire() else {
            let peer = self.connection.peer().address;
            self.context
                .refusals
                .note(Refusal::SubscriptionOfConnection, peer);
            let count_max = subscriber.permits.max();
            let text = format!("the connection has {count_max} subscriptions, the maximum");
            return MethodResponse::error(id, refuse(text));
        };
        let ids = SubscriptionIds(Arc::clone(&self.context));
        let state = SubscriptionState {
            conn_id: subscriber.connection_id,
            id_provider: &ids,
            subscription_permit: permit,
        };
        method(id, params, subscriber.outbox.clone(), state, self.extensions()).await
    }

    fn connection_id(&self) -> ConnectionId {
        self.subscriber
            .as_ref()
            .map_or(ConnectionId(0), |subscriber| subscriber.connection_id)
    }

    /// What methods get beside their parameters: the connection, and the origin of the page if it is foreign.
    fn extensions(&self) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(self.connection.clone());
        if let Some(origin) = &self.foreign_origin {
            extensions.insert(origin.clone());
        }
        extensions
    }
}

/// Whether the answer to an unsubscription says that there was such a subscription.
fn has_ended(response: &MethodResponse) -> bool {
    #[derive(Deserialize)]
    struct Ended {
        result: bool,
    }
    serde_json::from_str::<Ended>(response.as_json().get()).is_ok_and(|ended| ended.result)
}

/// Numbers the subscriptions of the process.
struct SubscriptionIds(Arc<Context>);

impl std::fmt::Debug for SubscriptionIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubscriptionIds")
    }
}

impl IdProvider for SubscriptionIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Num(self.0.next_subscription())
    }
}
