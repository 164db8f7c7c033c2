//! The command line of `isobath-bench`.
//!
//! `client` and `demo` share the shape of the load ([`LoadArgs`]); they differ in where the node is and when to stop.
//! Ranges are checked here, so the rest of the program does not check its numbers.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::quality::Contention;
use crate::workload::Kind;

/// Load generator and benchmarks for Isobath nodes: drives, measures and verifies.
#[derive(Debug, Parser)]
#[command(name = "isobath-bench", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send transfers to a running node and wait until all are confirmed
    ///
    /// Derives N accounts from the seed and funds them by airdrop or --keypair, signs the transfers on all cores, sends
    /// them over several connections with a bounded number in flight, and compares the balance of every account with
    /// what its transfers left. The keys follow from the seed and are public: keep nothing of value in them.
    #[command(after_help = CLIENT_EXAMPLES)]
    Client(ClientArgs),
    /// Start a throw-away node in-process, drive it, check it, cut its power
    ///
    /// The node writes real files in a temporary folder and serves JSON-RPC on a free loopback port, through which the
    /// load goes. After the load every account is compared with what its transfers left, and the sum of all accounts
    /// with the capitalization and the burned fees. Then the power is cut: the files are rolled back to their last
    /// sync, a fresh node opens them, and every transfer reported as confirmed and every balance is looked up. The exit
    /// code is 0 only if every check passes.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Measure the latency of sendTransaction with preflight under full blocks
    ///
    /// Starts a throw-away node in-process, keeps its blocks full with pre-verified transfers, and sends signed
    /// transactions over loopback HTTP at a fixed rate. Latency runs from the due time of a call, so a stalled node is
    /// charged for every call it should have answered. The exit code is 0 only if the blocks were full, every call was
    /// answered and confirmed, and the 99th percentile is below 5 ms.
    #[command(after_help = LATENCY_EXAMPLES)]
    Latency(LatencyArgs),
    /// Measure how much a getProgramAccounts over many accounts slows block execution
    ///
    /// Starts a throw-away node in-process with the accounts in its genesis, keeps its blocks full, and compares the
    /// producer's time per transaction in intervals with and without a client that scans back to back. The exit code is
    /// 0 only if the producer runs and waits at most 5 % longer, excluding time without a core.
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArgs),
    /// Measure the CPU time per signature, by batch size and instruction set
    ///
    /// Verifies 65,536 distinct signatures of 200-byte messages, each by its own key, in batches of 1 to 4,096, on one
    /// thread and without a key cache. All paths, hostile batches and ed25519-dalek's verify_strict take turns, so all
    /// run under the same conditions. The exit code is 0 only if every target that this machine can measure was
    /// reached.
    #[command(after_help = SIGVERIFY_EXAMPLES)]
    Sigverify(SigverifyArgs),
    /// Measure the CPU time of executing blocks, without a node, beside a floor
    ///
    /// Takes blocks of transactions from wire bytes, whose signatures count as checked, to a sealed header and a result
    /// with all roots, with the accounts moved on so that the next block can open. Making the transactions and the
    /// ledger are not timed. The floor is a loop that does every hash that the blocks owe, finds the accounts and moves
    /// the lamports. Every outcome is checked.
    #[command(after_help = EXECUTION_EXAMPLES)]
    Execution(ExecutionArgs),
    /// Measure the CPU time of scheduling a transaction, without executing it
    ///
    /// Registers transactions of two writable accounts and one that is read in a schedule whose window stays full, and
    /// completes them, on one thread: with their ids known, and from keys that are looked up in the index of all accounts.
    #[command(after_help = SCHEDULER_EXAMPLES)]
    Scheduler(SchedulerArgs),
    /// Project the executor to more cores from what its stages cost on one and two threads
    ///
    /// Executes the same blocks of transfers on one and on two threads in turns, splits each stage into what one thread does
    /// alone and what all share, and computes transactions per second for more cores with the model of docs/bench.md. It is
    /// a projection, not a measurement; where the machine has the cores, the measured rate is printed beside it.
    #[command(after_help = PROJECTION_EXAMPLES)]
    Projection(ProjectionArgs),
    /// Measure the CPU time of a node per transfer, from the pool to the notice
    ///
    /// Starts a throw-away node in-process and without JSON-RPC, and hands it transfers as verification does: decoded,
    /// admitted, their signatures taken as checked. Timed are all threads of the node until the notice of the last
    /// transfer is taken, the ledger with its syncs included, less what the feeder does for itself. Every transfer must
    /// be notified once and as a success, and every account must hold what its transfers left.
    #[command(after_help = PIPELINE_EXAMPLES)]
    Pipeline(PipelineArgs),
    /// Measure the CPU time of updating the state tree in batches, beside a floor
    ///
    /// Builds a tree of N accounts in memory, then updates it in batches. The floor hashes the branches that the format asks
    /// for, with full lanes, and looks every changed account up once. The exit code is 0 only if the root at the end is
    /// that of all accounts at once and every proof holds.
    #[command(after_help = STATE_TREE_EXAMPLES)]
    StateTree(StateTreeArgs),
    /// Compare schedules of seeded blocks with a lower bound, in virtual time
    ///
    /// Simulates the scheduled stage and two schedulers of Agave on blocks with skewed costs, of which schedulers know
    /// the declared compute units only, for 2 to 64 workers. A seed gives the same figures on every machine. The exit
    /// code is 0 only if our makespan is at most 1.10 times the lower bound in the mean and 1.35 times at the 99th
    /// percentile, and no scheduler of Agave is shorter in the mean.
    #[command(after_help = QUALITY_EXAMPLES)]
    ScheduleQuality(QualityArgs),
}

