//! Calls of a node over HTTP, and why they fail, in words for the person at the terminal.
//!
//! A thin layer over the HTTP client of `jsonrpsee`: it adds the commitment to each call, decodes the answers that
//! several commands need, and tells failures apart by what the user can do about them. Nothing is retried here.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use isobath_sdk::{Hash, Message, Pubkey};
use jsonrpsee::core::client::{ClientT, Error as ClientError};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use super::settings::Commitment;

/// Bytes of an answer at most; a node sends 32 MiB.
const RESPONSE_BYTES_MAX: u32 = 64 << 20;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// JSON-RPC code of an unknown method.
const METHOD_NOT_FOUND: i32 = -32601;

/// JSON-RPC code of a transaction that failed in preflight.
const PREFLIGHT_FAILURE: i32 = -32002;

/// JSON-RPC code of a node that is busy; the same call can be made again.
const NODE_UNHEALTHY: i32 = -32005;

/// A call failed.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum RpcError {
    /// Nobody accepts connections there.
    #[error("nothing answers at {url} ({cause}); is `isobath dev` running there? `--url` names another node")]
    Unreachable { url: String, cause: String },
    /// The connection broke or was silent for too long.
    #[error("{url} did not answer {method} ({cause}); see what the node wrote to standard error")]
    NoAnswer {
        url: String,
        method: &'static str,
        cause: String,
    },
    /// An answer that a node would not give.
    #[error("{url} answered {method} with something that is not Solana JSON-RPC ({cause}); check `--url`")]
    NotANode {
        url: String,
        method: &'static str,
        cause: String,
    },
    /// The node does not know the method.
    #[error("the node at {url} does not serve {method}; use a node that does")]
    NotServed { url: String, method: &'static str },
    /// The node answered with an error.
    #[error("{message} (the node refused {method} with code {code})")]
    Refused {
        method: &'static str,
        code: i32,
        message: String,
        data: Option<Value>,
    },
}

impl RpcError {
    /// Tells apart what the library reports.
    pub(crate) fn from_client(url: &str, method: &'static str, error: ClientError) -> Self {
        let url = url.to_owned();
        match error {
            ClientError::Call(refusal) if refusal.code() == METHOD_NOT_FOUND => {
                Self::NotServed { url, method }
            }
            ClientError::Call(refusal) => Self::Refused {
                method,
                code: refusal.code(),
                message: refusal.message().to_owned(),
                data: refusal
                    .data()
                    .and_then(|data| serde_json::from_str(data.get()).ok()),
            },
            ClientError::Transport(source) if is_never_delivered(source.as_ref()) => Self::Unreachable {
                url,
                cause: innermost(source.as_ref()),
            },
            ClientError::Transport(source) if source.to_string().starts_with("Request rejected") => {
                Self::NotANode {
                    url,
                    method,
                    cause: innermost(source.as_ref()),
                }
            }
            ClientError::Transport(source) => Self::NoAnswer {
                url,
                method,
                cause: innermost(source.as_ref()),
            },
            ClientError::RequestTimeout => Self::NoAnswer {
                url,
                method,
                cause: "too slow".to_owned(),
            },
            other => Self::NotANode {
                url,
                method,
                cause: other.to_string(),
            },
        }
    }

    /// Whether the same call may work a little later.
    pub(crate) const fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: NODE_UNHEALTHY,
                ..
            }
        )
    }

    /// What `simulateTransaction` would have said of a transaction that failed in preflight.
    pub(crate) const fn preflight(&self) -> Option<&Value> {
        match self {
            Self::Refused {
                code: PREFLIGHT_FAILURE,
                data,
                ..
            } => data.as_ref(),
            _ => None,
        }
    }
}

/// The last source, which names the cause; those around it only say "client error".
fn innermost(error: &(dyn StdError + 'static)) -> String {
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
        let refused = step.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::AddrNotAvailable
            )
        });
        let text = step.to_string();
        if refused || text.contains("dns error") || text.contains("tcp connect error") {
            return true;
        }
        current = step.source();
    }
    false
}

/// An answer together with the slot of its view.
#[derive(Debug, Deserialize)]
struct WithContext<T> {
    value: T,
}

/// An account as served in base64.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiAccount {
    /// Balance.
    pub(crate) lamports: u64,
    /// Owning program.
    pub(crate) owner: Pubkey,
    /// Whether it is a program.
    pub(crate) executable: bool,
    /// Always the greatest number on a chain without rent collection.
    pub(crate) rent_epoch: u64,
    data: (String, String),
}

impl UiAccount {
    /// The bytes of the account.
    ///
    /// # Errors
    /// The node sent something that is not base64.
    pub(crate) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        BASE64.decode(&self.data.0).map_err(|error| {
            anyhow::anyhow!("the node sent account data that is not base64 ({error}); check `--url`")
        })
    }

    /// The bytes of the account, as sent.
    pub(crate) const fn base64(&self) -> &String {
        &self.data.0
    }
}

/// A blockhash and how long it lives.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lifetime {
    /// The blockhash.
    pub(crate) blockhash: Hash,
    /// The last height at which a transaction with it can enter a block.
    pub(crate) last_valid_block_height: u64,
}

/// The status of a transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Slot of its block.
    pub(crate) slot: u64,
    /// Its error, in the JSON form.
    pub(crate) err: Option<Value>,
    /// How settled it is.
    pub(crate) confirmation_status: Option<String>,
}

