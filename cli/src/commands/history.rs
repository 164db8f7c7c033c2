//! `isobath transaction-history`: transactions that name an address, newest first.

use anyhow::{Context as _, bail};
use clap::Args;
use isobath_rpc_client::Encoding;
use isobath_sdk::Signature;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calendar::utc;
use crate::context::Context;
use crate::output::Report;
use crate::transaction::send::describe;
use crate::transaction::show::{ServedTransaction, indent};
use crate::wallet::parse_address;

/// The most signatures that a node lists at once.
const LIMIT_MAX: u64 = 1_000;

/// Arguments of `transaction-history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Maximum number of transactions.
    #[arg(long, value_name = "LIMIT", default_value_t = LIMIT_MAX, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    limit: u64,
    /// Begin with the transaction before this one.
    #[arg(long, value_name = "SIGNATURE")]
    before: Option<String>,
    /// End before this transaction.
    #[arg(long, value_name = "SIGNATURE")]
    until: Option<String>,
    /// Show slot, time and status of each.
    #[arg(short, long)]
    verbose: bool,
    /// Show the transactions themselves.
    #[arg(long)]
    show_transactions: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    signature: Signature,
    slot: u64,
    block_time: Option<i64>,
    err: Option<Value>,
}

impl Entry {
    fn describe(&self) -> String {
        let time = self.block_time.map_or_else(|| "unknown".to_owned(), utc);
        let status = self
            .err
            .as_ref()
            .map_or_else(|| "Ok".to_owned(), |error| describe(error, &[]));
        format!(
            "{} [slot={} timestamp={time} status={status}]",
            self.signature, self.slot
        )
    }
}

/// Runs `transaction-history`.
///
/// # Errors
/// A text is not an address or a signature, or a call of the node fails.
pub(crate) async fn run(args: &HistoryArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let rpc = context.rpc()?;
    let mut config = json!({"limit": args.limit, "commitment": rpc.commitment().name()});
    for (name, text) in [("before", &args.before), ("until", &args.until)] {
        if let Some(text) = text {
            let signature: Signature = text
                .parse()
                .with_context(|| format!("`{text}` is not a signature; give 64 bytes in base58"))?;
            config[name] = json!(signature);
        }
    }
    let mut json: Value = rpc.call("getSignaturesForAddress", (address, config)).await?;
    let entries = Vec::<Entry>::deserialize(&json)?;
    let mut lines = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        lines.push(match args.verbose || args.show_transactions {
            true => entry.describe(),
            false => entry.signature.to_string(),
        });
        if args.show_transactions {
            let encoding = if context.is_display() {
                Encoding::Base64
            } else {
                Encoding::JsonParsed
            };
            let Some(served): Option<Value> = rpc.transaction(&entry.signature, encoding).await? else {
                bail!(
                    "the node lists {} but does not serve it; ask a node with more history",
                    entry.signature
                );
            };
            if context.is_display() {
                lines.push(indent(&ServedTransaction::deserialize(&served)?.lines()?));
            } else {
                json[index]["transaction"] = served;
            }
        }
    }
    lines.push(format!("{} transactions found", entries.len()));
    Ok(Report {
        text: lines.join("\n"),
        json,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_shows_slot_time_and_status() {
        let entry: Entry = serde_json::from_value(json!({
            "signature": Signature::default(), "slot": 7, "blockTime": 0, "err": "AccountNotFound",
        }))
        .unwrap();
        let text = entry.describe();
        assert!(
            text.contains("[slot=7 timestamp=1970-01-01T00:00:00Z status="),
            "{text}"
        );
    }
}
