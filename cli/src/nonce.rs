//! `isobath nonce`: durable nonces, which take the place of a recent blockhash in a transaction that must not expire.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use isobath_rpc_client::{RpcClient, UiAccount};
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceData, NonceState};
use isobath_sdk::{Instruction, Keypair, Pubkey, builtins::system, ids};
use serde_json::json;

use super::amount::{Amount, Unit, parse_amount, parse_sol, sol};
use super::context::Context;
use super::output::Report;
use super::send::{self, Draft, SendArgs};
use super::wallet::{parse_address, read_keypair};

/// What can be done with durable nonces.
#[derive(Debug, Subcommand)]
pub enum NonceCommand {
    /// Make a nonce account.
    #[command(visible_alias = "create-nonce-account")]
    CreateAccount(CreateArgs),
    /// Show a nonce account.
    Show(ShowArgs),
    /// Show the value of a nonce, which a transaction names as its recent blockhash.
    Get(GetArgs),
    /// Replace the value of a nonce, so that what names the old one can never run.
    #[command(visible_alias = "advance")]
    New(NewArgs),
    /// Move SOL out of a nonce account; ALL closes it.
    Withdraw(WithdrawArgs),
    /// Hand a nonce account over to another key.
    Authorize(AuthorizeArgs),
}

/// What `nonce create-account` can be told.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Keypair file of the new account.
    #[arg(value_name = "ACCOUNT_KEYPAIR")]
    account: PathBuf,
    /// SOL that it starts with, or ALL; at least the rent minimum.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Key that will control it [default: the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    nonce_authority: Option<String>,
    #[command(flatten)]
    send: SendArgs,
}

/// Which account `nonce show` shows.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// Which value `nonce get` shows.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
}

/// Which value `nonce new` replaces.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// What `nonce withdraw` moves.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Address that receives.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
    /// SOL, or ALL.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Whom `nonce authorize` trusts.
#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Key that will control it.
    #[arg(value_name = "NEW_AUTHORITY")]
    new_authority: String,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Who controls a nonce account.
#[derive(Debug, Args)]
struct AuthorityArgs {
    /// Keypair file that controls the nonce [default: the keypair in use].
    #[arg(long, value_name = "FILE")]
    nonce_authority: Option<PathBuf>,
}

impl AuthorityArgs {
    fn read(&self, context: &Context) -> anyhow::Result<Keypair> {
        self.nonce_authority
            .as_deref()
            .map_or_else(|| context.keypair(), read_keypair)
    }
}

/// Runs `nonce`.
///
/// # Errors
/// As the subcommands below.
pub(crate) async fn run(command: &NonceCommand, context: &Context) -> anyhow::Result<Report> {
    match command {
        NonceCommand::CreateAccount(args) => create(args, context).await,
        NonceCommand::Show(args) => show(args, context).await,
        NonceCommand::Get(args) => get(args, context).await,
        NonceCommand::New(args) => advance(args, context).await,
        NonceCommand::Withdraw(args) => withdraw(args, context).await,
        NonceCommand::Authorize(args) => authorize(args, context).await,
    }
}

/// Runs `nonce create-account`.
///
/// # Errors
/// The account exists, the amount is too small or too large, or the node refuses the transaction.
pub(crate) async fn create(args: &CreateArgs, context: &Context) -> anyhow::Result<Report> {
    let amount = parse_amount(&args.amount)?;
    let nonce = read_keypair(&args.account)?;
    let payer = context.keypair()?;
    let authority = context.address_or_own(args.nonce_authority.as_deref())?;
    let rpc = context.rpc()?;
    let address = nonce.pubkey();
    if rpc.account(&address).await?.is_some() {
        bail!("there is an account at {address} already; make another key with `isobath keygen new -o FILE`");
    }
    let instructions = |lamports| {
        args.send.with_price(system::create_nonce_account(
            &payer.pubkey(),
            &address,
            &authority,
            lamports,
        ))
    };
    let balance = rpc.balance(&payer.pubkey()).await?;
    let lamports = match amount {
        Amount::Lamports(lamports) => lamports,
        // The fee does not depend on the amount.
        Amount::All => balance.saturating_sub(Draft::new(&rpc, &payer.pubkey(), &instructions(0)).await?.fee),
    };
    let minimum = rpc.minimum_balance(NONCE_ACCOUNT_LEN).await?;
    if lamports < minimum {
        bail!(
            "a nonce account needs at least {} SOL and would get {} SOL; give more",
            sol(minimum),
            sol(lamports)
        );
    }
    let draft = Draft::new(&rpc, &payer.pubkey(), &instructions(lamports)).await?;
    draft.check_funds(&payer.pubkey(), balance, lamports)?;
    let signature = draft.send(&rpc, &[&payer, &nonce], args.send).await?;
    Ok(send::report(&signature))
}

