//! `isobath balance`

use clap::Args;
use serde_json::json;

use crate::amount::Unit;
use crate::context::Context;
use crate::output::Report;

/// Whose balance, and how.
#[derive(Debug, Args)]
pub struct BalanceArgs {
    /// Account [default: that of the keypair in use].
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// Runs `balance`.
///
/// # Errors
/// The address is none, or the node cannot be asked.
pub(crate) async fn run(args: &BalanceArgs, context: &Context) -> anyhow::Result<Report> {
    let address = context.address_or_own(args.address.as_deref())?;
    let lamports = context.rpc()?.balance(&address).await?;
    Ok(Report {
        text: Unit::from_flag(args.lamports).show(lamports),
        json: json!({"lamports": lamports}),
    })
}
