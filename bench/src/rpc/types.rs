//! The shapes of the answers, reduced to what a load reads of them.

use isobath_sdk::Hash;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::NODE_UNHEALTHY;

/// A blockhash and how long it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// The blockhash to sign with.
    pub(crate) blockhash: Hash,
    /// The last height at which a transaction with it can be in a block.
    pub(crate) last_valid_height: u64,
}

/// The status of a transaction that is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Slot of its block.
    pub(crate) slot: u64,
    /// `null` when it succeeded.
    pub(crate) err: Option<Value>,
    /// How settled the block is.
    pub(crate) confirmation_status: Option<String>,
}

impl Status {
    /// Whether the block is at least confirmed. A node that does not say has no weaker level.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmation_status.as_deref() != Some("processed")
    }

    /// A stable name for the error: that of the variant, with the inner one for an instruction error.
    pub(crate) fn error_name(&self) -> Option<String> {
        self.err.as_ref().map(name_error)
    }
}

/// Names an error of the interface: `"BlockhashNotFound"`, `"InstructionError: Custom 1"`.
fn name_error(error: &Value) -> String {
    match error {
        Value::String(name) => name.clone(),
        Value::Object(fields) => match fields.iter().next() {
            Some((name, Value::Array(parts))) => parts
                .last()
                .map_or_else(|| name.clone(), |inner| format!("{name}: {}", name_error(inner))),
            Some((name, Value::Number(number))) => format!("{name} {number}"),
            Some((name, _)) => name.clone(),
            None => "unnamed".to_owned(),
        },
        other => other.to_string(),
    }
}

/// Why the node did not take a transaction in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SendRefusal {
    code: i32,
    message: String,
}

/// What a refusal asks of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// The node is full: send the same bytes again, later.
    SendAgain,
    /// The blockhash is not usable (any more): sign again with a fresh one.
    SignAgain,
    /// It has been processed already: follow its status.
    Follow,
    /// It will never be taken in.
    GiveUp,
}

impl SendRefusal {
    /// A refusal with the code and message that the node sent.
    pub(crate) fn new(code: i32, message: &str) -> Self {
        Self {
            code,
            message: message.to_owned(),
        }
    }

    /// What to do about it.
    pub(crate) fn reaction(&self) -> Reaction {
        let text = self.message.to_lowercase();
        if self.code == NODE_UNHEALTHY || text.contains("busy") {
            Reaction::SendAgain
        } else if text.contains("blockhash not found") {
            Reaction::SignAgain
        } else if text.contains("already been processed") {
            Reaction::Follow
        } else {
            Reaction::GiveUp
        }
    }

    /// A stable name of the cause for the report.
    pub(crate) fn cause(&self) -> String {
        format!("refused: {} (code {})", self.message, self.code)
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendOptions {
    pub(super) encoding: &'static str,
    pub(super) skip_preflight: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct BlockhashAnswer {
    pub(super) value: BlockhashValue,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockhashValue {
    pub(super) blockhash: String,
    pub(super) last_valid_block_height: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct AccountsAnswer {
    pub(super) value: Vec<Option<AccountValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AccountValue {
    pub(super) lamports: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusesAnswer {
    pub(super) value: Vec<Option<Status>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TransactionAnswer {
    pub(super) meta: Option<TransactionMeta>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionMeta {
    pub(super) compute_units_consumed: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statuses_decode_as_solana_writes_them() {
        let text = r#"{"context":{"slot":9},"value":[null,
            {"slot":5,"confirmations":null,"err":null,"status":{"Ok":null},"confirmationStatus":"finalized"},
            {"slot":6,"confirmations":0,"err":"AccountInUse","status":{"Err":"AccountInUse"},"confirmationStatus":"processed"}]}"#;
        let answer: StatusesAnswer = serde_json::from_str(text).unwrap();
        let [None, Some(done), Some(early)] = answer.value.as_slice() else {
            panic!("{answer:?}")
        };
        assert!(done.is_confirmed() && done.error_name().is_none() && done.slot == 5);
        assert!(!early.is_confirmed());
        assert_eq!(early.error_name().as_deref(), Some("AccountInUse"));
    }

    #[test]
    fn errors_get_short_stable_names() {
        for (error, name) in [
            (json!("BlockhashNotFound"), "BlockhashNotFound"),
            (
                json!({"InstructionError": [0, {"Custom": 1}]}),
                "InstructionError: Custom 1",
            ),
            (
                json!({"InstructionError": [2, "InvalidArgument"]}),
                "InstructionError: InvalidArgument",
            ),
            (
                json!({"InsufficientFundsForRent": {"account_index": 0}}),
                "InsufficientFundsForRent",
            ),
            (json!({"DuplicateInstruction": 3}), "DuplicateInstruction 3"),
        ] {
            assert_eq!(name_error(&error), name);
        }
    }

    #[test]
    fn each_refusal_has_one_reaction() {
        for (code, message, reaction) in [
            (NODE_UNHEALTHY, "Node is behind", Reaction::SendAgain),
            (
                -32603,
                "the node is busy: the verification queue is full",
                Reaction::SendAgain,
            ),
            (
                -32002,
                "Transaction simulation failed: Blockhash not found",
                Reaction::SignAgain,
            ),
            (
                -32002,
                "This transaction has already been processed",
                Reaction::Follow,
            ),
            (
                -32003,
                "Transaction signature verification failure",
                Reaction::GiveUp,
            ),
        ] {
            assert_eq!(SendRefusal::new(code, message).reaction(), reaction, "{message}");
        }
    }
}
