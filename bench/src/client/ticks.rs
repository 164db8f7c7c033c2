//! When to request statuses: after each slot notification of the node, or at a fixed interval without notifications.
//!
//! Notifications that arrive during a sweep are merged into one, since the next sweep covers everything.

use std::sync::Arc;
use std::time::Duration;

use isobath_rpc_client::{ClientConfig, PubsubClient, RpcError, SlotNotice, Subscription};
use tokio::sync::Notify;

use crate::progress;

/// How long to wait for a notification before requesting statuses nevertheless.
const NOTIFIED_WAIT_MAX: Duration = Duration::from_millis(500);

/// Interval without notifications.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The moments at which statuses are requested.
#[derive(Debug)]
pub(crate) struct Ticks {
    slot: Arc<Notify>,
    wait_max: Duration,
}

impl Ticks {
    /// Subscribes to slots at `ws_url`; falls back to a fixed interval, with a note on stderr, if that fails.
    pub(crate) async fn start(ws_url: &str) -> Self {
        match subscribe(ws_url).await {
            Ok(slots) => {
                let slot = Arc::new(Notify::new());
                tokio::spawn(forward(slots, Arc::clone(&slot)));
                Self {
                    slot,
                    wait_max: NOTIFIED_WAIT_MAX,
                }
            }
            Err(error) => {
                let interval_ms = POLL_INTERVAL.as_millis();
                progress::note(&format!(
                    "note: no slot notifications ({error}); polling statuses every {interval_ms} ms"
                ));
                Self {
                    slot: Arc::new(Notify::new()),
                    wait_max: POLL_INTERVAL,
                }
            }
        }
    }

    /// Returns at the next moment.
    pub(crate) async fn next(&self) {
        // The timeout is such a moment as well.
        let _notified = tokio::time::timeout(self.wait_max, self.slot.notified()).await;
    }
}

async fn subscribe(ws_url: &str) -> Result<Subscription<SlotNotice>, RpcError> {
    let client = PubsubClient::connect(ws_url, ClientConfig::default()).await?;
    client.slots().await
}

/// Passes notifications on until the node closes the connection.
async fn forward(mut slots: Subscription<SlotNotice>, slot: Arc<Notify>) {
    while slots.next().await.is_ok() {
        slot.notify_one();
    }
}

/// The default WebSocket address of a JSON-RPC address: the next port, as on Solana's nodes; without a port the same
/// address, as behind proxies.
pub(crate) fn default_ws_url(url: &str) -> Option<String> {
    let (scheme, rest) = match url.strip_prefix("http://") {
        Some(rest) => ("ws", rest),
        None => ("wss", url.strip_prefix("https://")?),
    };
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    let is_bare_ipv6 = authority.ends_with(']');
    let Some((host, port)) = authority.rsplit_once(':').filter(|_| !is_bare_ipv6) else {
        return Some(format!("{scheme}://{authority}"));
    };
    let next = port.parse::<u16>().ok()?.checked_add(1)?;
    (!host.is_empty()).then(|| format!("{scheme}://{host}:{next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_port_is_derived() {
        for (url, ws_url) in [
            ("http://127.0.0.1:8899", Some("ws://127.0.0.1:8900")),
            ("http://localhost:8899/", Some("ws://localhost:8900")),
            ("http://[::1]:9000", Some("ws://[::1]:9001")),
            ("http://[::1]", Some("ws://[::1]")),
            ("https://node/path", Some("wss://node")),
            ("http://", None),
            ("http://node:65535", None),
            ("http://:80", None),
            ("node:80", None),
        ] {
            assert_eq!(default_ws_url(url).as_deref(), ws_url, "{url}");
        }
    }

    #[tokio::test]
    async fn without_notifications_the_interval_is_fixed() {
        let ticks = Ticks::start("ws://127.0.0.1:1").await;
        tokio::time::timeout(Duration::from_secs(5), ticks.next())
            .await
            .expect("the interval elapses");
    }
}
