//! The command line: what can be asked of the binary, and how it ends.
//!
//! Standard output is for results: `dev` writes exactly one line there, `genesis` the template, a client command its
//! report. Everything else goes to standard error. The exit code is 0 after a stop that was asked for, 2 for a command line that is not understood
//! and 1 for everything else, with one line `error: cause; cure`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use isobath_sdk::chain::genesis::Genesis;

use crate::{dev, logging};
use isobath_cli::{self as client, ClientCommand, GlobalArgs};
use isobath_node::{SLOT_MS_MAX, SLOT_MS_MIN};

/// Threads for work that blocks: what the RPC has places for, and a few for starting and stopping. Without a bound the
/// runtime starts another thread whenever none is idle at that moment, and each keeps memory of its own.
const BLOCKING_THREADS_MAX: usize = 20;
/// How long such a thread waits for more work before it ends and gives back its memory.
const BLOCKING_THREAD_IDLE_MAX: Duration = Duration::from_secs(1);
/// How long tasks may still run once the work is done.
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
    /// Prints one line `ready rpc=http://HOST:PORT ws=ws://HOST:PORT` to standard output once it serves; keys and logs
    /// go to standard error. The first SIGTERM or Ctrl-C drains and stops, a second one exits at once.
    Dev(DevArgs),
    /// Print the development genesis as JSON, as a template for `dev --genesis`.
    Genesis(GenesisArgs),
    #[command(flatten)]
    Client(ClientCommand),
}

/// What `isobath dev` can be told.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Ledger folder; created when absent. Keys are written to LEDGER/keys.
    #[arg(long, value_name = "DIR", default_value = "./isobath-ledger")]
    pub(crate) ledger: PathBuf,
    /// Delete the ledger in that folder first, and nothing else in it.
    #[arg(long)]
    pub(crate) reset: bool,
    /// Genesis of a new ledger, as JSON [default: the development genesis]. A ledger that exists keeps its own.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    /// Milliseconds per slot, at least 20 [default: that of the genesis].
    #[arg(long, value_name = "MS", value_parser = parse_slot_ms)]
    pub(crate) slot_ms: Option<u64>,
    /// Address to serve on. Anyone who can reach it can use the node.
    #[arg(long, visible_alias = "bind", value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) rpc_host: IpAddr,
    /// Port of JSON-RPC; WebSocket uses the next one. 0 picks a free pair.
    #[arg(long, value_name = "PORT", default_value_t = 8899, value_parser = clap::value_parser!(u16).range(..=65_534))]
    pub(crate) rpc_port: u16,
    /// Compute units that one block may reserve [default: 200000000].
    #[arg(long, value_name = "CU", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) block_max_compute_units: Option<u64>,
    /// Transactions that one block may hold [default: 20000].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) block_max_transactions: Option<u64>,
    /// Transactions that may wait for a block [default: 100000].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pending_max: Option<u64>,
    /// Newest blocks that the node serves; older ones are answered as cleaned up, though the ledger keeps them
    /// [default: all that --history-transactions leaves].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_blocks: Option<u64>,
    /// Transactions in the blocks that the node serves, at about 70 bytes of memory each [default: 8388608].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_transactions: Option<u64>,
    /// Pairs of transaction and address that the node finds by address, at about 120 bytes of memory each
    /// [default: 1048576].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_addresses: Option<u64>,
    /// Log level or filter, such as `debug` or `isobath_node=trace` [default: RUST_LOG, else info].
    #[arg(long, value_name = "LEVEL", conflicts_with = "quiet")]
    pub(crate) log: Option<String>,
    /// Only warnings and errors on standard error; no keys, no summaries.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
struct GenesisArgs {
    /// Write to this file instead of standard output; a file that exists is not overwritten.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Reads the command line, does what it asks and says how the process ends.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { command, client } = Cli::parse();
    let result = match command {
        Command::Dev(args) => refuse(&client).and_then(|()| run_dev(&args)),
        Command::Genesis(args) => refuse(&client).and_then(|()| print_genesis(args.out.as_deref())),
        Command::Client(command) => client::run(command, &client),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to report that standard error is closed.
            drop(writeln!(io::stderr(), "error: {}", one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Refuses flags that only the client commands heed.
fn refuse(client: &GlobalArgs) -> anyhow::Result<()> {
    match client.first_given() {
        Some(flag) => bail!("{flag} is for the client commands and has no effect here; leave it out"),
        None => Ok(()),
    }
}

fn run_dev(args: &DevArgs) -> anyhow::Result<()> {
    logging::init(args.log.as_deref(), args.quiet)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(BLOCKING_THREAD_IDLE_MAX)
        .build()
        .context("cannot start the threads of the server; raise the limit of processes (ulimit -u)")?;
    let result = runtime.block_on(dev::run(args));
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
                    "cannot write {}; choose a path that does not exist yet",
                    path.display()
                )
            }),
    }
}

/// An error and its causes in one line, without the causes that the line names already.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| cause.to_string().replace('\n', " ")) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}

fn parse_slot_ms(text: &str) -> Result<u64, String> {
    let slot_ms: u64 = text.parse().map_err(|error| format!("{error}"))?;
    if slot_ms < SLOT_MS_MIN {
        return Err(format!(
            "every block is synced to disk and a blockhash is valid for a fixed number of blocks, so shorter slots \
             overrun the disk and expire transactions too soon; the least is {SLOT_MS_MIN}"
        ));
    }
    if slot_ms > SLOT_MS_MAX {
        return Err(format!(
            "the clock of the chain would stand still for too long; the most is {SLOT_MS_MAX}"
        ));
    }
    Ok(slot_ms)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn causes_are_named_once() {
        let cause = io::Error::other("the disk is gone");
        let error = anyhow::Error::new(cause)
            .context("cannot write: the disk is gone; buy one")
            .context("cannot start");
        assert_eq!(
            one_line(&error),
            "cannot start: cannot write: the disk is gone; buy one"
        );
    }

    #[test]
    fn slot_range_is_enforced_with_a_reason() {
        assert_eq!(parse_slot_ms("20"), Ok(20));
        assert!(parse_slot_ms("19").unwrap_err().contains("synced"));
        assert!(parse_slot_ms("60001").is_err());
        assert!(parse_slot_ms("-1").is_err());
    }

    #[test]
    fn bind_is_another_name_for_rpc_host() {
        let cli = Cli::parse_from(["isobath", "dev", "--bind", "::1", "--rpc-port", "0"]);
        let Command::Dev(args) = cli.command else {
            panic!("dev was asked for")
        };
        assert_eq!(args.rpc_host, "::1".parse::<IpAddr>().unwrap());
        assert_eq!(args.rpc_port, 0);
    }

    #[test]
    fn last_port_is_refused_because_its_successor_does_not_exist() {
        assert!(Cli::try_parse_from(["isobath", "dev", "--rpc-port", "65535"]).is_err());
    }
}
