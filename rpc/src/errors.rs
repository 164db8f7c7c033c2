//! The error answers of calls, with Solana's JSON-RPC codes.
//!
//! Invariant: `data` is absent unless a client reads it; it is never `null` (some clients refuse that). Texts that
//! clients compare are Solana's; the others name the parameter or the cause.

use isobath_node::ViewRevoked;
use isobath_sdk::{Pubkey, Signature};
use jsonrpsee::core::server::MethodResponse;
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use jsonrpsee::types::{ErrorObjectOwned, Id};
use serde::Serialize;
use serde_json::json;
use thiserror::Error;

use crate::access::ForeignOrigin;
use crate::config::RpcLimits;
use crate::limits::refusals::Refusal;

/// Most characters of the reason why a parameter is wrong. Deserialisers repeat in it what the client sent.
const REASON_CHARS_MAX: usize = 512;

/// An error answer.
#[derive(Debug, Error)]
pub(crate) enum RpcFailure {
    /// A parameter is missing, of the wrong type or out of range.
    #[error("{0}")]
    InvalidParams(String),
    /// The request as a whole cannot be served.
    #[error("{0}")]
    InvalidRequest(String),
    /// The transaction failed in preflight; `data` is what simulateTransaction would have answered.
    #[error("Transaction simulation failed: {text}")]
    Preflight {
        text: String,
        data: Option<Box<JsonRawValue>>,
    },
    /// A signature of the transaction is invalid.
    #[error("Transaction signature verification failure")]
    SignatureVerification,
    /// The accounts of the view were gone before all were read.
    #[error("Node is busy: {0}")]
    ViewRevoked(#[from] ViewRevoked),
    /// The node cannot serve the call now.
    #[error("{0}")]
    Unhealthy(String),
    /// The client has not opted in to this transaction version.
    #[error(
        "Transaction version ({0}) is not supported by the requesting client. Please try the request again with the \
         following configuration parameter: \"maxSupportedTransactionVersion\": {0}"
    )]
    UnsupportedVersion(u8),
    /// The view has not reached the slot that the client requires.
    #[error("Minimum context slot has not been reached")]
    MinContextSlot { context_slot: u64 },
    /// The slot is before the first block that this node serves.
    #[error("Block {slot} cleaned up, does not exist on node. First available block: {first}")]
    BlockCleanedUp { slot: u64, first: u64 },
    /// The slot has no block yet.
    #[error("Block not available for slot {0}")]
    BlockNotAvailable(u64),
    /// The slot was skipped.
    #[error("Slot {0} was skipped, or missing due to ledger jump to recent snapshot")]
    SlotSkipped(u64),
    /// The node has no snapshots.
    #[error("No snapshot")]
    NoSnapshot,
    /// The requested accounts are not in the index.
    #[error("{0} excluded from account secondary indexes; this RPC method unavailable for key")]
    KeyExcluded(Pubkey),
    /// The transaction that pages begin or end at is unknown.
    #[error("Transaction {0} not found")]
    TransactionNotFound(Signature),
    /// A scan exceeded one of its limits.
    #[error("{0}")]
    Scan(String),
    /// An internal error (a bug), or a failed read of the ledger.
    #[error("{0}")]
    Internal(String),
}

impl RpcFailure {
    /// A parameter that is missing or wrong.
    pub(crate) fn parameter(name: &str, reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        let reason = match reason.char_indices().nth(REASON_CHARS_MAX) {
            Some((end, _)) => &reason[..end],
            None => &reason,
        };
        Self::InvalidParams(format!("Invalid params: `{name}`: {reason}"))
    }

    /// A transaction that failed in preflight, and the simulation that says so.
    pub(crate) fn preflight(text: String, simulation: &impl Serialize) -> Self {
        let data = to_json_raw_value(simulation).ok();
        Self::Preflight { text, data }
    }

    /// A request that exceeds a limit. It had no effect and may be repeated, except a batch whose answers found no room:
    /// some of its entries may have been executed.
    pub(crate) fn refused(refusal: Refusal, limits: &RpcLimits) -> Self {
        Self::Unhealthy(format!("Node is busy: {}", refusal.text(limits)))
    }

    /// A call without the handle of its connection, which the dispatcher gives to every call.
    pub(crate) fn no_connection() -> Self {
        Self::Internal("the call belongs to no connection (internal error)".to_owned())
    }

    /// A call that needs no signature, made by a page whose origin may not make it.
    pub(crate) fn foreign_origin(method: &str, origin: &ForeignOrigin) -> Self {
        Self::InvalidRequest(format!(
            "{method} is refused to pages of the origin {origin}, since it needs no signature; call it from a page on \
             localhost or from outside a browser, or start the node with --cors-origin ORIGIN"
        ))
    }

    const fn code(&self) -> i32 {
        match self {
            Self::InvalidParams(_) => -32602,
            Self::InvalidRequest(_) => -32600,
            Self::Preflight { .. } => -32002,
            Self::SignatureVerification => -32003,
            Self::BlockCleanedUp { .. } => -32001,
            Self::BlockNotAvailable(_) => -32004,
            Self::Unhealthy(_) | Self::ViewRevoked(_) => -32005,
            Self::SlotSkipped(_) => -32007,
            Self::NoSnapshot => -32008,
            Self::KeyExcluded(_) => -32010,
            Self::Scan(_) => -32012,
            Self::UnsupportedVersion(_) => -32015,
            Self::MinContextSlot { .. } => -32016,
            Self::TransactionNotFound(_) => -32020,
            Self::Internal(_) => -32603,
        }
    }

    /// The answer to a request whose id is unknown.
    pub(crate) fn to_answer(&self) -> Box<JsonRawValue> {
        MethodResponse::error(Id::Null, self.to_object()).into_json()
    }

    /// The error object of the protocol.
    pub(crate) fn to_object(&self) -> ErrorObjectOwned {
        let data = match self {
            Self::Preflight { data, .. } => data.clone(),
            Self::MinContextSlot { context_slot } => {
                to_json_raw_value(&json!({ "contextSlot": context_slot })).ok()
            }
            Self::Unhealthy(_) | Self::ViewRevoked(_) => {
                to_json_raw_value(&json!({ "numSlotsBehind": null })).ok()
            }
            _ => None,
        };
        ErrorObjectOwned::owned(self.code(), self.to_string(), data)
    }
}

impl From<RpcFailure> for ErrorObjectOwned {
    fn from(failure: RpcFailure) -> Self {
        failure.to_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_view_is_an_error_that_may_be_tried_again() {
        let object = RpcFailure::from(ViewRevoked).to_object();
        assert_eq!(
            (object.code(), object.message()),
            (
                -32005,
                "Node is busy: the read took longer than the node keeps old blocks for it; try again, or ask for less at a \
                 time"
            )
        );
        assert_eq!(
            object.data().map(JsonRawValue::get),
            Some(r#"{"numSlotsBehind":null}"#)
        );
    }

    #[test]
    fn the_reason_why_a_parameter_is_wrong_is_bounded() {
        let text = |count| RpcFailure::parameter("config", "\u{e9}".repeat(count)).to_string();
        let longest = format!("Invalid params: `config`: {}", "\u{e9}".repeat(REASON_CHARS_MAX));
        assert_eq!(text(REASON_CHARS_MAX), longest);
        assert_eq!(text(REASON_CHARS_MAX + 1), longest);
    }
}
