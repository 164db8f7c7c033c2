//! When to ask for statuses: after every slot that the node announces, or at a fixed pace if it announces none.
//!
//! Announcements that arrive while an answer is awaited are merged into one: the next sweep sees everything anyway.

use std::sync::Arc;
use std::time::Duration;

use isobath_rpc_client::{ClientConfig, PubsubClient, RpcError, SlotNotice, Subscription};
use tokio::sync::Notify;

/// How long to wait for an announcement before asking all the same.
const ANNOUNCED_WAIT_MAX: Duration = Duration::from_millis(500);

/// Pace without announcements.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A source of moments to ask.
#[derive(Debug)]
pub(crate) struct Ticks {
    announced: Arc<Notify>,
    wait_max: Duration,
}

impl Ticks {
    /// Subscribes to slots at `ws_url`; falls back to a fixed pace, with a note on stderr, when that fails.
    pub(crate) async fn start(ws_url: &str) -> Self {
        match subscribe(ws_url).await {
            Ok(slots) => {
                let announced = Arc::new(Notify::new());
                tokio::spawn(forward(slots, Arc::clone(&announced)));
                Self {
                    announced,
                    wait_max: ANNOUNCED_WAIT_MAX,
                }
            }
            Err(error) => {
                let pace = POLL_INTERVAL.as_millis();
                eprintln!(
                    "note: statuses are asked for every {pace} ms instead of after each slot, because {error}"
                );
                Self {
                    announced: Arc::new(Notify::new()),
                    wait_max: POLL_INTERVAL,
                }
            }
        }
    }

    /// Returns at the next moment to ask.
    pub(crate) async fn next(&self) {
        // Running into the timeout is a moment to ask as well.
        let _announced = tokio::time::timeout(self.wait_max, self.announced.notified()).await;
    }
}

async fn subscribe(ws_url: &str) -> Result<Subscription<SlotNotice>, RpcError> {
    let client = PubsubClient::connect(ws_url, ClientConfig::default()).await?;
    client.slots().await
}

/// Passes announcements on until the node closes the connection.
async fn forward(mut slots: Subscription<SlotNotice>, announced: Arc<Notify>) {
    while slots.next().await.is_ok() {
        announced.notify_one();
    }
}

/// The address of announcements that belongs to a JSON-RPC address: the next port, as Solana nodes have it; the same
/// address without a port when none is given, as the proxies in front of nodes have it.
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
    async fn without_announcements_the_pace_is_fixed() {
        let ticks = Ticks::start("ws://127.0.0.1:1").await;
        tokio::time::timeout(Duration::from_secs(5), ticks.next())
            .await
            .expect("the pace keeps going");
    }
}
