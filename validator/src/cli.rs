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
use clap::{Args, Parser, Subcommand};
use isobath_cli::{self as client, ClientCommand, GlobalArgs};
use isobath_sdk::chain::genesis::Genesis;

use crate::args::DevArgs;
use crate::{dev, logging};

/// Threads for blocking work: one for each permit of the RPC, and a few for starting and stopping. Without a limit the
/// runtime starts another thread whenever none is idle, and each keeps memory of its own.
const BLOCKING_THREADS_MAX: usize = 20;
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
    /// and logs go to standard error. The first SIGTERM or Ctrl-C drains the node and stops it, a second one exits
    /// immediately.
    Dev(DevArgs),
    /// Print the development genesis as JSON, as a template for `dev --genesis`.
    Genesis(GenesisArgs),
    #[command(flatten)]
    Client(ClientCommand),
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
    let Cli { command, client } = Cli::parse();
    let result = match command {
        Command::Dev(args) => refuse(&client).and_then(|()| run_dev(&args)),
        Command::Genesis(args) => refuse(&client).and_then(|()| print_genesis(args.out.as_deref())),
        Command::Client(command) => client::run(command, &client),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            client::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Rejects flags that only the client commands use.
fn refuse(client: &GlobalArgs) -> anyhow::Result<()> {
    match client.first_given() {
        Some(flag) => bail!("{flag} is for the client commands and has no effect here; remove it"),
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
        .context("cannot start the server threads; raise the process limit (ulimit -u)")?;
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
                    "cannot write {}; choose a path that does not exist",
                    path.display()
                )
            }),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
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
