//! The calls of the node that a load needs, over HTTP, with typed answers.
//!
//! Every call is one JSON-RPC request or one batch of them; nothing is retried here, since only the caller knows
//! whether a repetition is safe. The addresses and bounds are those that Solana clients use, so the same calls work
//! against any node that serves that interface.

mod error;
mod types;

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use isobath_sdk::{Hash, Pubkey};
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::{ArrayParams, BatchRequestBuilder};
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::rpc_params;
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use serde::de::DeserializeOwned;

pub(crate) use error::RpcError;
use types::{AccountsAnswer, BlockhashAnswer, StatusesAnswer, TransactionAnswer};
pub(crate) use types::{Lifetime, Reaction, SendRefusal, Status};

/// Signatures per `getSignatureStatuses`, the bound of the interface.
pub(crate) const STATUSES_PER_CALL: usize = 256;

/// Keys per `getMultipleAccounts`, the bound of the interface.
const ACCOUNTS_PER_CALL: usize = 100;

/// Balance calls in flight at the same time.
const BALANCE_CALLS_MAX: usize = 4;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// A node, called over HTTP. Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    client: HttpClient,
    url: String,
}

impl Rpc {
    /// Prepares calls to `url`; the first connection is made by the first call.
    ///
    /// # Errors
    /// [`RpcError::BadUrl`] when the address is not a usable `http://` or `https://` address.
    pub(crate) fn new(url: &str) -> Result<Self, RpcError> {
        let client = HttpClientBuilder::default()
            .request_timeout(CALL_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .build(url)
            .map_err(|error| RpcError::BadUrl {
                url: url.to_owned(),
                reason: error.to_string().trim_start_matches("Invalid Url: ").to_owned(),
            })?;
        Ok(Self {
            client,
            url: url.to_owned(),
        })
    }

    /// The address that is called.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The newest blockhash and the last height at which it can be used.
    ///
    /// # Errors
    /// Any [`RpcError`]; the answer of a node always decodes.
    pub(crate) async fn latest_blockhash(&self) -> Result<Lifetime, RpcError> {
        let method = "getLatestBlockhash";
        let answer: BlockhashAnswer = self.call(method, rpc_params![]).await?;
        let blockhash: Hash = answer
            .value
            .blockhash
            .parse()
            .map_err(|error| RpcError::NotANode {
                url: self.url.clone(),
                method,
                cause: format!("the blockhash does not decode: {error}"),
            })?;
        Ok(Lifetime {
            blockhash,
            last_valid_height: answer.value.last_valid_block_height,
        })
    }

    /// The height of the newest block.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn block_height(&self) -> Result<u64, RpcError> {
        self.call("getBlockHeight", rpc_params![]).await
    }

    /// Asks the faucet for lamports; the answer is the signature of its transfer, base58.
    ///
    /// # Errors
    /// Any [`RpcError`]; [`RpcError::Refused`] when the node has no faucet or the amount is too much for it.
    pub(crate) async fn request_airdrop(&self, to: &Pubkey, lamports: u64) -> Result<String, RpcError> {
        self.call("requestAirdrop", rpc_params![to.to_string(), lamports])
            .await
    }

