//! Members of configuration objects that several methods share.

use serde::Deserialize;

use crate::errors::RpcFailure;
use crate::params::encoding::{AccountEncoding, DataSlice};

/// The commitment level that a client requests. All levels read the one published view, which is final; the names that
/// older clients send are accepted too.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Commitment {
    #[serde(alias = "recent")]
    Processed,
    #[serde(alias = "single", alias = "singleGossip")]
    Confirmed,
    #[serde(alias = "root", alias = "max")]
    Finalized,
}

/// The members that every configuration object shares.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContextConfig {
    pub(crate) commitment: Option<Commitment>,
    /// The view must have reached this slot.
    pub(crate) min_context_slot: Option<u64>,
}

impl ContextConfig {
    /// Refuses the level at which Solana serves no history, although every level reads the same view here: a client
    /// that works with this node works with others.
    pub(crate) fn require_confirmed(self) -> Result<Self, RpcFailure> {
        if matches!(self.commitment, Some(Commitment::Processed)) {
            let text = "Method does not support commitment below `confirmed`";
            return Err(RpcFailure::InvalidParams(text.to_owned()));
        }
        Ok(self)
    }
}

/// How a client requests accounts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AccountConfig {
    pub(crate) encoding: Option<AccountEncoding>,
    pub(crate) data_slice: Option<DataSlice>,
    #[serde(flatten)]
    pub(crate) context: ContextConfig,
}
