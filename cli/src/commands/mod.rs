//! Which client commands there are, and how one is run: a file per command or group of commands.

mod account;
mod airdrop;
mod balance;
mod block;
mod chain;
mod cluster;
mod completion;
mod config;
mod confirm;
mod decode;
mod derive;
mod history;
mod keygen;
mod live_slots;
mod logs;
mod lookup_table;
mod nonce;
mod offchain;
mod ping;
mod producers;
mod supply;
mod transfer;
mod unsupported;

pub use completion::complete;
pub use unsupported::{refuse_unsupported, with_unsupported};

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
    #[command(alias = "get-slot")]
    Slot,
    /// Show the block height.
    BlockHeight,
    /// Show the current epoch.
    Epoch,
    /// Show the current epoch and its progress.
    #[command(alias = "get-epoch-info")]
    EpochInfo,
    /// Show the number of transactions processed by the chain.
    #[command(alias = "get-transaction-count")]
    TransactionCount,
    /// Show when a block was produced.
    #[command(alias = "get-block-time")]
    BlockTime(cluster::BlockTimeArgs),
    /// Show the first block that the node serves.
    FirstAvailableBlock,
    /// Show the version of the node.
    ClusterVersion,
    /// Show the date of the newest block.
    ClusterDate,
    /// Show the hash of the genesis, which identifies the chain.
    #[command(alias = "get-genesis-hash")]
    GenesisHash,
    /// Show the lamports of the chain.
    Supply(supply::SupplyArgs),
    /// Show all lamports of the chain.
    #[command(hide = true)]
    TotalSupply,
    /// Show the accounts with the largest balances.
    LargestAccounts(supply::LargestAccountsArgs),
    /// Show the latest blockhash and the fee of a signature.
    Fees,
    /// Show the priority fees of recent blocks.
    RecentPrioritizationFees(supply::RecentFeesArgs),
    /// Show the producers.
    #[command(alias = "show-validators")]
    Validators,
    /// Show the nodes of the network.
    #[command(alias = "show-gossip")]
    Gossip,
    /// Show which producer leads which slot of an epoch.
    LeaderSchedule(producers::LeaderScheduleArgs),
    /// Show the blocks and skipped slots of each producer.
    #[command(alias = "show-block-production")]
    BlockProduction(producers::BlockProductionArgs),
    /// List the transactions of an address, newest first.
    TransactionHistory(history::HistoryArgs),
    /// Show a serialized transaction.
    DecodeTransaction(decode::DecodeArgs),
    /// Derive the address of a program from seeds.
    FindProgramDerivedAddress(derive::FindArgs),
    /// Derive an address from a base key and a seed.
    CreateAddressWithSeed(derive::WithSeedArgs),
    /// Sign a message that is not a transaction.
    SignOffchainMessage(offchain::SignArgs),
    /// Verify the signature of a message that is not a transaction.
    VerifyOffchainSignature(offchain::VerifyArgs),
    /// Send small transfers and show how long each takes.
    Ping(ping::PingArgs),
    /// Show the slots that the node reaches, until interrupted.
    LiveSlots,
    /// Show the rent-exempt minimum balance of an account.
    Rent(chain::RentArgs),
    /// Create, show and use durable nonces.
    Nonce(nonce::NonceArgs),
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
    /// Alias of `nonce upgrade`.
    #[command(hide = true)]
    UpgradeNonceAccount(nonce::UpgradeArgs),
    /// Create, show and modify address lookup tables.
    #[command(subcommand, visible_alias = "address-lookup-table")]
    LookupTable(lookup_table::LookupTableCommand),
    /// Stream transaction logs until interrupted.
    Logs(logs::LogsArgs),
    /// Print the completion script of a shell.
    Completion(completion::CompletionArgs),
    /// Show and change the client settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs a client command and writes its report to standard output.
///
/// # Errors
/// The text names the cause and, where there is one, the cure.
pub fn run(command: ClientCommand, args: &GlobalArgs) -> anyhow::Result<()> {
    args.refuse_unsupported()?;
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
            let context = Context::new(settings, format, args.rpc_timeout);
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
        C::Epoch => cluster::epoch(context).await,
        C::EpochInfo => chain::epoch_info(context).await,
        C::TransactionCount => chain::transaction_count(context).await,
        C::BlockTime(args) => cluster::block_time(&args, context).await,
        C::FirstAvailableBlock => cluster::first_available_block(context).await,
        C::ClusterVersion => cluster::version(context).await,
        C::ClusterDate => cluster::date(context).await,
        C::GenesisHash => cluster::genesis_hash(context).await,
        C::Supply(args) => supply::supply(&args, context).await,
        C::TotalSupply => supply::total(context).await,
        C::LargestAccounts(args) => supply::largest(&args, context).await,
        C::Fees => supply::fees(context).await,
        C::RecentPrioritizationFees(args) => supply::recent_fees(&args, context).await,
        C::Validators => producers::validators(context).await,
        C::Gossip => producers::gossip(context).await,
        C::LeaderSchedule(args) => producers::leader_schedule(&args, context).await,
        C::BlockProduction(args) => producers::block_production(&args, context).await,
        C::TransactionHistory(args) => history::run(&args, context).await,
        C::DecodeTransaction(args) => decode::run(&args),
        C::FindProgramDerivedAddress(args) => derive::find(&args),
        C::CreateAddressWithSeed(args) => derive::with_seed(&args, context),
        C::SignOffchainMessage(args) => offchain::sign(&args, context),
        C::VerifyOffchainSignature(args) => offchain::verify(&args, context),
        C::Ping(args) => ping::run(&args, context).await,
        C::LiveSlots => live_slots::run(context).await,
        C::Rent(args) => chain::rent(&args, context).await,
        C::Nonce(args) => nonce::run(&args, context).await,
        C::CreateNonceAccount(args) => nonce::create(&args, context).await,
        C::NonceAccount(args) => nonce::show(&args, context).await,
        C::NewNonce(args) => nonce::advance(&args, context).await,
        C::WithdrawFromNonceAccount(args) => nonce::withdraw(&args, context).await,
        C::AuthorizeNonceAccount(args) => nonce::authorize(&args, context).await,
        C::UpgradeNonceAccount(args) => nonce::upgrade(&args, context).await,
        C::LookupTable(command) => lookup_table::run(&command, context).await,
        C::Logs(args) => logs::run(&args, context).await,
        C::Keygen(_) | C::Config(_) | C::Completion(_) => {
            bail!("this command calls no node (internal error)")
        }
    }
}
