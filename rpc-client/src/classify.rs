//! From the errors of the libraries below to [`RpcError`].
//!
//! ```text
//! ClientError --Call-----------> Refusal, NotServed
//!             --RestartNeeded--> the error that ended the connection, classified
//!             --Transport------> HTTP or handshake: InvalidUrl, Unreachable, Insecure, HttpStatus, AnswerTooLarge, Disconnected
//!             --RequestTimeout-> TimedOut
//!             --others---------> InvalidAnswer
//! ```
//!
//! The libraries report chains of sources whose outer links only say "client error"; the innermost names the cause.

use std::error::Error as StdError;
use std::io;

use http_body_util::LengthLimitError;
use hyper_util::client::legacy::Error as ConnectorError;
use jsonrpsee::client_transport::ws::WsHandshakeError;
use jsonrpsee::core::client::Error as ClientError;
use jsonrpsee::core::http_helpers::HttpError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee_http_client::transport::Error as HttpTransportError;
use rustls::Error as TlsError;

use crate::{ClientConfig, Refusal, RpcError, code};

/// A usable address for calls.
pub(crate) const HTTP_EXAMPLE: &str = "http://127.0.0.1:8899";

/// A usable address for notifications.
pub(crate) const WEBSOCKET_EXAMPLE: &str = "ws://127.0.0.1:8900";

/// Stands for the method while a connection for notifications is made.
pub(crate) const HANDSHAKE: &str = "the WebSocket handshake";

type Source<'a> = &'a (dyn StdError + 'static);

/// The call that an error is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite<'a> {
    pub(crate) url: &'a str,
    pub(crate) method: &'static str,
    pub(crate) config: &'a ClientConfig,
}

impl CallSite<'_> {
    /// The error of a call or subscription.
    pub(crate) fn classify(self, error: &ClientError) -> RpcError {
        match error {
            ClientError::Call(object) => self.refused(object),
            ClientError::RestartNeeded(cause) => self.classify(cause),
            ClientError::RequestTimeout => self.timed_out(self.config.call_timeout),
            ClientError::Transport(source) => {
                let source: Source<'_> = source.as_ref();
                match source.downcast_ref::<HttpTransportError>() {
                    Some(error) => self.http(error),
                    None => self.disconnected(source),
                }
            }
            ClientError::ParseError(cause) => self.invalid_answer(cause.to_string()),
            other => self.invalid_answer(other.to_string()),
        }
    }

    /// The error of making a connection for notifications.
    pub(crate) fn classify_handshake(self, error: &ClientError) -> RpcError {
        let ClientError::Transport(source) = error else {
            return self.classify(error);
        };
        let source: Source<'_> = source.as_ref();
        match source.downcast_ref::<WsHandshakeError>() {
            Some(error) => self.handshake(error),
            // Before the handshake only the address is read.
            None => self.invalid_url(source.to_string(), WEBSOCKET_EXAMPLE),
        }
    }

    fn http(self, error: &HttpTransportError) -> RpcError {
        match error {
            HttpTransportError::Url(cause) => {
                let cause = cause.trim_start_matches("Invalid URL: ").to_owned();
                self.invalid_url(cause, HTTP_EXAMPLE)
            }
            HttpTransportError::Rejected { status_code } => self.http_status(*status_code),
            HttpTransportError::Http(HttpError::TooLarge) => self.answer_too_large(),
            HttpTransportError::Http(HttpError::Malformed) => {
                self.invalid_answer("it is not JSON".to_owned())
            }
            HttpTransportError::Http(HttpError::Stream(source)) => self.stream(source.as_ref()),
            other => self.disconnected(other),
        }
    }

    fn stream(self, source: Source<'_>) -> RpcError {
        let is_connecting = |step: Source<'_>| {
            let error = step.downcast_ref::<ConnectorError>();
            error.is_some_and(ConnectorError::is_connect)
        };
        if chain(source).any(is_connecting) {
            match chain(source).find_map(tls_error) {
                Some(cause) => self.insecure(cause),
                None => self.unreachable(innermost(source)),
            }
        } else if chain(source).any(|step| step.is::<LengthLimitError>()) {
            self.answer_too_large()
        } else {
            self.disconnected(source)
        }
    }

    fn handshake(self, error: &WsHandshakeError) -> RpcError {
        match error {
            WsHandshakeError::Url(cause) => self.invalid_url(cause.to_string(), WEBSOCKET_EXAMPLE),
            WsHandshakeError::Io(cause) | WsHandshakeError::ResolutionFailed(cause) => match tls_error(cause)
            {
                Some(cause) => self.insecure(cause),
                None => self.unreachable(cause.to_string()),
            },
            WsHandshakeError::NoAddressFound(_) => self.unreachable("its name has no address".to_owned()),
            WsHandshakeError::Timeout(timeout) => self.timed_out(*timeout),
            WsHandshakeError::Rejected { status_code } | WsHandshakeError::Redirected { status_code, .. } => {
                self.http_status(*status_code)
            }
            other if chain(other).any(|step| step.is::<io::Error>()) => self.disconnected(other),
            other => self.invalid_answer(other.to_string()),
        }
    }

    fn refused(self, object: &ErrorObjectOwned) -> RpcError {
        let (url, method) = (self.url.to_owned(), self.method);
        let refusal = Refusal::from(object);
        match refusal.code {
            code::METHOD_NOT_FOUND => RpcError::NotServed { url, method },
            _ => RpcError::Refused { url, method, refusal },
        }
    }

    fn invalid_url(self, cause: String, example: &'static str) -> RpcError {
        RpcError::InvalidUrl {
            url: self.url.to_owned(),
            cause,
            example,
        }
    }

    fn unreachable(self, cause: String) -> RpcError {
        RpcError::Unreachable {
            url: self.url.to_owned(),
            cause,
        }
    }

    fn insecure(self, cause: &TlsError) -> RpcError {
        RpcError::Insecure {
            url: self.url.to_owned(),
            cause: cause.to_string(),
        }
    }

    fn disconnected(self, source: Source<'_>) -> RpcError {
        RpcError::Disconnected {
            url: self.url.to_owned(),
            method: self.method,
            cause: innermost(source),
        }
    }

    fn timed_out(self, timeout: std::time::Duration) -> RpcError {
        RpcError::TimedOut {
            url: self.url.to_owned(),
            method: self.method,
            timeout,
        }
    }

    fn http_status(self, status: u16) -> RpcError {
        RpcError::HttpStatus {
            url: self.url.to_owned(),
            method: self.method,
            status,
        }
    }

    fn answer_too_large(self) -> RpcError {
        RpcError::AnswerTooLarge {
            url: self.url.to_owned(),
            method: self.method,
            bytes_max: self.config.answer_bytes_max,
        }
    }

    /// An answer that a node would not give.
    pub(crate) fn invalid_answer(self, cause: String) -> RpcError {
        RpcError::InvalidAnswer {
            url: self.url.to_owned(),
            method: self.method,
            cause,
        }
    }
}

