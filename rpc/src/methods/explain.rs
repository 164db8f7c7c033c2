//! isobath_explainTransaction: what became of a transaction, and why.
//!
//! The answer is an object with a `state`, and members that depend on it. States and members may be added; those that
//! exist keep their meaning.

use isobath_node::{AcceptedTx, DropReason, DroppedTx};
use isobath_runtime::missing_program;
use isobath_sdk::{Signature, TransactionError, TransactionView};
use serde::Serialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::contention::{Delay, explain_delay};
use crate::methods::history::{FoundTransaction, find};
use crate::params::arguments::Arguments;
use crate::render::programs::describe_missing;

/// What became of a transaction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub(crate) enum Explanation {
    /// The node has never accepted it, or has forgotten it.
    Unknown { text: String },
    /// It waits for its block.
    Pending { text: String },
    /// It was accepted and then dropped.
    Dropped {
        slot: u64,
        reason: &'static str,
        err: Option<TransactionError>,
        text: String,
    },
    /// It is in a block.
    Confirmed {
        slot: u64,
        index: u32,
        err: Option<TransactionError>,
        text: String,
        /// What it waited for; `None` if the node does not know.
        delay: Option<Delay>,
    },
}

/// isobath_explainTransaction(signature)
pub(crate) fn explain_transaction(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Explanation, RpcFailure> {
    let signature = arguments.signature(0, "signature")?;
    // In this order: what is published in between is found in a block.
    let accepted = context.node.accepted(&signature);
    if let Some(found) = find_published(context, &signature)? {
        return Ok(explain_confirmed(context, &found));
    }
    Ok(match accepted {
        Some(AcceptedTx::Dropped(dropped)) => explain_dropped(dropped),
        Some(_) => Explanation::Pending {
            text: "accepted; it waits for its block".to_owned(),
        },
        None => Explanation::Unknown {
            text: "this node has not accepted it, or dropped it more than ten minutes or a restart ago; a rejection was \
                   the answer to sendTransaction"
                .to_owned(),
        },
    })
}

fn find_published(context: &Context, signature: &Signature) -> Result<Option<FoundTransaction>, RpcFailure> {
    let slot = context.node.published().chain().slot();
    Ok(find(context, signature)?.filter(|found| found.slot <= slot))
}

fn explain_confirmed(context: &Context, found: &FoundTransaction) -> Explanation {
    let err = found.execution().outcome.error;
    let text = match err {
        None => "succeeded".to_owned(),
        Some(TransactionError::ProgramAccountNotFound) => {
            let view = TransactionView::parse(&found.wire).ok();
            let missing = view.and_then(|view| missing_program(view, found.execution().pre_balances));
            let detail = missing.map_or_else(String::new, |program| {
                format!(": {}", describe_missing(&program, context.node.genesis()))
            });
            format!("{}{detail}", TransactionError::ProgramAccountNotFound)
        }
        Some(error) => error.to_string(),
    };
    Explanation::Confirmed {
        slot: found.slot,
        index: found.index,
        err,
        text,
        delay: explain_delay(context, found),
    }
}

fn explain_dropped(DroppedTx { reason, slot }: DroppedTx) -> Explanation {
    let (reason, err, text) = match reason {
        DropReason::Evicted => (
            "evicted",
            None,
            "the pool was full of transactions with a higher priority; send it again with a higher compute unit price"
                .to_owned(),
        ),
        DropReason::Replaced => (
            "replaced",
            None,
            "another transaction of the same nonce account replaced it, with a higher priority or a newer nonce; sign \
             it again with the nonce that the account then holds"
                .to_owned(),
        ),
        DropReason::Expired => (
            "expired",
            None,
            "no block took it before its blockhash expired; sign it again with a new blockhash".to_owned(),
        ),
        DropReason::NoEffect(error) => (
            "noEffect",
            Some(error),
            format!("when its turn came, it could have no effect: {error}"),
        ),
        _ => ("other", None, "dropped".to_owned()),
    };
    Explanation::Dropped {
        slot,
        reason,
        err,
        text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dropped_transaction_says_when_and_why() {
        let explained = |reason| {
            let explanation = explain_dropped(DroppedTx { reason, slot: 7 });
            serde_json::to_value(explanation).expect("an explanation serializes")
        };
        let expired = explained(DropReason::Expired);
        assert_eq!(
            (
                &expired["state"],
                &expired["reason"],
                &expired["slot"],
                &expired["err"]
            ),
            (&json!("dropped"), &json!("expired"), &json!(7), &json!(null))
        );
        assert_eq!(explained(DropReason::Evicted)["reason"], "evicted");
        assert_eq!(explained(DropReason::Replaced)["reason"], "replaced");
        assert_eq!(
            explained(DropReason::NoEffect(TransactionError::AlreadyProcessed)),
            json!({
                "state": "dropped", "slot": 7, "reason": "noEffect", "err": "AlreadyProcessed",
                "text": "when its turn came, it could have no effect: This transaction has already been processed",
            })
        );
    }
}
