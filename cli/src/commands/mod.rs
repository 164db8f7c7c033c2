//! Which client commands there are, and how one is run: a file per command or group of commands.

mod account;
mod airdrop;
mod balance;
mod block;
mod chain;
mod config;
mod confirm;
mod keygen;
mod logs;
mod lookup_table;
mod nonce;
mod transfer;

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::context::Context;
use crate::output::{Report, is_closed_pipe, print};
use crate::settings::{ConfigFile, GlobalArgs, Settings};

/// The client commands.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Create, recover and inspect keys.
    #[command(subcommand)]
    Keygen(keygen::KeygenCommand),
    /// Show the address of the keypair in use.
    Address,
    /// Show the balance of an account.
    Balance(balance::BalanceArgs),
    /// Send SOL to an address.
    #[command(visible_alias = "pay")]
    Transfer(transfer::TransferArgs),
    /// Request SOL from the faucet of a development node.
    Airdrop(airdrop::AirdropArgs),
    /// Show an account and its data.
    Account(account::AccountArgs),
    /// Show the status of a transaction.
    Confirm(confirm::ConfirmArgs),
    /// Show a block and its transactions.
    Block(block::BlockArgs),
    /// Show the newest slot.
    Slot,
    /// Show the block height.
    BlockHeight,
    /// Show the current epoch and its progress.
    EpochInfo,
    /// Show the number of transactions processed by the chain.
    TransactionCount,
    /// Show the rent-exempt minimum balance of an account.
    Rent(chain::RentArgs),
    /// Create, show and use durable nonces.
    #[command(subcommand)]
    Nonce(nonce::NonceCommand),
    /// Alias of `nonce create-account`.
    #[command(hide = true)]
    CreateNonceAccount(nonce::CreateArgs),
    /// Alias of `nonce show`.
    #[command(hide = true)]
    NonceAccount(nonce::ShowArgs),
    /// Alias of `nonce new`.
    #[command(hide = true)]
    NewNonce(nonce::NewArgs),
    /// Alias of `nonce withdraw`.
    #[command(hide = true)]
    WithdrawFromNonceAccount(nonce::WithdrawArgs),
    /// Alias of `nonce authorize`.
    #[command(hide = true)]
    AuthorizeNonceAccount(nonce::AuthorizeArgs),
    /// Create, show and modify address lookup tables.
    #[command(subcommand, visible_alias = "address-lookup-table")]
    LookupTable(lookup_table::LookupTableCommand),
    /// Stream transaction logs until interrupted.
    Logs(logs::LogsArgs),
    /// Show and change the client settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs a client command and writes its report to standard output.
///
/// # Errors
/// The text names the cause and, where there is one, the cure.
pub fn run(command: ClientCommand, args: &GlobalArgs) -> anyhow::Result<()> {
    let home = env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    let named = match &command {
        ClientCommand::Config(config::ConfigCommand::Set) => ConfigFile::New,
        _ => ConfigFile::Existing,
    };
    let settings = Settings::load(args, home.as_deref(), named)?;
    let format = args.output_format.unwrap_or_default();
    let report = match command {
        ClientCommand::Keygen(command) => match keygen::run(&command, &settings, format)? {
            Some(report) => report,
            None => return Ok(()),
        },
        ClientCommand::Config(command) => config::run(&command, &settings, args)?,
        command => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("cannot start the client; raise the open file limit (ulimit -n)")?;
            let context = Context::new(settings, format);
            runtime.block_on(call_node(command, &context))?
        }
    };
    match print(&report.render(format)) {
        // A reader that closed the pipe has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Runs the commands that call a node.
async fn call_node(command: ClientCommand, context: &Context) -> anyhow::Result<Report> {
    use ClientCommand as C;
    match command {
        C::Address => Ok(Report::value(context.keypair()?.pubkey().to_string())),
        C::Balance(args) => balance::run(&args, context).await,
        C::Transfer(args) => transfer::run(&args, context).await,
        C::Airdrop(args) => airdrop::run(&args, context).await,
        C::Account(args) => account::run(&args, context).await,
        C::Confirm(args) => confirm::run(&args, context).await,
        C::Block(args) => block::run(&args, context).await,
        C::Slot => chain::slot(context).await,
        C::BlockHeight => chain::block_height(context).await,
        C::EpochInfo => chain::epoch_info(context).await,
        C::TransactionCount => chain::transaction_count(context).await,
        C::Rent(args) => chain::rent(&args, context).await,
        C::Nonce(command) => nonce::run(&command, context).await,
        C::CreateNonceAccount(args) => nonce::create(&args, context).await,
        C::NonceAccount(args) => nonce::show(&args, context).await,
        C::NewNonce(args) => nonce::advance(&args, context).await,
        C::WithdrawFromNonceAccount(args) => nonce::withdraw(&args, context).await,
        C::AuthorizeNonceAccount(args) => nonce::authorize(&args, context).await,
        C::LookupTable(command) => lookup_table::run(&command, context).await,
        C::Logs(args) => logs::run(&args, context).await,
        C::Keygen(_) | C::Config(_) => bail!("this command calls no node (internal error)"),
    }
}