/// Runs `nonce show`.
///
/// # Errors
/// There is no nonce account at the address.
pub(crate) async fn show(args: &ShowArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let rpc = context.rpc()?;
    let (account, data) = fetch(&rpc, &address).await?;
    let minimum = rpc.minimum_balance(NONCE_ACCOUNT_LEN).await?;
    let unit = Unit::from_flag(args.lamports);
    let mut text = format!(
        "\nBalance: {}\nMinimum Balance Required: {}\n",
        unit.show(account.lamports),
        unit.show(minimum)
    );
    text.push_str(&match &data {
        Some(data) => format!(
            "Nonce blockhash: {}\nFee: {} lamports per signature\nAuthority: {}",
            data.durable_nonce, data.lamports_per_signature, data.authority
        ),
        None => "Nonce: uninitialized\nFee: uninitialized\nAuthority: uninitialized".to_owned(),
    });
    Ok(Report {
        text,
        json: json!({
            "balance": account.lamports,
            "minimumBalanceForRentExemption": minimum,
            "nonce": data.map(|data| data.durable_nonce),
            "lamportsPerSignature": data.map(|data| data.lamports_per_signature),
            "authority": data.map(|data| data.authority),
        }),
    })
}

async fn get(args: &GetArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let data = value(&context.rpc()?, &address).await?;
    Ok(Report::value(data.durable_nonce.to_string()))
}

/// What an initialized nonce account holds.
///
/// # Errors
/// There is no nonce account at the address, or it has no value yet.
pub(crate) async fn value(rpc: &RpcClient, address: &Pubkey) -> anyhow::Result<NonceData> {
    let (_, data) = fetch(rpc, address).await?;
    data.with_context(|| {
        format!(
            "the nonce account {address} is not initialized and has no value; make one with `isobath nonce \
             create-account`"
        )
    })
}

/// Runs `nonce new`.
///
/// # Errors
/// There is no nonce account at the address, or the node refuses the transaction.
pub(crate) async fn advance(args: &NewArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let authority = args.authority.read(context)?;
    let instruction = system::advance_nonce_account(&address, &authority.pubkey());
    change(&address, instruction, &authority, args.send, context).await
}

/// Runs `nonce withdraw`.
///
/// # Errors
/// There is no nonce account at the address, it has too little, or the node refuses the transaction.
pub(crate) async fn withdraw(args: &WithdrawArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let recipient = parse_address(&args.recipient)?;
    let rpc = context.rpc()?;
    let lamports = if args.amount == "ALL" {
        fetch(&rpc, &address).await?.0.lamports
    } else {
        parse_sol(&args.amount)?
    };
    let authority = args.authority.read(context)?;
    let instruction = system::withdraw_nonce_account(&address, &authority.pubkey(), &recipient, lamports);
    change(&address, instruction, &authority, args.send, context).await
}

/// Runs `nonce authorize`.
///
/// # Errors
/// There is no nonce account at the address, or the node refuses the transaction.
pub(crate) async fn authorize(args: &AuthorizeArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let new_authority = parse_address(&args.new_authority)?;
    let authority = args.authority.read(context)?;
    let instruction = system::authorize_nonce_account(&address, &authority.pubkey(), &new_authority);
    change(&address, instruction, &authority, args.send, context).await
}

/// Sends an instruction that the authority of a nonce signs, after a look at who that is.
async fn change(
    address: &Pubkey,
    instruction: Instruction,
    authority: &Keypair,
    args: SendArgs,
    context: &Context,
) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let payer = context.keypair()?;
    let (_, data) = fetch(&rpc, address).await?;
    if let Some(data) = data.filter(|data| data.authority != authority.pubkey()) {
        bail!(
            "the nonce account {address} is controlled by {} and not by {}; name its keypair with --nonce-authority",
            data.authority,
            authority.pubkey()
        );
    }
    let draft = Draft::new(&rpc, &payer.pubkey(), &args.with_price([instruction])).await?;
    draft.check_funds(&payer.pubkey(), rpc.balance(&payer.pubkey()).await?, 0)?;
    let signature = draft.send(&rpc, &[&payer, authority], args).await?;
    Ok(send::report(&signature))
}

/// A nonce account and what it holds.
async fn fetch(rpc: &RpcClient, address: &Pubkey) -> anyhow::Result<(UiAccount, Option<NonceData>)> {
    let Some(account) = rpc.account(address).await? else {
        bail!("there is no account at {address}; check the address and `--url`");
    };
    let bytes = &account.data;
    match NonceState::from_bytes(bytes) {
        Ok(state) if bytes.len() == NONCE_ACCOUNT_LEN && account.owner == ids::SYSTEM_PROGRAM => {
            Ok((account, state.data))
        }
        _ => bail!(
            "the account at {address} is no nonce account; make one with `isobath nonce create-account`"
        ),
    }
}
