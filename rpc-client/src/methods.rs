//! The typed methods of [`RpcClient`], named after the methods of the protocol.
//!
//! All of them read the state of the client's commitment, but those of transactions and blocks at least confirmed state:
//! nodes serve no other history.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use isobath_sdk::{Message, Pubkey, Signature};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::answers::{Balance, WithContext};
use crate::{
    BlockhashLifetime, Commitment, Explanation, Refusal, RpcClient, RpcError, SignatureStatus, UiAccount,
};

/// Signatures of one `getSignatureStatuses` at most, the protocol's bound.
pub const STATUSES_PER_CALL: usize = 256;

/// Accounts of one `getMultipleAccounts` at most, the protocol's bound.
pub const ACCOUNTS_PER_CALL: usize = 100;

/// Calls of [`RpcClient::balances`] that are in flight at the same time.
const BALANCE_CALLS_MAX: usize = 4;

/// Where statuses are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Recent blocks only, which is cheap.
    Recent,
    /// Every block that the node keeps.
    WholeHistory,
}

/// Whether the node simulates a transaction before it accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// A transaction that would fail is refused.
    Simulate,
    /// Any valid transaction is accepted.
    Skip,
}

/// The form of the transactions in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Wire bytes in base64.
    Base64,
    /// JSON with decoded instructions where the node knows the program.
    JsonParsed,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SendOptions {
    encoding: Encoding,
    skip_preflight: bool,
    /// The state that preflight simulates against. Absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    preflight_commitment: Option<Commitment>,
}

