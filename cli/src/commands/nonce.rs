//! `isobath nonce`: durable nonces, which replace the recent blockhash of a transaction that must not expire.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use isobath_rpc_client::RpcClient;
use isobath_sdk::builtins::nonce::NONCE_ACCOUNT_LEN;
use isobath_sdk::{Instruction, Keypair, Pubkey, builtins::system};
use serde_json::json;

use crate::amount::{Amount, Unit, parse_amount, sol};
use crate::context::Context;
use crate::output::Report;
use crate::transaction::nonce_account;
use crate::transaction::send::{self, Draft, SendArgs};
use crate::wallet::{parse_address, read_keypair};

/// Subcommands of `nonce`.
#[derive(Debug, Subcommand)]
pub enum NonceCommand {
    /// Create a nonce account.
    #[command(visible_alias = "create-nonce-account")]
    CreateAccount(CreateArgs),
    /// Show a nonce account.
    Show(ShowArgs),
    /// Show the value of a nonce, for use as a transaction's recent blockhash.
    Get(GetArgs),
    /// Advance a nonce, which invalidates transactions that use its old value.
    #[command(visible_alias = "advance")]
    New(NewArgs),
    /// Withdraw SOL from a nonce account; ALL closes it.
    Withdraw(WithdrawArgs),
    /// Assign a new authority to a nonce account.
    Authorize(AuthorizeArgs),
    /// Upgrade a nonce account of the legacy version.
    Upgrade(UpgradeArgs),
}

/// Arguments of `nonce create-account`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Keypair file of the new account.
    #[arg(value_name = "ACCOUNT_KEYPAIR")]
    account: PathBuf,
    /// Initial balance in SOL, or ALL; at least the rent-exempt minimum.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// Authority of the nonce [default: the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    nonce_authority: Option<String>,
    #[command(flatten)]
    send: SendArgs,
}

/// Arguments of `nonce show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// Arguments of `nonce get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
}

/// Arguments of `nonce new`.
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

/// Arguments of `nonce withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Recipient.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
    /// Amount in SOL, or ALL.
    #[arg(value_name = "AMOUNT")]
    amount: String,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Arguments of `nonce authorize`.