    /// The balances of `keys`, in order; 0 for an account that does not exist.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn balances(&self, keys: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        let calls = keys
            .chunks(ACCOUNTS_PER_CALL)
            .map(|part| self.balances_of_part(part));
        let parts: Vec<Vec<u64>> = stream::iter(calls)
            .buffered(BALANCE_CALLS_MAX)
            .try_collect()
            .await?;
        Ok(parts.into_iter().flatten().collect())
    }

    async fn balances_of_part(&self, keys: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        let method = "getMultipleAccounts";
        let names: Vec<String> = keys.iter().map(Pubkey::to_string).collect();
        let options = serde_json::json!({"encoding": "base64", "dataSlice": {"offset": 0, "length": 0}});
        let answer: AccountsAnswer = self.call(method, rpc_params![names, options]).await?;
        if answer.value.len() != keys.len() {
            let cause = format!("{} accounts for {} keys", answer.value.len(), keys.len());
            return Err(RpcError::NotANode {
                url: self.url.clone(),
                method,
                cause,
            });
        }
        Ok(answer
            .value
            .into_iter()
            .map(|account| account.map_or(0, |account| account.lamports))
            .collect())
    }

    /// Sends transactions, base64 wire form, in one batch without preflight. One result per transaction, in order.
    ///
    /// # Errors
    /// An [`RpcError`] when the batch as a whole failed; unless [`RpcError::is_undelivered`], any of its transactions
    /// may have been taken in.
    pub(crate) async fn send_batch(&self, wires: &[&str]) -> Result<Vec<Result<(), SendRefusal>>, RpcError> {
        let method = "sendTransaction";
        let options = types::SendOptions {
            encoding: "base64",
            skip_preflight: true,
        };
        let mut batch = BatchRequestBuilder::new();
        for wire in wires {
            self.insert(&mut batch, method, rpc_params![wire, options])?;
        }
        let answers = self
            .client
            .batch_request::<String>(batch)
            .await
            .map_err(|error| RpcError::from_client(&self.url, method, error))?;
        Ok(answers
            .into_iter()
            .map(|answer| {
                answer
                    .map(drop)
                    .map_err(|e| SendRefusal::new(e.code(), e.message()))
            })
            .collect())
    }

    fn insert<'a>(
        &self,
        batch: &mut BatchRequestBuilder<'a>,
        method: &'static str,
        params: ArrayParams,
    ) -> Result<(), RpcError> {
        batch.insert(method, params).map_err(|error| RpcError::NotANode {
            url: self.url.clone(),
            method,
            cause: format!("the parameters do not encode: {error}"),
        })
    }

    /// The statuses of at most [`STATUSES_PER_CALL`] signatures, base58, in order; `None` while unknown.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn statuses(
        &self,
        names: &[&str],
        search: Search,
    ) -> Result<Vec<Option<Status>>, RpcError> {
        let method = "getSignatureStatuses";
        let options = serde_json::json!({"searchTransactionHistory": search == Search::WholeHistory});
        let answer: StatusesAnswer = self.call(method, rpc_params![names, options]).await?;
        if answer.value.len() != names.len() {
            let cause = format!("{} statuses for {} signatures", answer.value.len(), names.len());
            return Err(RpcError::NotANode {
                url: self.url.clone(),
                method,
                cause,
            });
        }
        Ok(answer.value)
    }

    /// Compute units that one confirmed transaction consumed, if the node still knows it and says so.
    ///
    /// # Errors
    /// Any [`RpcError`].
    pub(crate) async fn compute_units_of(&self, name: &str) -> Result<Option<u64>, RpcError> {
        let options = serde_json::json!({
            "encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": 0
        });
        let answer: Option<TransactionAnswer> =
            self.call("getTransaction", rpc_params![name, options]).await?;
        Ok(answer
            .and_then(|answer| answer.meta)
            .and_then(|meta| meta.compute_units_consumed))
    }

    async fn call<R, P>(&self, method: &'static str, params: P) -> Result<R, RpcError>
    where
        R: DeserializeOwned,
        P: ToRpcParams + Send,
    {
        self.client
            .request(method, params)
            .await
            .map_err(|error| RpcError::from_client(&self.url, method, error))
    }
}

/// Where statuses are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// Recent blocks only, which is cheap.
    Recent,
    /// Every block that the node keeps.
    WholeHistory,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_addresses_are_named() {
        for url in ["", "127.0.0.1:8899", "ftp://127.0.0.1", "http://"] {
            let error = Rpc::new(url).expect_err("the address cannot be used");
            assert!(matches!(error, RpcError::BadUrl { .. }), "{url}: {error}");
            assert!(
                error.to_string().contains("http://127.0.0.1:8899"),
                "{url}: {error}"
            );
        }
        assert!(Rpc::new("http://127.0.0.1:1").is_ok());
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        // Port 1 on loopback has no listener on any machine that runs tests.
        let rpc = Rpc::new("http://127.0.0.1:1").unwrap();
        let error = rpc.block_height().await.expect_err("nothing listens there");
        assert!(error.is_undelivered(), "{error:?}");
    }
}
