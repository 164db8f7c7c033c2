//! `isobath airdrop`: SOL from the faucet of a development node.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::amount::{parse_sol, sol};
use crate::context::Context;
use crate::output::{Report, print};
use crate::transaction::send;

/// Arguments of `airdrop`.
#[derive(Debug, Args)]
pub struct AirdropArgs {
    /// Amount in SOL.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Recipient [default: the address of the keypair in use].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
}

/// Runs `airdrop`: requests the airdrop, waits for its transfer and shows the balance after it.
///
/// # Errors
/// The node has no faucet, or the amount exceeds its limit.
pub(crate) async fn run(args: &AirdropArgs, context: &Context) -> anyhow::Result<Report> {
    let lamports = parse_sol(&args.amount)?;
    if lamports == 0 {
        bail!("an airdrop of 0 SOL has no effect; request more");
    }
    let address = context.address_or_own(args.address.as_deref())?;
    let rpc = context.rpc()?;
    if context.is_display() {
        print(&format!("Requesting airdrop of {} SOL", sol(lamports)))?;
    }
    let signature = rpc.request_airdrop(&address, lamports).await?;
    send::wait(&rpc, &signature, None, &[]).await?;
    let balance = rpc.balance(&address).await?;
    Ok(Report {
        text: format!("\nSignature: {signature}\n\n{} SOL", sol(balance)),
        json: json!({"signature": signature, "lamports": balance}),
    })
}