const CLIENT_EXAMPLES: &str = "\
Examples:
  isobath-bench client --accounts 1000 --txs 100000
  isobath-bench client --url http://127.0.0.1:8899 --txs 5000 --rate 500 --json
  isobath-bench client --keypair funder.json --accounts 64 --txs 10000

Timed: first transfer sent to last confirmation. Not timed: deriving and funding the accounts, and filling the
signing queue.";

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

const EXECUTION_EXAMPLES: &str = "\
Examples:
  isobath-bench execution --serial
  isobath-bench execution --serial --accounts 1000000 --workload zipf --json
  isobath-bench execution --oracle --accounts 1000 --block-transactions 500 --warmup-blocks 5 --blocks 10

Timed: admission, execution, seal with all roots, moving chain and accounts on. Not timed: making the transactions,
checking signatures, writing and syncing the ledger.";

const STATE_TREE_EXAMPLES: &str = "\
Examples:
  isobath-bench state-tree
  isobath-bench state-tree --accounts 1000000 --batch 10000 --mix insert-delete --json

Timed: paths of the keys, their order, pages, branches, the root. Not timed: the leaves; nothing goes to disk.";

const SCHEDULER_EXAMPLES: &str = "\
Examples:
  isobath-bench scheduler
  isobath-bench scheduler --accounts 10000 --json
  isobath-bench scheduler --window 256 --rounds 5

Timed: hashing keys and finding ids (with key resolution), taking locks, the queue of what can run, releasing locks. Not
timed: making the transactions.";

const PROJECTION_EXAMPLES: &str = "\
Examples:
  isobath-bench projection
  isobath-bench projection --accounts 1000000 --json
  isobath-bench projection --cores 8,96 --memory-gb-per-s 400";

const QUALITY_EXAMPLES: &str = "\
Examples:
  isobath-bench schedule-quality
  isobath-bench schedule-quality --workload markets --blocks 200 --json
  isobath-bench schedule-quality --bands 50 --block-transactions 8000";

const PIPELINE_EXAMPLES: &str = "\
Examples:
  isobath-bench pipeline
  isobath-bench pipeline --accounts 1000000 --transfers 2000000 --workload zipf --json
  isobath-bench pipeline --ledger /mnt/disk --slot-ms 400 --block-transactions 100000

