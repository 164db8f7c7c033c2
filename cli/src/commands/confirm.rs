//! `isobath confirm`: the status of a transaction, and the transaction itself; if it is in no block, what became of it.

use anyhow::{anyhow, bail};
use clap::Args;
use isobath_rpc_client::{
    Commitment, Encoding, Explanation, RpcClient, Search, SignatureStatus, TransactionState,
};
use isobath_sdk::{Signature, TransactionError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calendar::utc;
use crate::context::Context;
use crate::output::Report;
use crate::transaction::send::describe;
use crate::transaction::show::{ServedTransaction, indent};

/// Arguments of `confirm`.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// First signature of the transaction.
    #[arg(value_name = "SIGNATURE")]
    signature: String,
    /// Show the transaction too.
    #[arg(short, long)]
    verbose: bool,
}

/// The fields of an answer to `getTransaction` that are shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    slot: u64,
    block_time: Option<i64>,
    #[serde(flatten)]
    served: ServedTransaction,
}

/// Runs `confirm`.
///
/// # Errors
/// The text is not a signature, or a call of the node fails. A transaction that failed or is not found is a result, as
/// in the Solana CLI.
pub(crate) async fn run(args: &ConfirmArgs, context: &Context) -> anyhow::Result<Report> {
    let signature: Signature = args.signature.parse().map_err(|cause| {
        anyhow!(
            "`{}` is not a signature ({cause}); give 64 bytes in base58",
            args.signature
        )
    })?;
    let rpc = context.rpc()?;
    let Some(status) = rpc.status(&signature, Search::WholeHistory).await? else {
        return Ok(report_missing(rpc.explain_transaction(&signature).await?));
    };
    let mut text = describe_status(&status);
    if let Some(detail) = missing_program(&signature, &status, &rpc).await? {
        text = format!("Transaction failed: {detail}");
    }
    let mut json = json!({
        "confirmationStatus": status.confirmation_status,
        "slot": status.slot,
        "err": status.err,
    });
    if args.verbose {
        if context.is_display() {
            let details = details(&signature, &rpc).await?;
            text = format!("{details}\n\n{text}");
        } else {
            json["transaction"] = json!(get_transaction(&signature, Encoding::JsonParsed, &rpc).await?);
        }
    }
    Ok(Report { text, json })
}

/// The report about a transaction that is in no block. Of one that the node does not know, it is that of the Solana CLI.
fn report_missing(explanation: Option<Explanation>) -> Report {
    let Some(Explanation {
        state,
        slot,
        err,
        text,
    }) = explanation
    else {
        return Report {
            text: "Not found".to_owned(),
            json: json!({"confirmationStatus": null}),
        };
    };
    let shown = match (state, slot) {
        (TransactionState::Unknown, _) => "Not found".to_owned(),
        (TransactionState::Pending, _) => "Pending".to_owned(),
        (TransactionState::Dropped, Some(slot)) => format!("Dropped in slot {slot}: {text}"),
        _ => text.clone(),
    };
    Report {
        text: shown,
        json: json!({"confirmationStatus": null, "state": state.name(), "slot": slot, "err": err, "text": text}),
    }
}

/// Which program a transaction calls that does not exist: its error does not say.
async fn missing_program(
    signature: &Signature,
    status: &SignatureStatus,
    rpc: &RpcClient,
) -> anyhow::Result<Option<String>> {
    let error = json!(TransactionError::ProgramAccountNotFound);
    if status.err.as_ref() != Some(&error) {
        return Ok(None);
    }
    let explanation = rpc.explain_transaction(signature).await?;
    Ok(explanation
        .filter(|explanation| explanation.err.as_ref() == Some(&error))
        .map(|explanation| explanation.text))
}

fn describe_status(status: &SignatureStatus) -> String {
    match &status.err {
        Some(error) => format!("Transaction failed: {}", describe(error, &[])),
        None => {
            let name = status.confirmation_status.unwrap_or(Commitment::Processed).name();
            let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        }
    }
}

async fn details(signature: &Signature, rpc: &RpcClient) -> anyhow::Result<String> {
    let answer = get_transaction(signature, Encoding::Base64, rpc).await?;
    let Some(Ok(found)) = answer.map(Found::deserialize) else {
        bail!(
            "the node has the status of {signature} but not the transaction; ask a node that serves more history"
        );
    };
    let time = found.block_time.map_or_else(|| "unknown".to_owned(), utc);
    Ok(format!(
        "Transaction executed in slot {}:\n  Block Time: {time}\n{}",
        found.slot,
        indent(&found.served.lines()?)
    ))
}

async fn get_transaction(
    signature: &Signature,
    encoding: Encoding,
    rpc: &RpcClient,
) -> anyhow::Result<Option<Value>> {
    Ok(rpc.transaction(signature, encoding).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_in_no_block_is_explained() {
        let report = |state, slot| {
            let explanation = Explanation {
                state,
                slot,
                err: None,
                text: "why".to_owned(),
            };
            report_missing(Some(explanation))
        };
        assert_eq!(report(TransactionState::Unknown, None).text, "Not found");
        assert_eq!(report(TransactionState::Pending, None).text, "Pending");
        let dropped = report(TransactionState::Dropped, Some(7));
        assert_eq!(dropped.text, "Dropped in slot 7: why");
        assert_eq!(
            dropped.json,
            json!({"confirmationStatus": null, "state": "dropped", "slot": 7, "err": null, "text": "why"})
        );
        assert_eq!(report(TransactionState::Other, None).text, "why");
        assert_eq!(report_missing(None).text, "Not found");
    }

    #[test]
    fn a_status_is_named_as_in_the_solana_cli() {
        let mut status = SignatureStatus {
            slot: 1,
            err: None,
            confirmation_status: Some(Commitment::Finalized),
        };
        assert_eq!(describe_status(&status), "Finalized");
        status.err = Some(json!({"InstructionError": [0, {"Custom": 1}]}));
        let failed = "Transaction failed: Error processing Instruction 0: custom program error: 0x1";
        assert_eq!(describe_status(&status), failed);
    }
}
