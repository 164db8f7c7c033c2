//! Why a call has no result: cause and cure, in words for the person at the terminal.

use std::time::Duration;

use thiserror::Error;

use crate::Refusal;

/// Why a call has no result, or a subscription no next notification.
///
/// In every variant `url` is the address that was called and `method` the JSON-RPC method, or `the WebSocket handshake`
/// while a connection for notifications is made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RpcError {
    /// The address cannot be used at all.
    #[error("`{url}` is not the address of a node ({cause}); give a URL like {example}")]
    InvalidUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        cause: String,
        /// A usable address.
        example: &'static str,
    },
    /// No connection was made: refused, no route, or the name does not resolve.
    #[error(
        "cannot connect to {url} ({cause}); start `isobath dev` there, or name another node with `{}`",
        address_flag(url)
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What the system reported.
        cause: String,
    },
    /// No connection was made, because TLS failed: the certificate is not trusted, or the other end speaks no TLS.
    #[error(
        "cannot make a secure connection to {url} ({cause}); check the address and its scheme (a node itself speaks \
         no TLS), and set SSL_CERT_FILE if its certificate has a private issuer"
    )]
    Insecure {
        /// The address.
        url: String,
        /// What TLS reported.
        cause: String,
    },
    /// The connection broke, so it is not known whether the call was carried out.
    #[error(
        "the connection to {url} failed before {method} was answered ({cause}); check that the node is running, and \
         its standard error"
    )]
    Disconnected {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// What the system reported.
        cause: String,
    },
    /// No answer in time, so it is not known whether the call was carried out.
    #[error(
        "{url} did not answer {method} within {timeout:?}; check whether the node is overloaded, then retry"
    )]
    TimedOut {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// How long the client waited.
        timeout: Duration,
    },
    /// The server answered with an HTTP status instead of JSON-RPC.
    #[error(
        "{url} answered {method} with HTTP status {status}; check `{}`",
        address_flag(url)
    )]
    HttpStatus {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// The status.
        status: u16,
    },
    /// The answer has more bytes than the client accepts.
    #[error("{url} answered {method} with more than {bytes_max} bytes; ask for less at once")]
    AnswerTooLarge {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// The limit, see [`ClientConfig`](crate::ClientConfig).
        bytes_max: u32,
    },
    /// An answer that a node would not give.
    #[error(
        "{url} did not answer {method} with Solana JSON-RPC ({cause}); check `{}`",
        address_flag(url)
    )]
    InvalidAnswer {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The node does not know the method.
    #[error("the node at {url} does not serve {method}; use another node")]
    NotServed {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
    },
    /// The node answered with another error.
    #[error("{} ({method} failed at {url} with code {})", refusal.message, refusal.code)]
    Refused {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// The error.
        refusal: Refusal,
    },
    /// The node ended the subscription or its connection.
    #[error("{url} ended the subscription {method}; check that the node is running, then subscribe again")]
    SubscriptionEnded {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
    },
    /// More notifications came than may wait to be read, so the subscription was given up.
    #[error(
        "the subscription {method} of {url} ended because more than {waiting_max} notifications waited to be read; \
         read faster or subscribe to fewer"
    )]
    SubscriptionLagged {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// How many may wait.
        waiting_max: usize,
    },
}

/// The flag of our commands that sets an address of this kind.
fn address_flag(url: &str) -> &'static str {
    if url.starts_with("ws") { "--ws" } else { "--url" }
}

impl RpcError {
    /// Whether the call certainly did not reach the node.
    #[must_use]
    pub const fn is_undelivered(&self) -> bool {
        matches!(
            self,
            Self::InvalidUrl { .. } | Self::Unreachable { .. } | Self::Insecure { .. }
        )
    }

    /// Whether the node did not answer: it cannot be reached, went away or was too slow.
    #[must_use]
    pub const fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Disconnected { .. } | Self::TimedOut { .. }
        )
    }

    /// The error that the node answered, unless it is that the method is not served.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}