/// An error and its sources.
fn chain<'a>(error: Source<'a>) -> impl Iterator<Item = Source<'a>> {
    std::iter::successors(Some(error), |&step| step.source())
}

/// The error of TLS in an I/O error. Such errors wrap others without listing them among their sources.
fn tls_error<'a>(error: Source<'a>) -> Option<&'a TlsError> {
    let inner: Source<'a> = error.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref().or_else(|| tls_error(inner))
}

/// The text of the last source.
fn innermost(error: Source<'_>) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn classify(error: &ClientError) -> RpcError {
        let config = ClientConfig::default();
        let site = CallSite {
            url: "http://x",
            method: "getSlot",
            config: &config,
        };
        site.classify(error)
    }

    fn reset() -> ClientError {
        ClientError::Transport(Box::new(io::Error::from(io::ErrorKind::ConnectionReset)))
    }

    #[test]
    fn a_broken_connection_may_have_delivered() {
        let error = classify(&reset());
        assert!(matches!(error, RpcError::Disconnected { .. }), "{error:?}");
        assert!(error.is_unanswered() && !error.is_undelivered());
    }

    #[test]
    fn a_connection_that_ended_earlier_is_reported_by_what_ended_it() {
        assert_eq!(
            classify(&ClientError::RestartNeeded(Arc::new(reset()))),
            classify(&reset())
        );
    }

    #[test]
    fn an_error_of_tls_is_found_in_errors_that_wrap_it() {
        let tls = io::Error::other(TlsError::DecryptError);
        assert_eq!(tls_error(&tls), Some(&TlsError::DecryptError));
        assert_eq!(tls_error(&io::Error::other(tls)), Some(&TlsError::DecryptError));
        assert_eq!(tls_error(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }

    #[test]
    fn an_unknown_method_is_not_served() {
        let object = ErrorObjectOwned::owned::<()>(code::METHOD_NOT_FOUND, "Method not found", None);
        let error = classify(&ClientError::Call(object));
        assert_eq!(
            error.to_string(),
            "the node at http://x does not serve getSlot; use another node"
        );
    }

    #[test]
    fn other_refusals_keep_code_and_message() {
        let object = ErrorObjectOwned::owned::<()>(code::NODE_UNHEALTHY, "Node is behind", None);
        let error = classify(&ClientError::Call(object));
        assert!(error.refusal().is_some_and(Refusal::is_busy));
        assert_eq!(
            error.to_string(),
            "Node is behind (getSlot failed at http://x with code -32005)"
        );
    }
}
