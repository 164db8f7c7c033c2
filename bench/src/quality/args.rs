//! Arguments of `schedule-quality`.

use clap::Args;

use super::blocks::Contention;
use crate::cli::OutputArgs;

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
