//! The command line: commands of the binary, and its exit codes.
//!
//! Standard output is for results: `dev` writes exactly one line there, `genesis` the template, a client command its
//! report. Everything else goes to standard error. The exit code is 0 after success or a requested stop, 2 for an
//! invalid command line and 1 for everything else, with one line `error: cause; cure`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use isobath_cli::{self as client, ClientCommand, GlobalArgs};
use isobath_sdk::chain::genesis::Genesis;

use crate::args::DevArgs;
use crate::progress::Screen;
use crate::verify::VerifyArgs;
use crate::{dev, logging, verify};

/// Threads for blocking work besides those that the limits allow: for starting and stopping. Without a bound the runtime
/// starts another thread whenever none is idle, and each keeps memory of its own.
const BLOCKING_THREADS_OTHER: usize = 8;
/// How long such a thread waits for more work before it ends and releases its memory.
const BLOCKING_THREAD_IDLE_MAX: Duration = Duration::from_secs(1);
/// How long tasks may still run after the command has finished.
const RUNTIME_SHUTDOWN_MAX: Duration = Duration::from_millis(500);

/// A parallel account runtime and its validator.
#[derive(Debug, Parser)]
#[command(name = "isobath", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    client: GlobalArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a development node: one producer, ten funded keys, JSON-RPC and WebSocket.
    ///
    /// Prints one line `ready rpc=http://HOST:PORT ws=ws://HOST:PORT` to standard output once it serves requests; keys
    /// and logs go to standard error. While it replays its ledger, clients are answered that it is starting. The first
    /// SIGTERM, SIGHUP or Ctrl-C drains the node and stops it, a second one exits immediately.
    Dev(DevArgs),
    /// Print the development genesis as JSON, as a template for `dev --genesis`.
    Genesis(GenesisArgs),
    /// Check a ledger.
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(LedgerCommand),
    #[command(flatten)]
    Client(ClientCommand),
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Execute a whole ledger again and compare every result.
    ///
    /// A second executor, which shares no state with that of the node, executes every block from the genesis on. Its
    /// header, outcomes, logs, balances, changed accounts, roots, fees and capitalization are compared with the record,
    /// and every signature is verified. The first block that differs is named, with what differs in it. Nothing is
    /// written. A ledger that a node uses is refused; a copy of it can be verified.
    ///
    /// Prints one line to standard output if everything is the same. The exit code is 0 then, else 1.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct GenesisArgs {
    /// Write to this file instead of standard output; an existing file is not overwritten.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Parses the command line, runs the command and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    match parse_and_run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            client::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn parse_and_run() -> anyhow::Result<()> {
    let mut parser = parser();
    let matches = parser.clone().get_matches();
    client::refuse_unsupported(&matches)?;
    let Cli { command, client } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match command {
        Command::Dev(args) => refuse(&client).and_then(|()| run_dev(&args)),
        Command::Genesis(args) => refuse(&client).and_then(|()| print_genesis(args.out.as_deref())),
        Command::Ledger(LedgerCommand::Verify(args)) => refuse(&client).and_then(|()| verify::run(&args)),
        Command::Client(ClientCommand::Completion(args)) => {
            client::complete(&args, &mut parser);
            Ok(())
        }
        Command::Client(command) => client::run(command, &client),
    }
}

/// The parser, with the commands that only have a reason, and without options of the client in the help of the node.
fn parser() -> clap::Command {
    let options = GlobalArgs::augment_args(clap::Command::new("client"));
    let is_client_option = |arg: &clap::Arg| {
        options
            .get_arguments()
            .any(|option| option.get_id() == arg.get_id())
    };
    let mut parser = client::with_unsupported(Cli::command());
    // Building copies the global options into the subcommands, where they can be hidden.
    parser.build();
    let hide = |command: clap::Command| {
        command.mut_args(|arg| match is_client_option(&arg) {
            true => arg.hide(true),
            false => arg,
        })
    };
    for name in ["dev", "genesis", "ledger"] {
        parser = parser.mut_subcommand(name, hide);
    }
    parser.mut_subcommand("ledger", |ledger| ledger.mut_subcommand("verify", hide))
}

/// Rejects flags that only the client commands use.
fn refuse(client: &GlobalArgs) -> anyhow::Result<()> {
    match client.first_given() {
        Some(flag) => bail!("{flag} is for the client commands and has no effect here; remove it"),
        None => Ok(()),
    }
}

