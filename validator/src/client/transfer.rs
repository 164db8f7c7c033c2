//! `isobath transfer`
//!
//! What is certain to fail is refused before anything is signed: a recipient that does not exist (unless it is meant
//! to be created), and funds that do not suffice.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use isobath_sdk::{Keypair, Pubkey, system};

use super::amount::{Amount, parse_amount, sol};
use super::context::Context;
use super::output::Report;
use super::rpc::Rpc;
use super::send::{self, Draft, SendArgs};
use super::wallet::{parse_address, read_keypair};

/// What to send where.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    /// Address that receives.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
    /// SOL, or ALL for all that is left after the fee.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Keypair file of the sender [default: the keypair in use].
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Keypair file that pays the fee [default: the keypair in use].
    #[arg(long, value_name = "FILE")]
    fee_payer: Option<PathBuf>,
    /// Send even if the recipient has no lamports yet, which is often a sign of a wrong address.
    #[arg(long)]
    allow_unfunded_recipient: bool,
    #[command(flatten)]
    send: SendArgs,
}

/// Who takes part.
struct Parties {
    from: Keypair,
    payer: Keypair,
    recipient: Pubkey,
}

/// Runs `transfer`.
///
/// # Errors
/// What is wrong with the arguments or the funds, or why the node did not take the transaction.
pub(crate) async fn run(args: &TransferArgs, context: &Context) -> anyhow::Result<Report> {
    let amount = parse_amount(&args.amount)?;
    let key = |path: &Option<PathBuf>| path.as_deref().map_or_else(|| context.keypair(), read_keypair);
    let parties = Parties {
        recipient: parse_address(&args.recipient)?,
        from: key(&args.from)?,
        payer: key(&args.fee_payer)?,
    };
    let rpc = context.rpc()?;
    if !args.allow_unfunded_recipient && rpc.balance(&parties.recipient).await? == 0 {
        bail!(
            "the recipient {} is not funded; check the address, and add --allow-unfunded-recipient if it is right",
            parties.recipient
        );
    }
    let lamports = match amount {
        Amount::Lamports(lamports) => lamports,
        Amount::All => all_of(&parties, args.send, &rpc).await?,
    };
    let draft = draft(&parties, lamports, args.send, &rpc).await?;
    check_funds(&parties, &draft, lamports, &rpc).await?;
    let signature = draft
        .send(&rpc, &[&parties.payer, &parties.from], args.send)
        .await?;
    Ok(send::report(&signature))
}

async fn draft(parties: &Parties, lamports: u64, args: SendArgs, rpc: &Rpc) -> anyhow::Result<Draft> {
    let instruction = system::transfer(&parties.from.pubkey(), &parties.recipient, lamports);
    Draft::new(rpc, &parties.payer.pubkey(), &args.with_price([instruction])).await
}

/// What the sender has, less the fee if the sender pays it.
async fn all_of(parties: &Parties, args: SendArgs, rpc: &Rpc) -> anyhow::Result<u64> {
    let from = parties.from.pubkey();
    let balance = rpc.balance(&from).await?;
    if parties.payer.pubkey() != from {
        return Ok(balance);
    }
    // The fee does not depend on the amount.
    let fee = draft(parties, 0, args, rpc).await?.fee;
    let Some(left) = balance.checked_sub(fee) else {
        bail!(
            "{from} has {} SOL, which does not pay the fee of {} SOL",
            sol(balance),
            sol(fee)
        );
    };
    Ok(left)
}

async fn check_funds(parties: &Parties, draft: &Draft, lamports: u64, rpc: &Rpc) -> anyhow::Result<()> {
    let (from, payer) = (parties.from.pubkey(), parties.payer.pubkey());
    let balance = rpc.balance(&payer).await?;
    if from == payer {
        return draft.check_funds(&payer, balance, lamports);
    }
    draft.check_funds(&payer, balance, 0)?;
    let balance = rpc.balance(&from).await?;
    if balance < lamports {
        bail!(
            "{from} has {} SOL and is to send {} SOL; send less, or ALL",
            sol(balance),
            sol(lamports)
        );
    }
    Ok(())
}
