//! Which client commands there are, and how one is run.

use std::env;
use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::context::Context;
use super::output::{Report, print};
use super::settings::{GlobalArgs, Settings};
use super::{
    account, airdrop, balance, block, chain, config, confirm, keygen, logs, lookup_table, nonce, transfer,
};

/// What can be asked of a chain from a terminal.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Make and inspect keypair files.
    #[command(subcommand)]
    Keygen(keygen::KeygenCommand),
    /// Show the address of the keypair in use.
    Address,
    /// Show the balance of an account.
    Balance(balance::BalanceArgs),
    /// Send SOL to an address.
    #[command(visible_alias = "pay")]
    Transfer(transfer::TransferArgs),
    /// Get SOL from the faucet of a development node.
    Airdrop(airdrop::AirdropArgs),
    /// Show an account and its data.
    Account(account::AccountArgs),
    /// Show what became of a transaction.
    Confirm(confirm::ConfirmArgs),
    /// Show a block and its transactions.
    Block(block::BlockArgs),
    /// Show the newest slot.
    Slot,
    /// Show the number of blocks below the newest one.
    BlockHeight,
    /// Show the epoch and how far it has come.
    EpochInfo,
    /// Show how many transactions the chain has processed.
    TransactionCount,
    /// Show the least balance that an account needs.
    Rent(chain::RentArgs),
    /// Make, show and use durable nonces.
    #[command(subcommand)]
    Nonce(nonce::NonceCommand),
    /// The same as `nonce create-account`.
    #[command(hide = true)]
    CreateNonceAccount(nonce::CreateArgs),
    /// The same as `nonce show`.
    #[command(hide = true)]
    NonceAccount(nonce::ShowArgs),
    /// The same as `nonce new`.
    #[command(hide = true)]
    NewNonce(nonce::NewArgs),
    /// The same as `nonce withdraw`.
    #[command(hide = true)]
    WithdrawFromNonceAccount(nonce::WithdrawArgs),
    /// The same as `nonce authorize`.
    #[command(hide = true)]
    AuthorizeNonceAccount(nonce::AuthorizeArgs),
    /// Make, show and change address lookup tables.
    #[command(subcommand, visible_alias = "address-lookup-table")]
    LookupTable(lookup_table::LookupTableCommand),
    /// Print the logs of transactions as they are executed, until interrupted.
    Logs(logs::LogsArgs),
    /// Show and change the settings of these commands.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs a client command and writes its report.
///
/// # Errors
/// The cause, and where there is one the cure.
pub fn run(command: ClientCommand, args: &GlobalArgs) -> anyhow::Result<()> {
    let Some(home) = env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
    else {
        bail!("HOME is not set, so there is no place for settings and keys; set it to a folder of yours");
    };
    let settings = Settings::load(args, &home)?;
    let format = args.output_format.unwrap_or_default();
    let report = match command {
        ClientCommand::Keygen(command) => keygen::run(&command, &settings)?,
        ClientCommand::Config(command) => config::run(&command, &settings, args)?,
        command => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("cannot start the client; raise the limit of open files (ulimit -n)")?;
            let context = Context::new(settings, format);
            runtime.block_on(ask(command, &context))?
        }
    };
    ignore_closed_pipe(print(&report.render(format)))
}

/// The commands that ask a node.
async fn ask(command: ClientCommand, context: &Context) -> anyhow::Result<Report> {
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
        C::Keygen(_) | C::Config(_) => bail!("this command asks no node"),
    }
}

/// A reader of standard output that has seen enough is no failure.
fn ignore_closed_pipe(result: anyhow::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Whether standard output has no reader any more.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
