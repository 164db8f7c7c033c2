//! The command line of `isobath-bench`.
//!
//! Both subcommands share the shape of the load ([`LoadArgs`]); they differ in where the node is and when to stop.
//! Ranges are checked here, so the rest of the program takes its numbers as they are.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Drives an Isobath node with signed transfers and reports what it measured and what it checked.
#[derive(Debug, Parser)]
#[command(name = "isobath-bench", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send transfers to a running node and wait until every one of them is confirmed
    ///
    /// Creates N funded accounts from the seed (an airdrop pays, or --keypair), signs the transfers on all cores,
    /// sends them over several connections with a bounded number in flight, and compares the balances before and
    /// after. The accounts' keys follow from the seed and are public: never keep anything of value in them.
    #[command(after_help = CLIENT_EXAMPLES)]
    Client(ClientArgs),
    /// Start a throw-away node in this process, drive it, check it, reopen its ledger
    ///
    /// The node keeps real files in a temporary folder and serves real JSON-RPC on a free loopback port; the load
    /// goes through that port. After the load the sum of all accounts is compared with the capitalization and the
    /// burned fees; then the node is shut down, its ledger is opened again, and every transfer that was reported
    /// as confirmed is looked up in it. The exit code is 0 only if all of that holds.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Measure how soon sendTransaction with preflight is answered while every block is full
    ///
    /// Starts a throw-away node in this process, keeps its blocks full with transfers that count as verified, and
    /// sends signed transactions over loopback HTTP at a fixed rate. A latency runs from when the call was due, so a
    /// node that stalls is charged for every call it should have answered. The exit code is 0 only if the blocks were
    /// full, every call was answered and confirmed, and the 99th percentile is below 5 ms.
    #[command(after_help = LATENCY_EXAMPLES)]
    Latency(LatencyArgs),
    /// Measure what a getProgramAccounts over many accounts costs the execution of blocks
    ///
    /// Starts a throw-away node in this process whose genesis has the accounts, keeps its blocks full, and compares
    /// the producer's cost of a transaction in stretches with and without a client that scans all the time. The exit
    /// code is 0 only if the producer runs and waits at most 5 % longer, leaving out the time without a core.
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArgs),
    /// Measure the CPU time of verifying a signature, by size of batch and instructions
    ///
    /// Verifies 65,536 distinct signatures of 200-byte messages, each by its own key, in batches of 1 to 4,096, on one
    /// thread and without a cache of keys. All paths, hostile batches and ed25519-dalek's verify_strict take turns, so
    /// that they are measured in the same seconds. The exit code is 0 only if every target that this machine can
    /// measure was reached.
    #[command(after_help = SIGVERIFY_EXAMPLES)]
    Sigverify(SigverifyArgs),
}

const CLIENT_EXAMPLES: &str = "\
Examples:
  isobath-bench client --accounts 1000 --txs 100000
  isobath-bench client --url http://127.0.0.1:8899 --txs 5000 --rate 500 --json
  isobath-bench client --keypair funder.json --accounts 64 --txs 10000

The timer runs from the first transfer sent to the last confirmation seen. Creating and funding the accounts and
signing what fits the queue happen before it.";

const DEMO_EXAMPLES: &str = "\
Examples:
  isobath-bench demo
  isobath-bench demo --seconds 30 --accounts 10000
  isobath-bench demo --seconds 2 --json";

const LATENCY_EXAMPLES: &str = "\
Examples:
  isobath-bench latency
  isobath-bench latency --seconds 60 --json
  isobath-bench latency --block-transactions 5000 --slot-ms 100";

const SCAN_EXAMPLES: &str = "\
Examples:
  isobath-bench scan
  isobath-bench scan --pairs 9 --json
  isobath-bench scan --accounts 100000 --matching 100";

const SIGVERIFY_EXAMPLES: &str = "\
Examples:
  isobath-bench sigverify
  isobath-bench sigverify --seconds 60 --json
  isobath-bench sigverify --backend portable --rounds 5";