#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// New authority.
    #[arg(value_name = "NEW_AUTHORITY")]
    new_authority: String,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Arguments of `nonce upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArgs {
    /// Nonce account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    send: SendArgs,
}

/// The authority of a nonce account.
#[derive(Debug, Args)]
struct AuthorityArgs {
    /// Keypair file of the nonce authority [default: the keypair in use].
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
/// Those of the subcommand.
pub(crate) async fn run(command: &NonceCommand, context: &Context) -> anyhow::Result<Report> {
    match command {
        NonceCommand::CreateAccount(args) => create(args, context).await,
        NonceCommand::Show(args) => show(args, context).await,
        NonceCommand::Get(args) => get(args, context).await,
        NonceCommand::New(args) => advance(args, context).await,
        NonceCommand::Withdraw(args) => withdraw(args, context).await,
        NonceCommand::Authorize(args) => authorize(args, context).await,
        NonceCommand::Upgrade(args) => upgrade(args, context).await,
    }
}

/// Runs `nonce create-account`.
///
/// # Errors
/// The account already exists, the amount is too small or too large, or the node rejects the transaction.
pub(crate) async fn create(args: &CreateArgs, context: &Context) -> anyhow::Result<Report> {
    let amount = parse_amount(&args.amount)?;
    let nonce = read_keypair(&args.account)?;
    let payer = context.keypair()?;
    let authority = context.address_or_own(args.nonce_authority.as_deref())?;
    let rpc = context.rpc()?;
    let address = nonce.pubkey();
    if rpc.account(&address).await?.is_some() {
        bail!("account {address} already exists; create another key with `isobath keygen new -o FILE`");
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
            "a nonce account needs at least {} SOL, got {} SOL; give a larger amount",
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
/// The account does not exist or is not a nonce account.
pub(crate) async fn show(args: &ShowArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let rpc = context.rpc()?;
    let (account, data) = nonce_account::fetch(&rpc, &address).await?;
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
    let data = nonce_account::initialized(&context.rpc()?, &address).await?;
    Ok(Report::value(data.durable_nonce.to_string()))
}

/// Runs `nonce new`.
///
/// # Errors
/// The account is not a nonce account, or the node rejects the transaction.
pub(crate) async fn advance(args: &NewArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let authority = args.authority.read(context)?;
    let instruction = system::advance_nonce_account(&address, &authority.pubkey());
    change(&address, instruction, &authority, args.send, context).await
}

/// Runs `nonce withdraw`.
///
/// # Errors
/// The account is not a nonce account, its balance is too small, or the node rejects the transaction.
pub(crate) async fn withdraw(args: &WithdrawArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let recipient = parse_address(&args.recipient)?;
    let rpc = context.rpc()?;
    let lamports = withdrawn_lamports(&rpc, &address, &args.amount).await?;
    let authority = args.authority.read(context)?;
    let instruction = system::withdraw_nonce_account(&address, &authority.pubkey(), &recipient, lamports);
    change(&address, instruction, &authority, args.send, context).await
}

/// The amount of a withdrawal, which the program will allow: the whole balance, or what leaves an initialized nonce its
/// rent minimum.
async fn withdrawn_lamports(rpc: &RpcClient, address: &Pubkey, amount: &str) -> anyhow::Result<u64> {
    let (account, data) = nonce_account::fetch(rpc, address).await?;
    let lamports = match parse_amount(amount)? {
        Amount::All => return Ok(account.lamports),
        Amount::Lamports(lamports) => lamports,
    };
    let reserve = match data {
        Some(_) if lamports != account.lamports => rpc.minimum_balance(account.data.len()).await?,
        _ => 0,
    };
    if lamports.saturating_add(reserve) > account.lamports {
        bail!(
            "nonce account {address} has {} SOL and must keep {} SOL unless it is closed, so {} SOL is too much; \
             withdraw less, or ALL",
            sol(account.lamports),
            sol(reserve),
            sol(lamports)
        );
    }
    Ok(lamports)
}

/// Runs `nonce authorize`.
///
/// # Errors
/// The account is not a nonce account, or the node rejects the transaction.
pub(crate) async fn authorize(args: &AuthorizeArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let new_authority = parse_address(&args.new_authority)?;
    let authority = args.authority.read(context)?;
    let instruction = system::authorize_nonce_account(&address, &authority.pubkey(), &new_authority);
    change(&address, instruction, &authority, args.send, context).await
}

/// Runs `nonce upgrade`, which needs no authority.
///
/// # Errors
/// The account is not a nonce account of the legacy version, or the node rejects the transaction.
pub(crate) async fn upgrade(args: &UpgradeArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let rpc = context.rpc()?;
    let payer = context.keypair()?;
    nonce_account::fetch(&rpc, &address).await?;
    let instruction = system::upgrade_nonce_account(&address);
    let draft = Draft::new(&rpc, &payer.pubkey(), &args.send.with_price([instruction])).await?;
    draft.check_funds(&payer.pubkey(), rpc.balance(&payer.pubkey()).await?, 0)?;
    let signature = draft.send(&rpc, &[&payer], args.send).await?;
    Ok(send::report(&signature))
}

/// Sends an instruction that the authority of a nonce signs, once it has checked that `authority` is the authority.
async fn change(
    address: &Pubkey,
    instruction: Instruction,
    authority: &Keypair,
    args: SendArgs,
    context: &Context,
) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let payer = context.keypair()?;
    let (_, data) = nonce_account::fetch(&rpc, address).await?;
    if let Some(data) = data.filter(|data| data.authority != authority.pubkey()) {
        bail!(
            "the authority of nonce account {address} is {}, not {}; give its keypair with --nonce-authority",
            data.authority,
            authority.pubkey()
        );
    }
    let draft = Draft::new(&rpc, &payer.pubkey(), &args.with_price([instruction])).await?;
    draft.check_funds(&payer.pubkey(), rpc.balance(&payer.pubkey()).await?, 0)?;
    let signature = draft.send(&rpc, &[&payer, authority], args).await?;
    Ok(send::report(&signature))
}
