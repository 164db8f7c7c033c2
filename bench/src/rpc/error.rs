//! Why a call of the node failed: cause and cure, in words for the person at the terminal.
//!
//! The library below reports a chain of sources; what matters of it is told apart here once: nobody listens, nobody
//! answers in time, something answers that is not a node, or the node refuses.

use std::error::Error as StdError;
use std::io;

use jsonrpsee::core::client::Error as ClientError;
use jsonrpsee::types::ErrorObjectOwned;
use thiserror::Error;

/// JSON-RPC code of an unknown method.
const METHOD_NOT_FOUND: i32 = -32601;

/// JSON-RPC code with which a node says that it is busy or behind; the same call can be made again.
pub(super) const NODE_UNHEALTHY: i32 = -32005;

/// A call failed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum RpcError {
    /// The address cannot be used at all.
    #[error(
        "{url} is not an address that this program can call: {reason}; give one like http://127.0.0.1:8899"
    )]
    BadUrl { url: String, reason: String },
    /// Nobody accepts connections there.
    #[error(
        "nothing answers at {url} ({cause}); start a node with `cargo run --release -- dev`, \
         or name the address of a running one with --url"
    )]
    Unreachable { url: String, cause: String },
    /// The connection broke, so it is not known whether the call was carried out.
    #[error(
        "the connection to {url} broke ({cause}); see whether the node still runs and what it wrote to stderr"
    )]
    Broken { url: String, cause: String },
    /// No answer in time.
    #[error(
        "{url} accepted the call {method} and did not answer in time; see whether the node is overloaded"
    )]
    TimedOut { url: String, method: &'static str },
    /// An answer that a node would not give.
    #[error("{url} answered {method} with something that is not Solana JSON-RPC ({cause}); check --url")]
    NotANode {
        url: String,
        method: &'static str,
        cause: String,
    },
    /// The node answered with an error.
    #[error("{url} refused {method}: {message} (code {code})")]
    Refused {
        url: String,
        method: &'static str,
        code: i32,
        message: String,
    },
}

impl RpcError {
    /// Tells apart what the library reports.
    pub(crate) fn from_client(url: &str, method: &'static str, error: ClientError) -> Self {
        let url = url.to_owned();
        match error {
            ClientError::Call(refusal) => Self::from_refusal(url, method, &refusal),
            ClientError::RequestTimeout => Self::TimedOut { url, method },
            ClientError::Transport(source) => {
                let cause = innermost_text(source.as_ref());
                if is_never_delivered(source.as_ref()) {
                    Self::Unreachable { url, cause }
                } else if source.to_string().starts_with("Request rejected") {
                    Self::NotANode { url, method, cause }
                } else {
                    Self::Broken { url, cause }
                }
            }
            other => Self::NotANode {
                url,
                method,
                cause: other.to_string(),
            },
        }
    }

    /// An error object that the node sent.
    pub(crate) fn from_refusal(url: String, method: &'static str, refusal: &ErrorObjectOwned) -> Self {
        Self::Refused {
            url,
            method,
            code: refusal.code(),
            message: refusal.message().to_owned(),
        }
    }

    /// Whether the call certainly did not reach the node.
    pub(crate) const fn is_undelivered(&self) -> bool {
        matches!(self, Self::BadUrl { .. } | Self::Unreachable { .. })
    }

    /// Whether the node refused because it does not know the method.
    pub(crate) const fn is_unknown_method(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: METHOD_NOT_FOUND,
                ..
            }
        )
    }
}

/// Walks to the last source, which names the cause; the outer ones only say "client error".
fn innermost_text(error: &(dyn StdError + 'static)) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

/// Whether no connection was made: refused, no route, or the name does not resolve.
fn is_never_delivered(error: &(dyn StdError + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(step) = current {
        if let Some(io_error) = step.downcast_ref::<io::Error>() {
            let refused = matches!(
                io_error.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::AddrNotAvailable
            );
            if refused {
                return true;
            }
        }
        let text = step.to_string();
        if text.contains("dns error") || text.contains("tcp connect error") {
            return true;
        }
        current = step.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_is_never_delivered() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = RpcError::from_client(
            "http://x",
            "getVersion",
            ClientError::Transport(Box::new(refused)),
        );
        assert!(error.is_undelivered());
        assert!(
            error.to_string().contains("cargo run --release -- dev"),
            "{error}"
        );
    }

    #[test]
    fn a_broken_connection_may_have_delivered() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let error = RpcError::from_client(
            "http://x",
            "sendTransaction",
            ClientError::Transport(Box::new(reset)),
        );
        assert!(!error.is_undelivered());
        assert!(matches!(error, RpcError::Broken { .. }));
    }

    #[test]
    fn refusals_keep_code_and_message() {
        let refusal = ErrorObjectOwned::owned::<()>(METHOD_NOT_FOUND, "Method not found", None);
        let error = RpcError::from_client("http://x", "requestAirdrop", ClientError::Call(refusal));
        assert!(error.is_unknown_method());
        assert_eq!(
            error.to_string(),
            "http://x refused requestAirdrop: Method not found (code -32601)"
        );
    }
}
