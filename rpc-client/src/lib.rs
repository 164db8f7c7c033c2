//! One typed client of a node's JSON-RPC over HTTP and of its notifications over WebSocket.
//!
//! ```text
//! RpcClient          calls and batches over HTTP     methods -> client --\
//! BlockingRpcClient  the same on the calling thread  blocking -----------+-> classify -> RpcError
//! PubsubClient       subscriptions over WebSocket    pubsub -------------/
//! ```
//!
//! Around them: `config` and `commitment` (how calls are made), `answers` (what methods return), `error` and `refusal`
//! (why a call failed, and what the node said), `redact` (addresses without the keys of providers).
//!
//! ```no_run
//! # async fn example() -> Result<(), isobath_rpc_client::RpcError> {
//! use isobath_rpc_client::{ClientConfig, RpcClient};
//!
//! let rpc = RpcClient::new("http://127.0.0.1:8899", ClientConfig::default())?;
//! let newest = rpc.latest_blockhash().await?;
//! println!("{} until height {}", newest.blockhash, newest.last_valid_block_height);
//! # Ok(())
//! # }
//! ```
//!
//! Invariants: every failure is an [`RpcError`], whose variants differ in what the caller can do about it; every call
//! ends within [`ClientConfig::call_timeout`] and holds at most [`ClientConfig::answer_bytes_max`] bytes of its answer.
//! Methods, parameters and answers are Solana's, so the same calls work against any node that serves that interface.
//!
//! `https://` and `wss://` addresses are called over TLS (rustls). Certificates are checked against those that the system
//! trusts, so that an administrator's own authority counts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
//!
//! Deliberately absent: repetition and reconnection, since only the caller knows whether a repetition is safe; caches.

mod answers;
mod blocking;
mod classify;
mod client;
mod commitment;
mod config;
mod error;
mod methods;
mod pubsub;
mod redact;
mod refusal;

pub use answers::{BlockhashLifetime, Explanation, SignatureStatus, TransactionState, UiAccount};
pub use blocking::BlockingRpcClient;
pub use client::RpcClient;
pub use commitment::{Commitment, ParseCommitmentError};
pub use config::ClientConfig;
pub use error::RpcError;
pub use methods::{ACCOUNTS_PER_CALL, Encoding, Preflight, STATUSES_PER_CALL, Search};
pub use pubsub::{
    LogsFilter, LogsNotice, Notification, NotificationContext, PubsubClient, SignatureNotice, SlotNotice,
    Subscription,
};
pub use redact::redact_url;
pub use refusal::{Refusal, code};
