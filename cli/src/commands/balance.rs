//! `isobath balance`: the balance of an account.

use clap::Args;
use serde_json::json;

use crate::amount::Unit;
use crate::context::Context;
use crate::output::Report;

/// Arguments of `balance`.
#[derive(Debug, Args)]
pub struct BalanceArgs {
    /// Account [default: the address of the keypair in use].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// Runs `balance`.
///
/// # Errors
/// The text is not an address, or the call of the node fails.
pub(crate) async fn run(args: &BalanceArgs, context: &Context) -> anyhow::Result<Report> {
    let address = context.address_or_own(args.address.as_deref())?;
    let lamports = context.rpc()?.balance(&address).await?;
    Ok(Report {
        text: Unit::from_flag(args.lamports).show(lamports),
        json: json!({"lamports": lamports}),
    })
}
