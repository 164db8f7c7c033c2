//! The command line.

use clap::{Args, Parser, Subcommand};

use crate::workload::Kind;

/// Times execution and scheduling beside Solana's
#[derive(Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to time.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// CPU time per transfer: our executor, a Bank and litesvm over the same blocks
    Execution(ExecutionArgs),
    /// CPU time per transaction: our schedule, prio-graph and the unified scheduler over the same transactions
    Scheduler(SchedulerArgs),
    /// Makespans of Agave's former scheduler around the real prio-graph, as a fixture
    Schedules,
}

/// Of `execution`.
#[derive(Args)]
pub(crate) struct ExecutionArgs {
    /// Number of accounts that pay each other
    #[arg(long, default_value_t = 10_000)]
    pub(crate) accounts: usize,
    /// What the transfers do
    #[arg(long, value_enum, default_value = "disjoint")]
    pub(crate) workload: Kind,
    /// Transactions in each block
    #[arg(long, default_value_t = 4_096)]
    pub(crate) block_transactions: usize,
    /// Blocks before the timed ones
    #[arg(long, default_value_t = 160)]
    pub(crate) warmup_blocks: usize,
    /// Rounds in which every system has its turn
    #[arg(long, default_value_t = 10)]
    pub(crate) rounds: usize,
    /// Timed blocks of a turn
    #[arg(long, default_value_t = 4)]
    pub(crate) round_blocks: usize,
    /// Systems to leave out: parallel, bank, litesvm
    #[arg(long, value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Write the Bank's accounts to files after each block, within the timer
    #[arg(long)]
    pub(crate) flush: bool,
    /// Seed of keys and orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the report as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `scheduler`.
#[derive(Args)]
pub(crate) struct SchedulerArgs {
    /// Number of accounts
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) accounts: u32,
    /// Transactions that are registered and not completed: a power of two
    #[arg(long, default_value_t = 2_048)]
    pub(crate) window: u32,
    /// Transactions of each workload in a round
    #[arg(long, default_value_t = 100_000)]
    pub(crate) transactions: u32,
    /// Rounds in which every scheduler has its turn
    #[arg(long, default_value_t = 11)]
    pub(crate) rounds: u32,
    /// Seed of keys and orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the report as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
