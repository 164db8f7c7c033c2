//! Why a call has no result: cause and cure, in words for the person at the terminal.

use std::time::Duration;

use thiserror::Error;

use crate::Refusal;
use crate::redact::redact_url;

/// Why a call has no result, or a subscription no next notification.
///
/// In every variant `url` is the address that was called, which texts show without keys (see [`redact_url`]), and `method`
/// the JSON-RPC method, or `the WebSocket handshake` while a connection for notifications is made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RpcError {
    /// The address cannot be used at all.
    #[error(
        "`{}` is not the address of a node ({cause}); give a URL like {example}",
        redact_url(url)
    )]
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
        "cannot connect to {} ({cause}); start `isobath dev` there, or name another node with `{}`",
        redact_url(url),
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
        "cannot make a secure connection to {} ({cause}); check the address and its scheme (a node itself speaks no \
         TLS), and set SSL_CERT_FILE if its certificate has a private issuer",
        redact_url(url)
    )]
    Insecure {
        /// The address.
        url: String,
        /// What TLS reported.
        cause: String,
    },
    /// The connection broke, so it is not known whether the call was carried out.
    #[error(
        "the connection to {} failed before {method} was answered ({cause}); check that the node is running, and \
         its standard error",
        redact_url(url)
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
        "{} did not answer {method} within {timeout:?}; check whether the node is overloaded, then retry",
        redact_url(url)
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
        "{} answered {method} with HTTP status {status}; check `{}`",
        redact_url(url),
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
    #[error(
        "{} answered {method} with more than {bytes_max} bytes; ask for less at once",
        redact_url(url)
    )]
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
        "{} did not answer {method} with Solana JSON-RPC ({cause}); check `{}`",
        redact_url(url),
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
    #[error("the node at {} does not serve {method}; use another node", redact_url(url))]
    NotServed {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
    },
    /// The node answered with another error.
    #[error("{} ({method} failed at {} with code {})", refusal.message, redact_url(url), refusal.code)]
    Refused {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
        /// The error.
        refusal: Refusal,
    },
    /// The node ended the subscription or its connection.
    #[error(
        "{} ended the subscription {method}; check that the node is running, then subscribe again",
        redact_url(url)
    )]
    SubscriptionEnded {
        /// The address.
        url: String,
        /// The method.
        method: &'static str,
    },
    /// More notifications came than may wait to be read, so the subscription was given up.
    #[error(
        "the subscription {method} of {} ended because more than {waiting_max} notifications waited to be read; \
         read faster or subscribe to fewer",
        redact_url(url)
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
