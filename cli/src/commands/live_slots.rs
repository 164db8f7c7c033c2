//! `isobath live-slots`: the slots that the node reaches, over a WebSocket, until interrupted.

use isobath_rpc_client::PubsubClient;
use serde_json::{Value, json};

use crate::context::Context;
use crate::output::{Report, is_closed_pipe, print};

/// Runs `live-slots`. Ends when the reader of standard output is gone.
///
/// # Errors
/// The node cannot be reached, does not serve slots, or closes the connection.
pub(crate) async fn run(context: &Context) -> anyhow::Result<Report> {
    context.settings.rpc_url()?;
    let url = &context.settings.websocket.value;
    let client = PubsubClient::connect(url, context.client_config()).await?;
    let mut slots = client.slots().await?;
    loop {
        let notice = slots.next().await?;
        let line = match context.is_display() {
            true => format!(
                "Slot: {:<10} Parent: {:<10} Root: {}",
                notice.slot, notice.parent, notice.root
            ),
            false => json!({"slot": notice.slot, "parent": notice.parent, "root": notice.root}).to_string(),
        };
        match print(&line) {
            Err(error) if is_closed_pipe(&error) => return Ok(Report::value(Value::Null)),
            written => written?,
        }
    }
}
