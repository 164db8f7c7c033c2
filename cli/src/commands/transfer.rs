//! `isobath transfer`: sends SOL.
//!
//! A transfer that is certain to fail is rejected before anything is signed: to a recipient that does not exist (unless
//! the transfer is meant to create it), or of more than the funds. With `--sign-only` no node is called, so nothing is
//! checked.

use anyhow::bail;
use clap::Args;
use isobath_rpc_client::RpcClient;
use isobath_sdk::{Instruction, Message, Pubkey, builtins::system, ids};

use crate::amount::{Amount, parse_amount, sol};
use crate::context::Context;
use crate::output::Report;
use crate::transaction::offline::{Lifetime, OfflineArgs, Signer};
use crate::transaction::send::{self, Draft, SendArgs};
use crate::wallet::parse_address;

/// Arguments of `transfer`.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// Recipient.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
    /// Amount in SOL, or ALL for the balance less the fee.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Sender: a keypair file, or an address whose signature --signer gives [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR")]
    from: Option<String>,
    /// Fee payer: a keypair file, or an address whose signature --signer gives [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR")]
    fee_payer: Option<String>,
    /// Send even if the recipient has no lamports, which often indicates a wrong address.
    #[arg(long)]
    allow_unfunded_recipient: bool,
    /// Text that the transaction carries, if the node has the Memo program.
    #[arg(long, value_name = "TEXT")]
    with_memo: Option<String>,
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Sender, fee payer and recipient of a transfer, and the lifetime of its transaction.
struct Parties {
    from: Signer,
    payer: Signer,
    recipient: Pubkey,
    lifetime: Lifetime,
    memo: Option<Instruction>,
}

impl Parties {
    fn message(&self, lamports: u64, args: SendArgs) -> anyhow::Result<Message> {
        let instruction = system::transfer(&self.from.pubkey(), &self.recipient, lamports);
        let instructions = [instruction].into_iter().chain(self.memo.clone()).collect();
        let instructions = self.lifetime.complete(instructions, args);
        send::compile(&self.payer.pubkey(), &instructions, self.lifetime.blockhash)
    }

    /// All signers.
    fn signers(&self) -> Vec<&Signer> {
        let both = [&self.payer, &self.from];
        both.into_iter().chain(self.lifetime.signer()).collect()
    }
}

/// Runs `transfer`.
///
/// # Errors
/// An argument is invalid, the funds do not suffice, or the node rejects the transaction.
pub(crate) async fn run(args: &TransferArgs, context: &Context) -> anyhow::Result<Report> {
    let amount = parse_amount(&args.amount)?;
    let recipient = parse_address(&args.recipient)?;
    let rpc = match args.offline.sign_only {
        true => None,
        false => Some(context.rpc()?),
    };
    let parties = Parties {
        recipient,
        from: Signer::read(args.from.as_deref(), context)?,
        payer: Signer::read(args.fee_payer.as_deref(), context)?,
        lifetime: args.offline.lifetime(rpc.as_ref(), context).await?,
        memo: args.with_memo.as_deref().map(memo),
    };
    if let (Some(rpc), Some(_)) = (&rpc, &parties.memo) {
        require_memo_program(rpc).await?;
    }
    match &rpc {
        Some(rpc) => send(args, amount, &parties, rpc).await,
        None => sign_only(args, amount, &parties),
    }
}

/// An instruction that only carries a text.
fn memo(text: &str) -> Instruction {
    Instruction {
        program_id: ids::MEMO_PROGRAM,
        accounts: Vec::new(),
        data: text.as_bytes().to_vec(),
    }
}

async fn require_memo_program(rpc: &RpcClient) -> anyhow::Result<()> {
    match rpc.account(&ids::MEMO_PROGRAM).await? {
        Some(account) if account.executable => Ok(()),
        _ => bail!("this node does not have the Memo program; leave out --with-memo"),
    }
}

fn sign_only(args: &TransferArgs, amount: Amount, parties: &Parties) -> anyhow::Result<Report> {
    let Amount::Lamports(lamports) = amount else {
        bail!("--sign-only contacts no node, so ALL is unknown; give an amount");
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
            "recipient {} is not funded; check the address, and add --allow-unfunded-recipient if it is correct",
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
    let signature = send::deliver(
        rpc,
        &signed.transaction()?,
        parties.lifetime.last_height,
        args.send,
    )
    .await?;
    Ok(send::report(&signature))
}

async fn draft(parties: &Parties, lamports: u64, args: SendArgs, rpc: &RpcClient) -> anyhow::Result<Draft> {
    let message = parties.message(lamports, args)?;
    Draft::of(rpc, message, parties.lifetime.last_height).await
}

/// The balance of the sender, less the fee if the sender pays it.
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
            "{from} has {} SOL, which does not pay the fee of {} SOL; `isobath airdrop` gives more on a development \
             node",
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
            "{from} has {} SOL, less than the {} SOL to send; send less, or ALL",
            sol(balance),
            sol(lamports)
        );
    }
    Ok(())
}