fn run_dev(args: &DevArgs) -> anyhow::Result<()> {
    let screen = Screen::stderr(args.quiet);
    logging::init(args.log.as_deref(), args.quiet, &screen)?;
    let limits = &args.limits.values;
    let blocking_threads = BLOCKING_THREADS_OTHER
        .saturating_add(limits.heavy_calls_max)
        .saturating_add(limits.blocking_calls_max);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .max_blocking_threads(blocking_threads)
        .thread_keep_alive(BLOCKING_THREAD_IDLE_MAX)
        .build()
        .context("cannot start the server threads; raise the process limit (ulimit -u)")?;
    let result = runtime.block_on(dev::run(args, &screen));
    runtime.shutdown_timeout(RUNTIME_SHUTDOWN_MAX);
    result
}

fn print_genesis(out: Option<&Path>) -> anyhow::Result<()> {
    let json = Genesis::development().to_json() + "\n";
    match out {
        None => io::stdout()
            .lock()
            .write_all(json.as_bytes())
            .context("cannot write to standard output"),
        Some(path) => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(json.as_bytes()))
            .with_context(|| {
                format!(
                    "cannot write {}; choose a path that does not exist",
                    path.display()
                )
            }),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        parser().debug_assert();
    }

    #[test]
    fn help_of_the_node_has_no_options_of_the_client() {
        let mut parser = parser();
        let help = |parser: &mut clap::Command, name: &str| {
            let command = parser.find_subcommand_mut(name).unwrap();
            command.render_long_help().to_string()
        };
        assert!(help(&mut parser, "balance").contains("--keypair"));
        let mut ledger = parser.find_subcommand("ledger").unwrap().clone();
        let verify = help(&mut ledger, "verify");
        let of_node = ["dev", "genesis", "ledger"].map(|name| help(&mut parser, name));
        for text in of_node.into_iter().chain([verify]) {
            assert!(
                !text.contains("--keypair") && !text.contains("Client options"),
                "{text}"
            );
        }
    }

    /// The commands of `solana --help` 4.2.2.
    const SOLANA_COMMANDS: &str = "account address address-lookup-table airdrop alpenglow-genesis-info \
        authorize-nonce-account balance block block-height block-production block-time catchup close-vote-account \
        cluster-date cluster-version completion config confirm create-address-with-seed create-nonce-account \
        create-stake-account create-stake-account-checked create-vote-account deactivate-stake decode-transaction \
        delegate-stake epoch epoch-info feature find-program-derived-address first-available-block genesis-hash \
        gossip inflation largest-accounts leader-schedule live-slots logs merge-stake new-nonce nonce nonce-account \
        program recent-prioritization-fees redelegate-stake rent resolve-signer rewards sign-offchain-message slot \
        split-stake stake-account stake-authorize stake-authorize-checked stake-history stake-minimum-delegation \
        stake-set-lockup stake-set-lockup-checked stakes supply total-supply transaction-count transaction-history \
        transfer upgrade-nonce-account validator-info validators verify-offchain-signature vote-account \
        vote-authorize-voter vote-authorize-voter-checked vote-authorize-withdrawer \
        vote-authorize-withdrawer-checked vote-update-commission vote-update-validator \
        withdraw-from-nonce-account withdraw-from-vote-account withdraw-stake";

    #[test]
    fn every_command_of_the_solana_cli_is_known_and_documented() {
        let page = include_str!("../../docs/cli.md");
        let parser = parser();
        for name in SOLANA_COMMANDS.split_whitespace() {
            assert!(parser.find_subcommand(name).is_some(), "{name} is unknown");
            let is_documented = page.contains(&format!("`{name}`")) || page.contains(&format!("`{name} "));
            assert!(is_documented, "docs/cli.md does not name {name}");
        }
    }

    #[test]
    fn bind_is_another_name_for_rpc_host() {
        let cli = Cli::parse_from(["isobath", "dev", "--bind", "::1", "--rpc-port", "0"]);
        let Command::Dev(args) = cli.command else {
            panic!("the command is dev")
        };
        assert_eq!(args.rpc_host, "::1".parse::<IpAddr>().unwrap());
        assert_eq!(args.rpc_port, 0);
    }

    #[test]
    fn last_port_is_refused_because_its_successor_does_not_exist() {
        assert!(Cli::try_parse_from(["isobath", "dev", "--rpc-port", "65535"]).is_err());
    }
}
