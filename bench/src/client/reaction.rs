//! Reactions of the load generator to errors that the node reports, and their names in the report.

use isobath_rpc_client::{Refusal, SignatureStatus};
use serde_json::Value;

/// How the sender reacts to a rejected transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The node is full: send the same bytes again, later.
    SendAgain,
    /// The blockhash is unknown or expired: sign again with a fresh one.
    SignAgain,
    /// The transaction was already processed: track its status.
    Follow,
    /// The node will never accept it.
    GiveUp,
}

impl Reaction {
    /// The reaction to an error of `sendTransaction`.
    pub(super) fn to(refusal: &Refusal) -> Self {
        let text = refusal.message.to_lowercase();
        if refusal.is_busy() || text.contains("busy") {
            Self::SendAgain
        } else if text.contains("blockhash not found") {
            Self::SignAgain
        } else if text.contains("already been processed") {
            Self::Follow
        } else {
            Self::GiveUp
        }
    }
}

/// A stable name for the error of a transaction in a block: the name of its variant, with the inner one for an
/// instruction error.
pub(super) fn error_name(status: &SignatureStatus) -> Option<String> {
    status.err.as_ref().map(name_error)
}

/// Names an error in its JSON form: `"BlockhashNotFound"`, `"InstructionError: Custom 1"`.
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

#[cfg(test)]
mod tests {
    use isobath_rpc_client::code::NODE_UNHEALTHY;
    use serde_json::json;

    use super::*;

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
    fn each_error_has_one_reaction() {
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
            let refusal = Refusal {
                code,
                message: message.to_owned(),
                data: None,
            };
            assert_eq!(Reaction::to(&refusal), reaction, "{message}");
        }
    }
}
