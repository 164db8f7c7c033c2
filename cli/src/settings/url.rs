//! Addresses of nodes: short names, what else is an address, and the WebSocket address that belongs to it.

use anyhow::{anyhow, bail};
use isobath_rpc_client::redact_url;
use url::{Host, Url};

/// The node on this machine.
pub(crate) const LOCALHOST_URL: &str = "http://127.0.0.1:8899";

/// The URL that `text` names: a short name, `HOST:PORT`, or a URL itself.
///
/// # Errors
/// The text is none of these.
pub(crate) fn rpc_url(text: &str) -> anyhow::Result<String> {
    let url = match text {
        "l" | "localhost" => LOCALHOST_URL.to_owned(),
        "m" | "mainnet-beta" | "mainnet" => "https://api.mainnet-beta.solana.com".to_owned(),
        "t" | "testnet" => "https://api.testnet.solana.com".to_owned(),
        "d" | "devnet" => "https://api.devnet.solana.com".to_owned(),
        _ if has_port(text) => format!("http://{text}"),
        _ => text.to_owned(),
    };
    let refused = |cause: String| {
        anyhow!(
            "`{}` is not the address of a node ({cause}); give `localhost`, HOST:PORT or a URL like {LOCALHOST_URL}",
            redact_url(text)
        )
    };
    let parsed = Url::parse(&url).map_err(|cause| refused(cause.to_string()))?;
    match parsed.scheme() {
        "http" | "https" => Ok(url),
        other => Err(refused(format!("`{other}` is neither http nor https"))),
    }
}

/// Checks the address of a WebSocket.
///
/// # Errors
/// It does not begin with `ws://` or `wss://`, or has no host.
pub(crate) fn check_websocket_url(text: &str) -> anyhow::Result<()> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "ws" | "wss") => Ok(()),
        _ => bail!(
            "`{}` is not a WebSocket address; give a URL like ws://127.0.0.1:8900",
            redact_url(text)
        ),
    }
}

/// The WebSocket address of an RPC address, as the Solana CLI computes it: the next port if a port is given, `wss` for
/// `https`. `None` if the text is not a URL, or its port is the last one.
pub(crate) fn websocket_url(rpc_url: &str) -> Option<String> {
    let mut url = Url::parse(rpc_url).ok()?;
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return None,
    };
    let next = url.port().map(|port| port.checked_add(1));
    url.set_scheme(scheme).ok()?;
    if let Some(port) = next {
        url.set_port(Some(port?)).ok()?;
    }
    Some(url.into())
}

/// Whether an address leads to this machine.
pub(crate) fn is_loopback(rpc_url: &str) -> bool {
    Url::parse(rpc_url).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

/// Whether a text without a scheme begins with `HOST:PORT`.
fn has_port(text: &str) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_hosts_and_urls_are_addresses() {
        for (text, url) in [
            ("l", LOCALHOST_URL),
            ("localhost", LOCALHOST_URL),
            ("devnet", "https://api.devnet.solana.com"),
            ("t", "https://api.testnet.solana.com"),
            ("m", "https://api.mainnet-beta.solana.com"),
            ("node:1", "http://node:1"),
            ("127.0.0.1:8899/x", "http://127.0.0.1:8899/x"),
            ("[::1]:8899", "http://[::1]:8899"),
        ] {
            assert_eq!(rpc_url(text).unwrap(), url);
        }
        for url in [
            "http://node:1",
            "http://[::1]:8899/x",
            "http://node",
            "https://node/?api-key=1",
        ] {
            assert_eq!(rpc_url(url).unwrap(), url);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "node",
            ":8899",
            "node:x",
            "node:99999",
            "http://",
            "http://node:x",
            "http://:80/",
            "http://:99999/",
            "ws://node",
            "file:///x",
        ] {
            assert!(rpc_url(text).is_err(), "{text}");
        }
        for text in ["", "node:1", "http://node", "ws://"] {
            assert!(check_websocket_url(text).is_err(), "{text}");
        }
        check_websocket_url("wss://node").unwrap();
    }

    /// The pairs with names are those that the Solana CLI documents.
    #[test]
    fn the_websocket_is_computed_as_by_the_solana_cli() {
        for (rpc, websocket) in [
            (
                "http://api.devnet.solana.com",
                Some("ws://api.devnet.solana.com/"),
            ),
            (
                "https://api.devnet.solana.com",
                Some("wss://api.devnet.solana.com/"),
            ),
            ("http://example.com:8899", Some("ws://example.com:8900/")),
            ("https://example.com:1234", Some("wss://example.com:1235/")),
            ("http://[::1]:4000", Some("ws://[::1]:4001/")),
            ("http://node:81/rpc?x=1", Some("ws://node:82/rpc?x=1")),
            ("http://node:65535", None),
            ("garbage", None),
        ] {
            assert_eq!(websocket_url(rpc).as_deref(), websocket, "{rpc}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for url in ["http://localhost:1", "https://127.3.2.1", "http://[::1]:8899"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://localhost.example.com",
            "https://10.0.0.1",
            "localhost",
            "x",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