Timed: the checks of admission control against the published view, pool, execution, seal, record with its sync,
publication, notices. Not timed: making, decoding and admitting the transfers, checking signatures.";

/// The command line of this process; ends it with exit code 2 if that is invalid.
pub(crate) fn parse() -> Cli {
    let cli = Cli::parse();
    if let Err(contradiction) = cli.check() {
        Cli::command()
            .error(ErrorKind::ArgumentConflict, contradiction)
            .exit()
    }
    cli
}

impl Cli {
    /// Whether the arguments fit each other; if not, what contradicts what.
    fn check(&self) -> Result<(), String> {
        match &self.command {
            Command::Client(args) => args.load.check(),
            Command::Demo(args) => args.load.check(),
            Command::Scheduler(args) if !args.window.is_power_of_two() => Err(format!(
                "--window {} is not a power of two; give one, such as 2048",
                args.window
            )),
            Command::Latency(_)
            | Command::Scan(_)
            | Command::Sigverify(_)
            | Command::Execution(_)
            | Command::Pipeline(_)
            | Command::Scheduler(_)
            | Command::Projection(_)
            | Command::StateTree(_)
            | Command::ScheduleQuality(_) => Ok(()),
        }
    }
}

/// Arguments of `sigverify`.
#[derive(Debug, Args)]
pub(crate) struct SigverifyArgs {
    /// Backend: best, all of this machine, or one by name (avx512-ifma, avx2, portable)
    ///
    /// `ours_us` reports the fastest of them; only the selected backends are measured.
    #[arg(long, value_name = "B", default_value = "all")]
    pub(crate) backend: String,
    /// Number of turns of each path
    #[arg(long, value_name = "R", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// Approximate CPU time to measure for, in seconds
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `execution`.
#[derive(Debug, Args)]
#[group(id = "executor", required = true, multiple = false, args = ["threads", "serial", "oracle"])]
pub(crate) struct ExecutionArgs {
    /// Measure the executor of the node, on T threads
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=62))]
    pub(crate) threads: Option<u32>,
    /// Measure the executor that runs on one thread, without account locks
    #[arg(long)]
    pub(crate) serial: bool,
    /// Measure the oracle, with which the executor of the node is compared
    #[arg(long)]
    pub(crate) oracle: bool,
    /// Number of accounts that pay each other
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) accounts: u64,
    /// What the transactions do
    #[arg(long, value_name = "W", value_enum, default_value = "disjoint")]
    pub(crate) workload: Kind,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) block_transactions: u64,
    /// Blocks before the timed ones; the replay window and the accounts are in a steady state after 300
    #[arg(long, value_name = "B", default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) warmup_blocks: u32,
    /// Timed blocks
    #[arg(long, value_name = "B", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) blocks: u32,
    /// Seed of keys and orders
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `scheduler`.
#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// Number of accounts of the store
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(4..=4_000_000))]
    pub(crate) accounts: u32,
    /// Transactions that are registered and not completed: a power of two
    #[arg(long, value_name = "N", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub(crate) window: u32,
    /// Transactions of each workload in a round
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) transactions: u32,
    /// Rounds in which every workload has its turn
    #[arg(long, value_name = "R", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// Seed of keys and orders
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `projection`.
#[derive(Debug, Args)]
pub(crate) struct ProjectionArgs {
    /// Numbers of cores
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "4,8,16,32,64,128", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) cores: Vec<u32>,
    /// Number of accounts that pay each other
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) accounts: u64,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) block_transactions: u64,
    /// Blocks before the timed ones; the replay window is full after 150
    #[arg(long, value_name = "B", default_value_t = 160, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) warmup_blocks: u32,
    /// Rounds in which every number of threads has its turn
    #[arg(long, value_name = "R", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// Timed blocks of a turn
    #[arg(long, value_name = "B", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) round_blocks: u32,
    /// Gigabytes per second that the memory of the larger machine moves: an assumption
    #[arg(long, value_name = "GB", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) memory_gb_per_s: u32,
    /// Bytes that a transfer moves to and from memory, if nothing stays in a cache from stage to stage: an assumption
    #[arg(long, value_name = "B", default_value_t = 6_144, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) bytes_per_transaction: u32,
    /// Seed of keys and orders
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `state-tree`.
#[derive(Debug, Args)]
pub(crate) struct StateTreeArgs {
    /// Number of accounts
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) accounts: u32,
    /// Changes in one update
    #[arg(long, value_name = "B", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) batch: u32,
    /// What the changes are
    #[arg(long, value_name = "M", value_enum, default_value_t = Mix::Overwrite)]
    pub(crate) mix: Mix,
    /// Timed updates
    #[arg(long, value_name = "R", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rounds: u32,
    /// Threads that share an update
    #[arg(long, value_name = "T", default_value = "1")]
    pub(crate) threads: NonZeroUsize,
    /// Accounts, and as many keys without one, whose proofs are made and verified
    #[arg(long, value_name = "P", default_value_t = 1_000)]
    pub(crate) proofs: u32,
    /// Seed of the accounts and changes
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What an update of the state tree changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mix {
    /// Accounts that exist
    Overwrite,
    /// Half of them new accounts, the others closed
    InsertDelete,
}

