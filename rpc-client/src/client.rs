//! Calls and batches over HTTP.

use std::fmt::Debug;

use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::classify::CallSite;
use crate::{ClientConfig, Commitment, Refusal, RpcError};

/// A node, called over HTTP. Clones share the connections.
///
/// The typed methods are listed first; [`RpcClient::call`] reaches all others.
#[derive(Clone, Debug)]
pub struct RpcClient {
    client: HttpClient,
    url: String,
    config: ClientConfig,
}

impl RpcClient {
    /// Prepares calls to `url`; the first call makes the first connection.
    ///
    /// # Errors
    /// [`RpcError::InvalidUrl`] when it is not a usable `http://` or `https://` address.
    pub fn new(url: &str, config: ClientConfig) -> Result<Self, RpcError> {
        let site = CallSite {
            url,
            method: "",
            config: &config,
        };
        let client = HttpClientBuilder::default()
            .connect_timeout(config.connect_timeout)
            .request_timeout(config.call_timeout)
            .max_request_size(u32::MAX)
            .max_response_size(config.answer_bytes_max)
            .build(url)
            .map_err(|error| site.classify(&error))?;
        Ok(Self {
            client,
            url: url.to_owned(),
            config,
        })
    }

    /// The address that is called.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How final the state is that calls read.
    #[must_use]
    pub const fn commitment(&self) -> Commitment {
        self.config.commitment
    }

    /// Calls `method` with `params`, which must serialize to an array (a tuple, a slice, a JSON array), and decodes
    /// the result.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl Serialize + Send,
    ) -> Result<T, RpcError> {
        let answer = self.client.request(method, Params(params)).await;
        answer.map_err(|error| self.site(method).classify(&error))
    }

    /// Calls `method` once for each of `params` in one batch; the result or refusal of each call, in order.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls, for the batch as a whole: unless [`RpcError::is_undelivered`], the node may have
    /// carried out any of the calls. That includes [`RpcError::InvalidAnswer`] where answers are missing.
    pub async fn call_batch<T>(
        &self,
        method: &'static str,
        params: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<Vec<Result<T, Refusal>>, RpcError>
    where
        T: DeserializeOwned + Debug,
    {
        let site = self.site(method);
        let mut batch = BatchRequestBuilder::new();
        let mut calls = 0_usize;
        for params in params {
            let inserted = batch.insert(method, Params(params));
            inserted
                .map_err(|error| site.invalid_answer(format!("its parameters do not encode: {error}")))?;
            calls = calls.saturating_add(1);
        }
        if calls == 0 {
            return Ok(Vec::new());
        }
        let answers = self.client.batch_request::<T>(batch).await;
        let answers = answers.map_err(|error| site.classify(&error))?;
        let answers: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.map_err(|object| Refusal::from(&object)))
            .collect();
        let answered = answers.iter().filter(|answer| !is_missing(answer)).count();
        if answered != calls {
            return Err(site.invalid_answer(format!("{answered} answers to {calls} calls")));
        }
        Ok(answers)
    }

    /// The configuration parameter of methods that take a commitment and nothing else.
    #[must_use]
    pub fn config(&self) -> Value {
        self.config_with(json!({}))
    }

    /// The configuration parameter of methods that take a commitment and `more`, a JSON object.
    #[must_use]
    pub(crate) fn config_with(&self, more: Value) -> Value {
        self.config.parameter(more)
    }

    pub(crate) fn site(&self, method: &'static str) -> CallSite<'_> {
        CallSite {
            url: &self.url,
            method,
            config: &self.config,
        }
    }
}

/// Whether the library put this in the place of an answer that did not come.
const fn is_missing<T>(answer: &Result<T, Refusal>) -> bool {
    matches!(answer, Err(Refusal { code: 0, message, .. }) if message.is_empty())
}

/// Parameters that serialize to an array.
pub(crate) struct Params<P>(pub(crate) P);

impl<P: Serialize> ToRpcParams for Params<P> {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        to_raw_value(&self.0).map(Some)
    }
}
