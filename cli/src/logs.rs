//! `isobath logs`: the logs of transactions as they are executed, over a WebSocket, until interrupted.

use std::time::Duration;

use clap::Args;
use isobath_sdk::Signature;
use jsonrpsee::core::client::{Subscription, SubscriptionClientT};
use jsonrpsee_ws_client::{PingConfig, WsClient, WsClientBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::command::is_closed_pipe;
use super::context::Context;
use super::output::{OutputFormat, Report, print};
use super::rpc::RpcError;
use super::send::describe;
use super::wallet::parse_address;

/// How long the connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Notifications that may wait to be printed.
const WAITING_MAX: usize = 65_536;

/// Whose logs.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Only transactions that name this account [default: all].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
}

/// A notification.
#[derive(Debug, Deserialize)]
struct Notification {
    context: Slot,
    value: Logs,
}

#[derive(Debug, Deserialize)]
struct Slot {
    slot: u64,
}

#[derive(Debug, Deserialize)]
struct Logs {
    signature: Signature,
    err: Option<Value>,
    logs: Vec<String>,
}

impl Notification {
    fn describe(&self) -> String {
        let status = self
            .value
            .err
            .as_ref()
            .map_or_else(|| "Ok".to_owned(), |error| describe(error, &[]));
        let mut text = format!(
            "Transaction executed in slot {}:\n  Signature: {}\n  Status: {status}\n  Log Messages:",
            self.context.slot, self.value.signature
        );
        for line in &self.value.logs {
            text.push_str("\n    ");
            text.push_str(line);
        }
        text
    }
}

/// Runs `logs`. Ends when nobody reads the output any more.
///
/// # Errors
/// The node cannot be reached, does not serve logs, or ends the connection.
pub(crate) async fn run(args: &LogsArgs, context: &Context) -> anyhow::Result<Report> {
    let filter = match &args.address {
        None => json!("all"),
        Some(text) => json!({"mentions": [parse_address(text)?]}),
    };
    context.settings.rpc_url()?;
    let url = &context.settings.websocket.value;
    if !url.starts_with("ws://") {
        anyhow::bail!(
            "`{url}` is not a WebSocket address that this build can call; give one like ws://127.0.0.1:8900 with --ws"
        );
    }
    let client: WsClient = WsClientBuilder::default()
        .connection_timeout(CONNECT_TIMEOUT)
        .max_buffer_capacity_per_subscription(WAITING_MAX)
        .enable_ws_ping(PingConfig::default())
        .build(url)
        .await
        .map_err(|error| RpcError::from_client(url, "logsSubscribe", error))?;
    let commitment = context.settings.commitment.value;
    let params = vec![filter, json!({"commitment": commitment})];
    let mut subscription: Subscription<Value> = client
        .subscribe("logsSubscribe", params, "logsUnsubscribe")
        .await
        .map_err(|error| RpcError::from_client(url, "logsSubscribe", error))?;
    if context.is_display() {
        print(&format!("Streaming transaction logs. {commitment:?} commitment"))?;
    }
    while let Some(item) = subscription.next().await {
        let item = item
            .map_err(|error| anyhow::anyhow!("{url} sent something that is no log ({error}); check --ws"))?;
        match write(&item, context.format) {
            Err(error) if is_closed_pipe(&error) => return Ok(Report::value(Value::Null)),
            written => written?,
        }
    }
    anyhow::bail!("{url} ended the connection; see whether the node still runs, and start again")
}

fn write(item: &Value, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Display => print(&Notification::deserialize(item)?.describe()),
        OutputFormat::Json => print(&format!("{item:#}")),
        OutputFormat::JsonCompact => print(&item.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_shows_slot_status_and_logs() {
        let signature = Signature::default();
        let notification = Notification::deserialize(json!({
            "context": {"slot": 5},
            "value": {"signature": signature, "err": null, "logs": ["Program 1 invoke [1]", "Program 1 success"]},
        }))
        .unwrap();
        let expected = format!(
            "Transaction executed in slot 5:\n  Signature: {signature}\n  Status: Ok\n  Log Messages:\n    \
             Program 1 invoke [1]\n    Program 1 success"
        );
        assert_eq!(notification.describe(), expected);
    }
}
