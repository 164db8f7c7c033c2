//! `isobath airdrop`

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::amount::{parse_sol, sol};
use super::context::Context;
use super::output::{Report, print};
use super::send;

/// How much for whom.
#[derive(Debug, Args)]
pub struct AirdropArgs {
    /// SOL.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Account that receives [default: that of the keypair in use].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
}

/// Runs `airdrop`: asks the faucet, waits for its transfer, shows the balance after it.
///
/// # Errors
/// The node has no faucet, or the amount is too much for it.
pub(crate) async fn run(args: &AirdropArgs, context: &Context) -> anyhow::Result<Report> {
    let lamports = parse_sol(&args.amount)?;
    if lamports == 0 {
        bail!("an airdrop of 0 SOL has no effect; ask for more");
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
