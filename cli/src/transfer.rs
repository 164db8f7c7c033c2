//! `isobath transfer`
//!
//! What is certain to fail is refused before anything is signed: a recipient that does not exist (unless it is meant
//! to be created), and funds that do not suffice. With `--sign-only` nobody is asked, so nothing is checked.

use anyhow::bail;
use clap::Args;
use isobath_rpc_client::RpcClient;
use isobath_sdk::{Message, Pubkey, builtins::system};

use super::amount::{Amount, parse_amount, sol};
use super::context::Context;
use super::offline::{Life, OfflineArgs, Party};
use super::output::Report;
use super::send::{self, Draft, SendArgs};
use super::wallet::parse_address;

/// What to send where.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// Address that receives.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
    /// SOL, or ALL for all that is left after the fee.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// The sender: a keypair file, or an address that signs elsewhere [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR")]
    from: Option<String>,
    /// Who pays the fee: a keypair file, or an address that signs elsewhere [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR")]
    fee_payer: Option<String>,
    /// Send even if the recipient has no lamports yet, which is often a sign of a wrong address.
    #[arg(long)]
    allow_unfunded_recipient: bool,
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Who takes part, and for how long the transaction is to live.
struct Parties {
    from: Party,
    payer: Party,
    recipient: Pubkey,
    life: Life,
}

impl Parties {
    fn message(&self, lamports: u64, args: SendArgs) -> anyhow::Result<Message> {
        let instruction = system::transfer(&self.from.pubkey(), &self.recipient, lamports);
        let instructions = self.life.complete(instruction, args);
        send::compile(&self.payer.pubkey(), &instructions, self.life.blockhash)
    }

    /// Everybody who may have to sign.
    fn signers(&self) -> Vec<&Party> {
        let both = [&self.payer, &self.from];
        both.into_iter().chain(self.life.signer()).collect()
    }
}

/// Runs `transfer`.
///
/// # Errors
/// What is wrong with the arguments or the funds, or why the node did not take the transaction.
pub(crate) async fn run(args: &TransferArgs, context: &Context) -> anyhow::Result<Report> {
    let amount = parse_amount(&args.amount)?;
    let recipient = parse_address(&args.recipient)?;
    let rpc = match args.offline.sign_only {
        true => None,
        false => Some(context.rpc()?),
    };
    let parties = Parties {
        recipient,
        from: Party::read(args.from.as_deref(), context)?,
        payer: Party::read(args.fee_payer.as_deref(), context)?,
        life: args.offline.life(rpc.as_ref(), context).await?,
    };
    match &rpc {
        Some(rpc) => send(args, amount, &parties, rpc).await,
        None => sign_only(args, amount, &parties),
    }
}

fn sign_only(args: &TransferArgs, amount: Amount, parties: &Parties) -> anyhow::Result<Report> {
    let Amount::Lamports(lamports) = amount else {
        bail!("what ALL would be only a node knows, and --sign-only asks none; give an amount");
    };
    let message = parties.message(lamports, args.send)?;
    let signed = args.offline.sign(message, &parties.signers())?;
    Ok(args.offline.report(&signed))
}

async fn send(
    args: &TransferArgs,
    amount: Amount,
    parties: &Parties,
    rpc: &RpcClient,
) -> anyhow::Result<Report> {
    if !args.allow_unfunded_recipient && rpc.balance(&parties.recipient).await? == 0 {
        bail!(
            "the recipient {} is not funded; check the address, and add --allow-unfunded-recipient if it is right",
            parties.recipient
        );
    }
    let lamports = match amount {
        Amount::Lamports(lamports) => lamports,
        Amount::All => all_of(parties, args.send, rpc).await?,
    };
    let draft = draft(parties, lamports, args.send, rpc).await?;
    check_funds(parties, &draft, lamports, rpc).await?;
    let signed = args.offline.sign(draft.into_message(), &parties.signers())?;
    let signature = send::deliver(rpc, &signed.transaction()?, parties.life.last_height, args.send).await?;
    Ok(send::report(&signature))
}

async fn draft(parties: &Parties, lamports: u64, args: SendArgs, rpc: &RpcClient) -> anyhow::Result<Draft> {
    let message = parties.message(lamports, args)?;
    Draft::of(rpc, message, parties.life.last_height).await
}

/// What the sender has, less the fee if the sender pays it.
async fn all_of(parties: &Parties, args: SendArgs, rpc: &RpcClient) -> anyhow::Result<u64> {
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

async fn check_funds(parties: &Parties, draft: &Draft, lamports: u64, rpc: &RpcClient) -> anyhow::Result<()> {
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
