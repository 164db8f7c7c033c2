//! Addresses of nodes: short names, the addresses that this build can call, and the WebSocket address of a node.
//!
//! The client speaks plain HTTP, so that the node's binary needs no TLS. An address that requires TLS is rejected here,
//! before anything is sent.

/// The node on this machine.
pub(crate) const LOCALHOST_URL: &str = "http://127.0.0.1:8899";

/// WebSocket port for an address without a port.
const DEFAULT_WS_PORT: u16 = 8900;

/// The URL that `text` names: a short name, or a URL itself.
///
/// # Errors
/// The text is not an address, or one that this build cannot call.
pub(crate) fn rpc_url(text: &str) -> anyhow::Result<String> {
    match text {
        "l" | "localhost" => return Ok(LOCALHOST_URL.to_owned()),
        "m" | "mainnet-beta" | "mainnet" | "t" | "testnet" | "d" | "devnet" => anyhow::bail!(
            "`{text}` is a Solana cluster that requires https; this build supports http only, so use \
             `--url localhost` or the http:// address of a node"
        ),
        _ => {}
    }
    if text.starts_with("https://") {
        anyhow::bail!(
            "{text} requires TLS, but this build supports http only; use an http:// address or a TLS-terminating proxy"
        );
    }
    let Some(rest) = text.strip_prefix("http://") else {
        anyhow::bail!(
            "`{text}` is not the address of a node; give `localhost` or a URL like {LOCALHOST_URL}"
        );
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if split_port(authority).is_none_or(|(host, _)| host.is_empty()) {
        anyhow::bail!("{text} has no host or an invalid port; give a URL like {LOCALHOST_URL}");
    }
    Ok(text.to_owned())
}

/// The default WebSocket address of an RPC address: the next port.
pub(crate) fn websocket_url(rpc_url: &str) -> String {
    let rest = rpc_url.strip_prefix("http://").unwrap_or(rpc_url);
    let (authority, path) = rest
        .find(['/', '?', '#'])
        .map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = split_port(authority).unwrap_or((authority, None));
    let port = port.map_or(DEFAULT_WS_PORT, |port| port.saturating_add(1));
    format!("ws://{host}:{port}{path}")
}

/// Host and port of `host`, `host:port` or `[v6]:port`; `None` if the port is not a number.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host, Some(port.parse().ok()?))),
        _ => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_urls_are_addresses() {
        assert_eq!(rpc_url("l").unwrap(), LOCALHOST_URL);
        assert_eq!(rpc_url("localhost").unwrap(), LOCALHOST_URL);
        for url in ["http://node:1", "http://[::1]:8899/x", "http://node"] {
            assert_eq!(rpc_url(url).unwrap(), url);
        }
    }

    #[test]
    fn addresses_that_cannot_be_called_are_rejected_with_the_reason() {
        for text in ["https://api.example.com", "devnet", "m"] {
            let error = rpc_url(text).unwrap_err().to_string();
            assert!(error.contains("http only"), "{error}");
        }
        for text in [
            "",
            "node:8899",
            "http://",
            "http://node:x",
            "http://:80/",
            "http://:99999/",
            "ws://node",
        ] {
            assert!(rpc_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_websocket_is_on_the_next_port() {
        let pairs = [
            ("http://127.0.0.1:8899", "ws://127.0.0.1:8900"),
            ("http://[::1]:4000", "ws://[::1]:4001"),
            ("http://[::1]", "ws://[::1]:8900"),
            ("http://node", "ws://node:8900"),
            ("http://node:80/rpc?x=1", "ws://node:81/rpc?x=1"),
        ];
        for (rpc, websocket) in pairs {
            assert_eq!(websocket_url(rpc), websocket);
        }
    }
}