/// Arguments of `sigverify`.
#[derive(Debug, Args)]
pub(crate) struct SigverifyArgs {
    /// Instructions to use: best, all that this machine has, or the name of one (avx512-ifma, avx2, portable)
    ///
    /// The first ones are those of `ours_us`; without `all`, only they are measured.
    #[arg(long, value_name = "B", default_value = "all")]
    pub(crate) backend: String,
    /// Turns of each path
    #[arg(long, value_name = "R", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// CPU time to measure for, in seconds, about
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `latency`.
#[derive(Debug, Args)]
pub(crate) struct LatencyArgs {
    /// How long to send, in seconds
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) block_transactions: u64,
    /// Calls per second
    #[arg(long, value_name = "R", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) requests_per_second: u32,
    /// Pace of the node in milliseconds per slot
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Accounts of the program that is scanned, of 165 bytes each
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) accounts: u64,
    /// How many of them a scan returns
    #[arg(long, value_name = "M", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) matching: u64,
    /// Stretches without and with scans
    #[arg(long, value_name = "P", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) pairs: u32,
    /// Length of each stretch in seconds
    #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) stretch_seconds: u64,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) block_transactions: u64,
    /// Pace of the node in milliseconds per slot
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `client`.
#[derive(Debug, Args)]
pub(crate) struct ClientArgs {
    /// JSON-RPC address of the node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8899")]
    pub(crate) url: String,
    /// WebSocket address of the node [default: the port after that of --url]
    #[arg(long, value_name = "URL")]
    pub(crate) ws_url: Option<String>,
    /// Transfers to send
    #[arg(long, value_name = "M", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) txs: u64,
    /// Account that pays for the accounts of the load, a Solana keypair file [default: an airdrop]
    #[arg(long, value_name = "FILE")]
    pub(crate) keypair: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How long to send, in seconds
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Pace of the node in milliseconds per slot
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

/// Batches per second at a fixed rate; with fewer the rate would come in bursts that are longer than a slot.
const BATCHES_PER_SECOND_MIN: u32 = 20;

/// The shape of the load, shared by both subcommands.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Accounts that pay each other
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(2..=10_000_000))]
    pub(crate) accounts: u64,
    /// Transfers that may be sent and not yet confirmed
    #[arg(long, value_name = "W", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) window: u32,
    /// Transfers per HTTP request
    #[arg(long, value_name = "B", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) batch: u32,
    /// HTTP connections that send at the same time
    #[arg(long, value_name = "C", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) connections: u32,
    /// Transfers per second at most [default: as fast as the window allows]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Seconds without any progress after which the run gives up; a lost transfer is sent again only when its
    /// blockhash has expired, after 150 slots
    #[arg(long, value_name = "S", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) timeout: u64,
    /// Threads that sign, and as many that send and receive [default: one per core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Number that the accounts' keys follow from
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl LoadArgs {
    /// Threads to use: as asked, else one per core.
    pub(crate) fn thread_count(&self) -> usize {
        self.threads.map_or_else(crate::machine::core_count, usize::from)
    }

    /// Transfers per request: as asked, but never more than the window, where a batch takes all its places at once,
    /// nor so many that a low rate would come in bursts.
    pub(crate) fn batch_used(&self) -> u32 {
        let evenly = self
            .rate
            .map_or(u32::MAX, |rate| (rate / BATCHES_PER_SECOND_MIN).max(1));
        self.batch.min(self.window).min(evenly)
    }

    /// `--timeout` as a duration.
    pub(crate) const fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write the report as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The two forms of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    Human,
    Json,
}

impl From<OutputArgs> for OutputFormat {
    fn from(args: OutputArgs) -> Self {
        if args.json { Self::Json } else { Self::Human }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let cli = Cli::try_parse_from(["isobath-bench", "demo"]).unwrap();
        let Command::Demo(args) = cli.command else {
            panic!("demo was asked for")
        };
        assert_eq!((args.seconds, args.slot_ms, args.load.accounts), (10, 100, 1_000));
        assert_eq!(OutputFormat::from(args.load.output), OutputFormat::Human);
    }

    #[test]
    fn batches_fit_the_window_and_the_rate() {
        for (arguments, batch) in [
            (&["--batch", "64"][..], 64),
            (&["--batch", "64", "--window", "10"], 10),
            (&["--batch", "64", "--rate", "200"], 10),
            (&["--batch", "64", "--rate", "3"], 1),
            (&["--batch", "64", "--rate", "100000"], 64),
        ] {
            let all = ["isobath-bench", "client"].iter().chain(arguments);
            let Command::Client(args) = Cli::try_parse_from(all).unwrap().command else {
                panic!("client was asked for")
            };
            assert_eq!(args.load.batch_used(), batch, "{arguments:?}");
        }
    }

    #[test]
    fn out_of_range_numbers_are_refused() {
        for arguments in [
            ["isobath-bench", "client", "--txs", "0"],
            ["isobath-bench", "client", "--accounts", "1"],
            ["isobath-bench", "client", "--window", "0"],
            ["isobath-bench", "client", "--batch", "257"],
            ["isobath-bench", "demo", "--slot-ms", "1"],
            ["isobath-bench", "latency", "--seconds", "0"],
            ["isobath-bench", "latency", "--requests-per-second", "0"],
            ["isobath-bench", "scan", "--accounts", "1048577"],
            ["isobath-bench", "scan", "--pairs", "0"],
            ["isobath-bench", "sigverify", "--rounds", "0"],
            ["isobath-bench", "sigverify", "--seconds", "0"],
        ] {
            assert!(Cli::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
    }
}
