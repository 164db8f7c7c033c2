//! `isobath confirm`

use anyhow::bail;
use clap::Args;
use isobath_sdk::Signature;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calendar::utc;
use super::context::Context;
use super::output::Report;
use super::rpc::{Rpc, Status};
use super::send::describe;
use super::show::{ServedTransaction, indent};

/// Which transaction.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// First signature of the transaction.
    #[arg(value_name = "SIGNATURE")]
    signature: String,
    /// Show the transaction too.
    #[arg(short, long)]
    verbose: bool,
}

/// What `getTransaction` answers, as far as it is shown.
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
/// The signature is none, or the node cannot be asked. A transaction that failed or is not found is a result, as it is
/// for the Solana client.
pub(crate) async fn run(args: &ConfirmArgs, context: &Context) -> anyhow::Result<Report> {
    if let Err(cause) = args.signature.parse::<Signature>() {
        bail!(
            "`{}` is not a signature ({cause}); give 64 bytes in base58",
            args.signature
        );
    }
    let rpc = context.rpc()?;
    let Some(status) = rpc.status(&args.signature, true).await? else {
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
            let details = details(&args.signature, &rpc).await?;
            text = format!("{details}\n\n{text}");
        } else {
            json["transaction"] = get_transaction(&args.signature, "jsonParsed", &rpc).await?;
        }
    }
    Ok(Report { text, json })
}

fn describe_status(status: &Status) -> String {
    match &status.err {
        Some(error) => format!("Transaction failed: {}", describe(error, &[])),
        None => {
            let name = status.confirmation_status.as_deref().unwrap_or("processed");
            let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        }
    }
}

async fn details(signature: &str, rpc: &Rpc) -> anyhow::Result<String> {
    let answer = get_transaction(signature, "base64", rpc).await?;
    let Ok(found) = Found::deserialize(&answer) else {
        bail!("the node has the status of {signature} but not the transaction; ask a node with more history");
    };
    let time = found.block_time.map_or_else(|| "unknown".to_owned(), utc);
    Ok(format!(
        "Transaction executed in slot {}:\n  Block Time: {time}\n{}",
        found.slot,
        indent(&found.served.lines()?)
    ))
}

async fn get_transaction(signature: &str, encoding: &str, rpc: &Rpc) -> anyhow::Result<Value> {
    let config = rpc.config_with(json!({"encoding": encoding, "maxSupportedTransactionVersion": 0}));
    Ok(rpc.call("getTransaction", vec![json!(signature), config]).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_as_the_solana_client_names_it() {
        let mut status = Status {
            slot: 1,
            err: None,
            confirmation_status: Some("finalized".to_owned()),
        };
        assert_eq!(describe_status(&status), "Finalized");
        status.err = Some(json!({"InstructionError": [0, {"Custom": 1}]}));
        let failed = "Transaction failed: Error processing Instruction 0: custom program error: 0x1";
        assert_eq!(describe_status(&status), failed);
    }
}
