//! The client against servers on the loopback address, some of which answer as a node does and some do not.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

mod failures;
mod methods;
mod scripted;
mod subscriptions;

use std::time::Duration;

use isobath_rpc_client::{ClientConfig, RpcClient};
use scripted::Reply;
use serde_json::Value;

/// Longer than any answer on the loopback address takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Limits that a test reaches quickly.
const SMALL: ClientConfig = ClientConfig {
    commitment: isobath_rpc_client::Commitment::Confirmed,
    connect_timeout: Duration::from_secs(5),
    call_timeout: Duration::from_millis(300),
    answer_bytes_max: 1_000,
    notifications_waiting_max: 4,
};

/// A client of a server that answers by `script`.
fn client_of(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> RpcClient {
    let config = ClientConfig {
        call_timeout: PATIENCE,
        ..ClientConfig::default()
    };
    RpcClient::new(&scripted::serve(script), config).unwrap()
}
