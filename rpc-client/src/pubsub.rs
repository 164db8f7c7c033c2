//! Subscriptions over WebSocket.
//!
//! ```text
//! connect -> PubsubClient --subscribe--> Subscription --next--> notification, ..., RpcError (the end)
//! ```
//!
//! Invariant: a subscription yields every notification in order until it ends with an error; none is lost before.
//! Up to [`ClientConfig::notifications_waiting_max`] of them wait for their reader. What follows the end is the
//! caller's choice: a caller that must not miss anything subscribes again and then asks for the state.

use std::marker::PhantomData;
use std::sync::Arc;

use isobath_sdk::{Pubkey, Signature};
use jsonrpsee::core::client::{
    Subscription as RawSubscription, SubscriptionClientT, SubscriptionCloseReason,
};
use jsonrpsee_ws_client::{PingConfig, WsClient, WsClientBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::classify::{CallSite, HANDSHAKE, WEBSOCKET_EXAMPLE};
use crate::client::Params;
use crate::{ClientConfig, RpcError, UiAccount};

/// A method that subscribes, and the one that ends what it began.
#[derive(Clone, Copy, Debug)]
struct Topic {
    subscribe: &'static str,
    unsubscribe: &'static str,
}

const SLOT: Topic = Topic {
    subscribe: "slotSubscribe",
    unsubscribe: "slotUnsubscribe",
};
const LOGS: Topic = Topic {
    subscribe: "logsSubscribe",
    unsubscribe: "logsUnsubscribe",
};
const SIGNATURE: Topic = Topic {
    subscribe: "signatureSubscribe",
    unsubscribe: "signatureUnsubscribe",
};
const ACCOUNT: Topic = Topic {
    subscribe: "accountSubscribe",
    unsubscribe: "accountUnsubscribe",
};

/// A connection to a node's WebSocket. It stays open while the client or one of its subscriptions lives, and is pinged
/// so that neither end takes silence for its end.
#[derive(Clone, Debug)]
pub struct PubsubClient {
    client: Arc<WsClient>,
    url: String,
    config: ClientConfig,
}

/// The notifications of one subscription; dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription<T> {
    notifications: RawSubscription<Value>,
    client: PubsubClient,
    method: &'static str,
    decoded: PhantomData<fn() -> T>,
}

/// Whose logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogsFilter {
    /// Those of all transactions.
    All,
    /// Those of transactions that name this account.
    Mentions(Pubkey),
}

/// A notification and the slot that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Notification<T> {
    /// The view that it belongs to.
    pub context: NotificationContext,
    /// What happened.
    pub value: T,
}

/// The view that a notification belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct NotificationContext {
    /// Its slot.
    pub slot: u64,
}

/// A slot was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SlotNotice {
    /// The slot.
    pub slot: u64,
    /// The slot of the block before.
    pub parent: u64,
    /// The newest final slot.
    pub root: u64,
}

/// A transaction was executed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LogsNotice {
    /// Its first signature.
    pub signature: Signature,
    /// Its error, in the JSON form; `None` when it succeeded.
    pub err: Option<Value>,
    /// What its programs logged.
    pub logs: Vec<String>,
}

/// The transaction that was waited for is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignatureNotice {
    /// Its error, in the JSON form; `None` when it succeeded.
    pub err: Option<Value>,
}

impl PubsubClient {
    /// Connects to a WebSocket address.
    ///
    /// # Errors
    /// [`RpcError::InvalidUrl`] when it is not a usable `ws://` or `wss://` address, else any [`RpcError`] of calls.
    pub async fn connect(url: &str, config: ClientConfig) -> Result<Self, RpcError> {
        let site = CallSite {
            url,
            method: HANDSHAKE,
            config: &config,
        };
        if !url.starts_with("ws://") && !url.starts_with("wss://") {
            return Err(RpcError::InvalidUrl {
                url: url.to_owned(),
                cause: "it begins neither with ws:// nor with wss://".to_owned(),
                example: WEBSOCKET_EXAMPLE,
            });
        }
        let client = WsClientBuilder::default()
            .connection_timeout(config.connect_timeout)
            .request_timeout(config.call_timeout)
            .max_response_size(config.answer_bytes_max)
            .max_buffer_capacity_per_subscription(config.notifications_waiting_max)
            .enable_ws_ping(PingConfig::default())
            .build(url)
            .await
            .map_err(|error| site.classify_handshake(&error))?;
        Ok(Self {
            client: Arc::new(client),
            url: url.to_owned(),
            config,
        })
    }

    /// The slots that the node reaches (`slotSubscribe`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn slots(&self) -> Result<Subscription<SlotNotice>, RpcError> {
        self.subscribe(SLOT, &[]).await
    }

    /// The logs of transactions as they are executed (`logsSubscribe`). `T` is a [`Notification`] of [`LogsNotice`],
    /// or [`Value`] for what the node sent.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn logs<T: DeserializeOwned>(&self, filter: LogsFilter) -> Result<Subscription<T>, RpcError> {
        let filter = match filter {
            LogsFilter::All => json!("all"),
            LogsFilter::Mentions(address) => json!({"mentions": [address]}),
        };
        self.subscribe(LOGS, &[filter, self.config.parameter(json!({}))])
            .await
    }

    /// One notification, when the transaction is in a block (`signatureSubscribe`); then the node ends the
    /// subscription.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn signature(
        &self,
        signature: &Signature,
    ) -> Result<Subscription<Notification<SignatureNotice>>, RpcError> {
        let params = [json!(signature), self.config.parameter(json!({}))];
        self.subscribe(SIGNATURE, &params).await
    }

    /// The account after each of its changes (`accountSubscribe`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn account(&self, address: &Pubkey) -> Result<Subscription<Notification<UiAccount>>, RpcError> {
        let config = self.config.parameter(json!({"encoding": "base64"}));
        self.subscribe(ACCOUNT, &[json!(address), config]).await
    }

    async fn subscribe<T>(&self, topic: Topic, params: &[Value]) -> Result<Subscription<T>, RpcError> {
        let Topic {
            subscribe,
            unsubscribe,
        } = topic;
        let subscribed = self
            .client
            .subscribe(subscribe, Params(params), unsubscribe)
            .await;
        Ok(Subscription {
            notifications: subscribed.map_err(|error| self.site(subscribe).classify(&error))?,
            client: self.clone(),
            method: subscribe,
            decoded: PhantomData,
        })
    }

    fn site(&self, method: &'static str) -> CallSite<'_> {
        CallSite {
            url: &self.url,
            method,
            config: &self.config,
        }
    }
}

impl<T: DeserializeOwned> Subscription<T> {
    /// Waits for the next notification.
    ///
    /// # Errors
    /// [`RpcError::SubscriptionEnded`] and [`RpcError::SubscriptionLagged`] when none will come any more,
    /// [`RpcError::InvalidAnswer`] when this one does not decode.
    pub async fn next(&mut self) -> Result<T, RpcError> {
        let site = self.client.site(self.method);
        match self.notifications.next().await {
            Some(notification) => notification
                .and_then(T::deserialize)
                .map_err(|error| site.invalid_answer(error.to_string())),
            None => Err(self.end()),
        }
    }

    fn end(&self) -> RpcError {
        let (url, method) = (self.client.url.clone(), self.method);
        match self.notifications.close_reason() {
            Some(SubscriptionCloseReason::Lagged) => RpcError::SubscriptionLagged {
                url,
                method,
                waiting_max: self.client.config.notifications_waiting_max,
            },
            Some(SubscriptionCloseReason::ConnectionClosed) | None => {
                RpcError::SubscriptionEnded { url, method }
            }
        }
    }
}