impl RpcClient {
    /// The newest slot (`getSlot`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn slot(&self) -> Result<u64, RpcError> {
        self.call("getSlot", (self.config(),)).await
    }

    /// The height of the newest block (`getBlockHeight`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn block_height(&self) -> Result<u64, RpcError> {
        self.call("getBlockHeight", (self.config(),)).await
    }

    /// The newest blockhash (`getLatestBlockhash`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn latest_blockhash(&self) -> Result<BlockhashLifetime, RpcError> {
        self.value("getLatestBlockhash", (self.config(),)).await
    }

    /// The balance of an account in lamports (`getBalance`); 0 if it does not exist.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn balance(&self, address: &Pubkey) -> Result<u64, RpcError> {
        self.value("getBalance", (address, self.config())).await
    }

    /// The balances of accounts in lamports, in order (`getMultipleAccounts`, [`ACCOUNTS_PER_CALL`] at a time); 0 for
    /// one that does not exist. Not all of them need come from one view.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn balances(&self, addresses: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        let calls = addresses
            .chunks(ACCOUNTS_PER_CALL)
            .map(|part| self.balances_of_part(part));
        let parts: Vec<Vec<u64>> = stream::iter(calls)
            .buffered(BALANCE_CALLS_MAX)
            .try_collect()
            .await?;
        Ok(parts.into_iter().flatten().collect())
    }

    async fn balances_of_part(&self, addresses: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        let config = self.config_with(json!({"encoding": "base64", "dataSlice": {"offset": 0, "length": 0}}));
        let accounts: Vec<Option<Balance>> = self.list("getMultipleAccounts", addresses, config).await?;
        let lamports = |account: Option<Balance>| account.map_or(0, |account| account.lamports);
        Ok(accounts.into_iter().map(lamports).collect())
    }

    /// An account (`getAccountInfo`); `None` if it does not exist.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn account(&self, address: &Pubkey) -> Result<Option<UiAccount>, RpcError> {
        let config = self.config_with(json!({"encoding": "base64"}));
        self.value("getAccountInfo", (address, config)).await
    }

    /// The least balance in lamports of an account with `data_len` bytes (`getMinimumBalanceForRentExemption`).
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn minimum_balance(&self, data_len: usize) -> Result<u64, RpcError> {
        let params = (data_len, self.config());
        self.call("getMinimumBalanceForRentExemption", params).await
    }

    /// The fee of a message in lamports (`getFeeForMessage`); `None` if its blockhash is not valid.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn fee(&self, message: &Message) -> Result<Option<u64>, RpcError> {
        let message = BASE64.encode(message.serialize());
        self.value("getFeeForMessage", (message, self.config())).await
    }

    /// Asks the faucet for lamports (`requestAirdrop`); the signature of its transfer.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls; a node without a faucet, or one that finds the amount too large, refuses.
    pub async fn request_airdrop(&self, to: &Pubkey, lamports: u64) -> Result<Signature, RpcError> {
        self.call("requestAirdrop", (to, lamports, self.config())).await
    }

    /// Sends a transaction, wire bytes in base64 (`sendTransaction`); its signature.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls. The node has certainly not accepted the transaction only if the error is a refusal or
    /// [`RpcError::is_undelivered`].
    pub async fn send_transaction(&self, wire: &str, preflight: Preflight) -> Result<Signature, RpcError> {
        self.call("sendTransaction", (wire, self.send_options(preflight)))
            .await
    }

    /// Sends transactions, wire bytes in base64, in one batch (`sendTransaction`); whether each was accepted, in
    /// order.
    ///
    /// # Errors
    /// See [`RpcClient::call_batch`].
    pub async fn send_transactions(
        &self,
        wires: &[&str],
        preflight: Preflight,
    ) -> Result<Vec<Result<(), Refusal>>, RpcError> {
        let params = wires.iter().map(|wire| (wire, self.send_options(preflight)));
        let answers = self.call_batch::<String>("sendTransaction", params).await?;
        // The signatures in the answers are those that the caller has put into the transactions.
        Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
    }

    /// The status of a transaction (`getSignatureStatuses`); `None` while it is in no block.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn status(
        &self,
        signature: &Signature,
        search: Search,
    ) -> Result<Option<SignatureStatus>, RpcError> {
        let statuses = self.statuses(&[signature], search).await?;
        Ok(statuses.into_iter().next().flatten())
    }

    /// The statuses of at most [`STATUSES_PER_CALL`] transactions, in order (`getSignatureStatuses`); `None` while one
    /// is in no block. `signatures` are [`Signature`]s or their base58 texts.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn statuses(
        &self,
        signatures: &[impl Serialize + Sync],
        search: Search,
    ) -> Result<Vec<Option<SignatureStatus>>, RpcError> {
        let config = json!({"searchTransactionHistory": search == Search::WholeHistory});
        self.list("getSignatureStatuses", signatures, config).await
    }

    /// A transaction in a block (`getTransaction`), reduced to what `T` reads of it; `None` if the node does not have
    /// it. `signature` is a [`Signature`] or its base58 text.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls.
    pub async fn transaction<T: DeserializeOwned>(
        &self,
        signature: impl Serialize + Send,
        encoding: Encoding,
    ) -> Result<Option<T>, RpcError> {
        let config = self.history_config(json!({"encoding": encoding, "maxSupportedTransactionVersion": 0}));
        self.call("getTransaction", (signature, config)).await
    }

    /// What became of a transaction, also if it was accepted and then dropped (`isobath_explainTransaction`); `None` if
    /// the node does not serve that.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls but [`RpcError::NotServed`].
    pub async fn explain_transaction(&self, signature: &Signature) -> Result<Option<Explanation>, RpcError> {
        match self.call("isobath_explainTransaction", (signature,)).await {
            Err(RpcError::NotServed { .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The block of a slot with its transactions (`getBlock`), reduced to what `T` reads of it; `None` if the slot was
    /// skipped.
    ///
    /// # Errors
    /// Any [`RpcError`] of calls; the codes of a block that is not there yet or no longer there are in [`crate::code`].
    pub async fn block<T: DeserializeOwned>(
        &self,
        slot: u64,
        encoding: Encoding,
    ) -> Result<Option<T>, RpcError> {
        let config = self.history_config(json!({
            "encoding": encoding,
            "transactionDetails": "full",
            "rewards": false,
            "maxSupportedTransactionVersion": 0,
        }));
        self.call("getBlock", (slot, config)).await
    }

    /// The configuration parameter of methods that read history.
    fn history_config(&self, more: serde_json::Value) -> serde_json::Value {
        let mut config = self.config_with(more);
        config["commitment"] = json!(self.commitment().max(Commitment::Confirmed));
        config
    }

    /// The value of an answer with a context.
    async fn value<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl Serialize + Send,
    ) -> Result<T, RpcError> {
        let answer: WithContext<T> = self.call(method, params).await?;
        Ok(answer.value)
    }

    /// One value for each of `subjects`.
    async fn list<T: DeserializeOwned>(
        &self,
        method: &'static str,
        subjects: &[impl Serialize + Sync],
        config: serde_json::Value,
    ) -> Result<Vec<T>, RpcError> {
        let values: Vec<T> = self.value(method, (subjects, config)).await?;
        if values.len() == subjects.len() {
            return Ok(values);
        }
        let cause = format!("{} values for {} keys", values.len(), subjects.len());
        Err(self.site(method).invalid_answer(cause))
    }

    const fn send_options(&self, preflight: Preflight) -> SendOptions {
        let (skip_preflight, preflight_commitment) = match preflight {
            Preflight::Skip => (true, None),
            Preflight::Simulate => (false, Some(self.commitment())),
        };
        SendOptions {
            encoding: Encoding::Base64,
            skip_preflight,
            preflight_commitment,
        }
    }
}