/// A node, called over HTTP.
#[derive(Debug)]
pub(crate) struct Rpc {
    client: HttpClient,
    url: String,
    commitment: Commitment,
}

impl Rpc {
    /// Prepares calls to a checked `url`; the connection is made by the first call.
    ///
    /// # Errors
    /// The address cannot be used.
    pub(crate) fn new(url: &str, commitment: Commitment) -> anyhow::Result<Self> {
        let client = HttpClientBuilder::default()
            .request_timeout(CALL_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .max_response_size(RESPONSE_BYTES_MAX)
            .build(url)
            .map_err(|error| {
                anyhow::anyhow!(
                    "{url} is not the address of a node ({error}); give a URL like http://127.0.0.1:8899"
                )
            })?;
        Ok(Self {
            client,
            url: url.to_owned(),
            commitment,
        })
    }

    /// One call with these parameters.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<T, RpcError> {
        self.client
            .request(method, params)
            .await
            .map_err(|error| RpcError::from_client(&self.url, method, error))
    }

    /// The configuration parameter of calls that take nothing but a commitment.
    pub(crate) fn config(&self) -> Value {
        json!({"commitment": self.commitment})
    }

    /// The configuration parameter of calls that take a commitment and `more`, an object.
    pub(crate) fn config_with(&self, mut more: Value) -> Value {
        more["commitment"] = json!(self.commitment);
        more
    }

    /// A number that a method without parameters of its own answers.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn number(&self, method: &'static str) -> Result<u64, RpcError> {
        self.call(method, vec![self.config()]).await
    }

    /// The balance of an account; 0 if it does not exist.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn balance(&self, address: &Pubkey) -> Result<u64, RpcError> {
        let answer: WithContext<u64> = self
            .call("getBalance", vec![json!(address), self.config()])
            .await?;
        Ok(answer.value)
    }

    /// An account; `None` if it does not exist.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn account(&self, address: &Pubkey) -> Result<Option<UiAccount>, RpcError> {
        let config = self.config_with(json!({"encoding": "base64"}));
        let answer: WithContext<Option<UiAccount>> =
            self.call("getAccountInfo", vec![json!(address), config]).await?;
        Ok(answer.value)
    }

    /// The least balance of an account with `data_len` bytes.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn minimum_balance(&self, data_len: usize) -> Result<u64, RpcError> {
        let params = vec![json!(data_len), self.config()];
        self.call("getMinimumBalanceForRentExemption", params).await
    }

    /// The newest blockhash.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn latest_blockhash(&self) -> Result<Lifetime, RpcError> {
        let answer: WithContext<Lifetime> = self.call("getLatestBlockhash", vec![self.config()]).await?;
        Ok(answer.value)
    }

    /// The fee of a message; `None` if its blockhash is not valid.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn fee(&self, message: &Message) -> Result<Option<u64>, RpcError> {
        let params = vec![json!(BASE64.encode(message.serialize())), self.config()];
        let answer: WithContext<Option<u64>> = self.call("getFeeForMessage", params).await?;
        Ok(answer.value)
    }

    /// The status of a transaction; `None` while it is in no block.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn status(
        &self,
        signature: &str,
        search_history: bool,
    ) -> Result<Option<Status>, RpcError> {
        let config = json!({"searchTransactionHistory": search_history});
        let answer: WithContext<Vec<Option<Status>>> = self
            .call("getSignatureStatuses", vec![json!([signature]), config])
            .await?;
        Ok(answer.value.into_iter().next().flatten())
    }
}

#[cfg(test)]
mod tests {
    use jsonrpsee::types::ErrorObjectOwned;

    use super::*;

    fn refused(code: i32, data: Option<Value>) -> RpcError {
        let refusal = ErrorObjectOwned::owned(code, "no", data);
        RpcError::from_client("http://x", "getBlock", ClientError::Call(refusal))
    }

    #[test]
    fn a_refused_connection_asks_whether_the_node_runs() {
        let cause = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = RpcError::from_client("http://x", "getSlot", ClientError::Transport(Box::new(cause)));
        assert!(matches!(error, RpcError::Unreachable { .. }));
        assert!(error.to_string().contains("is `isobath dev` running"), "{error}");
    }

    #[test]
    fn failures_are_told_apart() {
        let cause = io::Error::from(io::ErrorKind::ConnectionReset);
        let error = RpcError::from_client("http://x", "getSlot", ClientError::Transport(Box::new(cause)));
        assert!(matches!(error, RpcError::NoAnswer { .. }));
        let error = RpcError::from_client("http://x", "getSlot", ClientError::RequestTimeout);
        assert!(matches!(error, RpcError::NoAnswer { .. }));
        assert!(matches!(
            refused(METHOD_NOT_FOUND, None),
            RpcError::NotServed { .. }
        ));
        assert!(refused(NODE_UNHEALTHY, None).is_busy());
    }

    #[test]
    fn preflight_failures_keep_what_the_simulation_said() {
        let data = json!({"err": "AccountNotFound", "logs": []});
        assert_eq!(
            refused(PREFLIGHT_FAILURE, Some(data.clone())).preflight(),
            Some(&data)
        );
        assert_eq!(refused(-32602, Some(data)).preflight(), None);
    }
}