impl Mix {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::InsertDelete => "insert-delete",
        }
    }
}

/// Arguments of `pipeline`.
#[derive(Debug, Args)]
pub(crate) struct PipelineArgs {
    /// Number of accounts that pay each other
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) accounts: u64,
    /// Timed transfers
    #[arg(long, value_name = "M", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) transfers: u64,
    /// Transfers before the timed ones
    #[arg(long, value_name = "M", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    pub(crate) warmup_transfers: u64,
    /// Who receives: pairs that share no account, receivers by Zipf's law, one receiver
    #[arg(long, value_name = "W", default_value = "disjoint", value_parser = transfers_parser())]
    pub(crate) workload: Kind,
    /// Slot time of the node in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    /// Maximum transactions in each block
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=200_000))]
    pub(crate) block_transactions: u64,
    /// Folder in which the ledger gets a folder of its own, removed afterwards [default: TMPDIR]
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: Option<PathBuf>,
    /// Seed of keys and orders
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Parses the workloads whose transactions are transfers that succeed.
fn transfers_parser() -> impl TypedValueParser<Value = Kind> {
    let names = [Kind::Disjoint, Kind::Zipf, Kind::Hot].map(Kind::name);
    PossibleValuesParser::new(names).try_map(|name| Kind::from_str(&name, false))
}

/// Arguments of `schedule-quality`.
#[derive(Debug, Args)]
pub(crate) struct QualityArgs {
    /// Which transactions conflict [default: all workloads in turn]
    #[arg(long, value_name = "W", value_enum)]
    pub(crate) workload: Option<Contention>,
    /// Blocks of each workload
    #[arg(long, value_name = "B", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) blocks: u32,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) block_transactions: u32,
    /// Bands of priority; a builder changes the order within a band only
    #[arg(long, value_name = "B", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) bands: u32,
    /// Seed of the blocks
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
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
    /// Slot time of the node in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Accounts of the scanned program, 165 bytes each
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) accounts: u64,
    /// Accounts that a scan returns
    #[arg(long, value_name = "M", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) matching: u64,
    /// Pairs of intervals without and with scans
    #[arg(long, value_name = "P", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) pairs: u32,
    /// Length of each interval in seconds
    #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) stretch_seconds: u64,
    /// Transactions in each block
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) block_transactions: u64,
    /// Slot time of the node in milliseconds
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
    /// Solana keypair file that funds the accounts [default: an airdrop]
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
    /// Slot time of the node in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub(crate) slot_ms: u64,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

/// Batches per second at a fixed rate; fewer would come in bursts longer than a slot.
const BATCHES_PER_SECOND_MIN: u32 = 20;

