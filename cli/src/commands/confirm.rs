//! `isobath confirm`: the status of a transaction, and the transaction itself.

use anyhow::{anyhow, bail};
use clap::Args;
use isobath_rpc_client::{Commitment, Encoding, RpcClient, Search, SignatureStatus};
use isobath_sdk::Signature;
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
        return Ok(Report {
            text: "Not found".to_owned(),
            json: json!({"confirmationStatus": null}),
        });
    };
    let mut text = describe_status(&status);
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
