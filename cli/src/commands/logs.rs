//! `isobath logs`: transaction logs as transactions execute, over a WebSocket, until interrupted.

use anyhow::Context as _;
use clap::Args;
use isobath_rpc_client::{LogsFilter, LogsNotice, Notification, PubsubClient, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::output::{OutputFormat, Report, is_closed_pipe, print};
use crate::transaction::send::describe;
use crate::wallet::parse_address;

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Only transactions that mention this account [default: all].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
}

/// A notification as text.
fn describe_logs(notification: &Notification<LogsNotice>) -> String {
    let LogsNotice { signature, err, logs } = &notification.value;
    let status = err
        .as_ref()
        .map_or_else(|| "Ok".to_owned(), |error| describe(error, &[]));
    let mut text = format!(
        "Transaction executed in slot {}:\n  Signature: {signature}\n  Status: {status}\n  Log Messages:",
        notification.context.slot
    );
    for line in logs {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}

/// Runs `logs`. Ends when the reader of standard output is gone.
///
/// # Errors
/// The node cannot be reached, does not serve logs, or closes the connection.
pub(crate) async fn run(args: &LogsArgs, context: &Context) -> anyhow::Result<Report> {
    let filter = match &args.address {
        None => LogsFilter::All,
        Some(text) => LogsFilter::Mentions(parse_address(text)?),
    };
    let url = context.settings.websocket_url()?;
    let client = PubsubClient::connect(url, context.client_config()).await?;
    let mut notifications: Subscription<Value> = client.logs(filter).await?;
    let commitment = context.settings.commitment.value;
    if context.is_display() {
        print(&format!("Streaming transaction logs. {commitment:?} commitment"))?;
    }
    loop {
        match write(&notifications.next().await?, context.format) {
            Err(error) if is_closed_pipe(&error) => return Ok(Report::value(Value::Null)),
            written => written?,
        }
    }
}

fn write(item: &Value, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Display => {
            let notification = Notification::deserialize(item)
                .context("the node sent a malformed log notification; check --ws")?;
            print(&describe_logs(&notification))
        }
        OutputFormat::Json => print(&format!("{item:#}")),
        OutputFormat::JsonCompact => print(&item.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::Signature;
    use serde_json::json;

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
        assert_eq!(describe_logs(&notification), expected);
    }
}