/// Transfers per request unless the command line says otherwise.
const BATCH_DEFAULT: u32 = 64;

/// The shape of the load of `client` and `demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Number of accounts that pay each other
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(2..=10_000_000))]
    pub(crate) accounts: u64,
    /// Maximum transfers in flight (sent, not yet confirmed)
    #[arg(long, value_name = "W", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) window: u32,
    /// Transfers per HTTP request, at most those of the window; more than fit 50 KiB go out in several requests
    /// [default: 64, or what window and rate allow]
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) batch: Option<u32>,
    /// Concurrent HTTP connections
    #[arg(long, value_name = "C", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) connections: u32,
    /// Transfers per second; each has a due time from which its latency counts [default: as fast as the window allows]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Seconds without progress before the run gives up; a lost transfer is sent again only after its blockhash
    /// expires, in 150 slots
    #[arg(long, value_name = "S", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) timeout: u64,
    /// Signing threads, and as many I/O threads [default: one per core]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Seed of the accounts' keys
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl LoadArgs {
    /// Number of threads: `--threads`, else one per core.
    pub(crate) fn thread_count(&self) -> usize {
        self.threads.map_or_else(crate::machine::core_count, usize::from)
    }

    /// Transfers per request: `--batch`, but at most the window, of which a batch acquires all its permits at once, and
    /// at most a twentieth of the rate, so that a low rate does not come in bursts.
    pub(crate) fn batch_used(&self) -> u32 {
        let evenly = self
            .rate
            .map_or(u32::MAX, |rate| (rate / BATCHES_PER_SECOND_MIN).max(1));
        self.batch.unwrap_or(BATCH_DEFAULT).min(self.window).min(evenly)
    }

    /// What to tell the user if the rate allows only smaller batches than were asked for.
    pub(crate) fn batch_note(&self) -> Option<String> {
        let (batch, rate, used) = (self.batch?, self.rate?, self.batch_used());
        (used < batch).then(|| {
            format!(
                "note: --rate {rate} lowers --batch {batch} to {used}, so that batches come at least \
                 {BATCHES_PER_SECOND_MIN} times per second"
            )
        })
    }

    fn check(&self) -> Result<(), String> {
        match self.batch {
            Some(batch) if batch > self.window => Err(format!(
                "a batch of {batch} transfers never fits a window of {}; lower --batch or raise --window",
                self.window
            )),
            _ => Ok(()),
        }
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
            (&["--window", "10"], 10),
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
    fn a_batch_beyond_the_window_is_a_contradiction_and_one_beyond_the_rate_is_said() {
        let load = |arguments: &[&str]| {
            let all = ["isobath-bench", "demo"].iter().chain(arguments);
            match Cli::try_parse_from(all).unwrap().command {
                Command::Demo(args) => args.load,
                _ => panic!("demo was asked for"),
            }
        };
        let error = load(&["--batch", "64", "--window", "10"]).check().unwrap_err();
        assert!(
            error.contains("64") && error.contains("10") && error.contains("--window"),
            "{error}"
        );
        load(&["--batch", "64", "--window", "64"]).check().unwrap();
        load(&["--window", "10"]).check().unwrap();

        let note = load(&["--batch", "64", "--rate", "200"]).batch_note().unwrap();
        assert!(note.contains("--batch 64 to 10"), "{note}");
        assert_eq!(load(&["--rate", "200"]).batch_note(), None);
        assert_eq!(load(&["--batch", "8", "--rate", "200"]).batch_note(), None);
    }

    #[test]
    fn out_of_range_numbers_are_rejected() {
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
            ["isobath-bench", "execution", "--blocks", "0"],
            ["isobath-bench", "execution", "--serial", "--oracle"],
            ["isobath-bench", "scheduler", "--window", "0"],
            ["isobath-bench", "scheduler", "--accounts", "3"],
            ["isobath-bench", "pipeline", "--transfers", "0"],
            ["isobath-bench", "pipeline", "--workload", "failing"],
        ] {
            assert!(Cli::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
    }
}
