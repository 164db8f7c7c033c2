//! Lamports of a chain: `supply`, `total-supply`, `largest-accounts`, `fees` and `recent-prioritization-fees`.

use anyhow::bail;
use clap::Args;
use isobath_sdk::{Pubkey, builtins::system};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::amount::{Unit, sol};
use crate::context::Context;
use crate::output::Report;
use crate::transaction::send::compile;
use crate::wallet::parse_address;

/// Arguments of `supply`.
#[derive(Debug, Args)]
pub struct SupplyArgs {
    /// List the addresses that do not circulate.
    #[arg(long)]
    print_accounts: bool,
}

/// Arguments of `largest-accounts`.
#[derive(Debug, Args)]
pub struct LargestAccountsArgs {
    /// Only accounts that circulate.
    #[arg(long)]
    circulating: bool,
    /// Only accounts that do not circulate.
    #[arg(long, conflicts_with = "circulating")]
    non_circulating: bool,
}

/// Arguments of `recent-prioritization-fees`.
#[derive(Debug, Args)]
pub struct RecentFeesArgs {
    /// Accounts that a transaction would write.
    #[arg(value_name = "ADDRESS")]
    accounts: Vec<String>,
    /// Only the last slots.
    #[arg(long, value_name = "SLOTS")]
    limit_num_slots: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Supply {
    total: u64,
    circulating: u64,
    non_circulating: u64,
    non_circulating_accounts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct AccountBalance {
    address: String,
    lamports: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SlotFee {
    slot: u64,
    prioritization_fee: u64,
}

/// Runs `supply`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn supply(args: &SupplyArgs, context: &Context) -> anyhow::Result<Report> {
    let json = fetch(args.print_accounts, context).await?;
    let supply = Supply::deserialize(&json)?;
    let mut text = format!(
        "Total: {} SOL\nCirculating: {} SOL\nNon-Circulating: {} SOL",
        sol(supply.total),
        sol(supply.circulating),
        sol(supply.non_circulating)
    );
    if args.print_accounts {
        text.push_str("\n\nNon-Circulating Accounts:");
        for account in &supply.non_circulating_accounts {
            text.push_str("\n  ");
            text.push_str(account);
        }
    }
    Ok(Report { text, json })
}

/// Runs `total-supply`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn total(context: &Context) -> anyhow::Result<Report> {
    let supply = Supply::deserialize(&fetch(false, context).await?)?;
    Ok(Report {
        text: Unit::Sol.show(supply.total),
        json: json!({"lamports": supply.total}),
    })
}

async fn fetch(with_accounts: bool, context: &Context) -> anyhow::Result<Value> {
    let rpc = context.rpc()?;
    let config = json!({
        "commitment": rpc.commitment().name(),
        "excludeNonCirculatingAccountsList": !with_accounts,
    });
    let mut answer: Value = rpc.call("getSupply", (config,)).await?;
    Ok(answer["value"].take())
}

/// Runs `largest-accounts`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn largest(args: &LargestAccountsArgs, context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let mut config = json!({"commitment": rpc.commitment().name()});
    if args.circulating {
        config["filter"] = json!("circulating");
    } else if args.non_circulating {
        config["filter"] = json!("nonCirculating");
    }
    let mut answer: Value = rpc.call("getLargestAccounts", (config,)).await?;
    let json = answer["value"].take();
    let accounts = Vec::<AccountBalance>::deserialize(&json)?;
    let mut text = format!("{:<44}  Balance", "Address");
    for account in accounts {
        text.push_str(&format!(
            "\n{:<44}  {} SOL",
            account.address,
            sol(account.lamports)
        ));
    }
    Ok(Report {
        text,
        json: json!({"accounts": json}),
    })
}

/// Runs `fees`: the blockhash that a transaction would use, until when, and the fee of a signature.
///
/// # Errors
/// A call of the node fails.
pub(crate) async fn fees(context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let lifetime = rpc.latest_blockhash().await?;
    // The fee does not depend on the key that signs.
    let any = Pubkey([1; 32]);
    let message = compile(&any, &[system::transfer(&any, &any, 1)], lifetime.blockhash)?;
    let Some(fee) = rpc.fee(&message).await? else {
        bail!("the node does not know the blockhash that it has just served; ask another node with `--url`");
    };
    let last = lifetime.last_valid_block_height;
    Ok(Report {
        text: format!(
            "Blockhash: {}\nLamports per signature: {fee}\nLast valid block height: {last}",
            lifetime.blockhash
        ),
        json: json!({
            "blockhash": lifetime.blockhash,
            "lamportsPerSignature": fee,
            "lastValidBlockHeight": last,
        }),
    })
}

/// Runs `recent-prioritization-fees`.
///
/// # Errors
/// A text is not an address, or the call of the node fails.
pub(crate) async fn recent_fees(args: &RecentFeesArgs, context: &Context) -> anyhow::Result<Report> {
    let accounts: Vec<Pubkey> = args
        .accounts
        .iter()
        .map(|text| parse_address(text))
        .collect::<Result<_, _>>()?;
    let mut json: Value = context
        .rpc()?
        .call("getRecentPrioritizationFees", (accounts,))
        .await?;
    let mut fees = Vec::<SlotFee>::deserialize(&json)?;
    fees.sort_by_key(|fee| fee.slot);
    let skipped = args
        .limit_num_slots
        .map_or(0, |limit| fees.len().saturating_sub(limit));
    fees.drain(..skipped);
    if let Some(entries) = json.as_array_mut() {
        entries.sort_by_key(|entry| entry["slot"].as_u64());
        entries.drain(..skipped);
    }
    Ok(Report {
        text: fees_text(&fees),
        json,
    })
}

fn fees_text(fees: &[SlotFee]) -> String {
    let mut text = format!("{:<15} Micro-lamports per compute unit", "Slot");
    for fee in fees {
        text.push_str(&format!("\n{:<15} {}", fee.slot, fee.prioritization_fee));
    }
    let sum = fees.iter().fold(0_u128, |sum, fee| {
        sum.saturating_add(u128::from(fee.prioritization_fee))
    });
    if let Some(average) = sum.checked_div(fees.len() as u128) {
        text.push_str(&format!("\nAverage         {average}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_fees_have_an_average() {
        let fee = |slot, prioritization_fee| SlotFee {
            slot,
            prioritization_fee,
        };
        let text = fees_text(&[fee(7, 0), fee(8, 9)]);
        assert!(text.ends_with("\nAverage         4"), "{text}");
        assert!(!fees_text(&[]).contains("Average"));
    }
}
