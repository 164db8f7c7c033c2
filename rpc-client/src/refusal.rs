//! The error that a node answers instead of a result.

use std::fmt;

use jsonrpsee::types::ErrorObject;
use serde_json::Value;

/// JSON-RPC error codes that callers act on; Solana's numbers.
pub mod code {
    /// The block is no longer served.
    pub const BLOCK_CLEANED_UP: i32 = -32_001;
    /// The transaction failed in preflight.
    pub const PREFLIGHT_FAILURE: i32 = -32_002;
    /// The slot has no block yet.
    pub const BLOCK_NOT_AVAILABLE: i32 = -32_004;
    /// The node is busy or behind.
    pub const NODE_UNHEALTHY: i32 = -32_005;
    /// The method is unknown.
    pub const METHOD_NOT_FOUND: i32 = -32_601;
}

/// The error that a node answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its JSON-RPC code, see [`code`].
    pub code: i32,
    /// The node's text.
    pub message: String,
    /// More of it, in a form that depends on the code.
    pub data: Option<Value>,
}

impl Refusal {
    /// Whether the node is busy or behind, so that the same call may work a little later.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.code == code::NODE_UNHEALTHY
    }

    /// The answer of `simulateTransaction` for a transaction that failed in preflight.
    #[must_use]
    pub const fn preflight(&self) -> Option<&Value> {
        match self.code {
            code::PREFLIGHT_FAILURE => self.data.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl From<&ErrorObject<'_>> for Refusal {
    fn from(object: &ErrorObject<'_>) -> Self {
        let data = object.data();
        Self {
            code: object.code(),
            message: object.message().to_owned(),
            data: data.and_then(|data| serde_json::from_str(data.get()).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_preflight_failures_carry_a_simulation() {
        let data = json!({"err": "AccountNotFound", "logs": []});
        let mut refusal = Refusal {
            code: code::PREFLIGHT_FAILURE,
            message: "Transaction simulation failed".to_owned(),
            data: Some(data.clone()),
        };
        assert_eq!(refusal.preflight(), Some(&data));
        refusal.code = -32_602;
        assert_eq!(refusal.preflight(), None);
        assert!(!refusal.is_busy());
        refusal.code = code::NODE_UNHEALTHY;
        assert!(refusal.is_busy());
    }

    #[test]
    fn objects_keep_code_message_and_data() {
        let object = ErrorObject::owned(-32_016, "Minimum context slot", Some(json!({"contextSlot": 7})));
        let refusal = Refusal::from(&object);
        assert_eq!(refusal.data, Some(json!({"contextSlot": 7})));
        assert_eq!(refusal.to_string(), "Minimum context slot (code -32016)");
        let bare = ErrorObject::owned::<()>(-32_601, "Method not found", None);
        assert_eq!(Refusal::from(&bare).data, None);
    }
}
