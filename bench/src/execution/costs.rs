//! What blocks cost on several numbers of threads in the same run: of each stage the part that one thread does alone and
//! the part that all share.

use isobath_timing::median;

use super::spent::{Spent, Stages};
use super::{Owed, Run, UNTIMED_BLOCKS};
use crate::cli::ExecutionArgs;
use crate::figures::per;

/// CPU time of a stage per transaction, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct StageCost {
    /// What one thread does while the others wait.
    pub(crate) serial_ns: f64,
    /// What all threads share, summed over them.
    pub(crate) shared_ns: f64,
}

/// What a number of threads takes for the blocks of a workload: medians of the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) threads: u32,
    pub(crate) admit: StageCost,
    pub(crate) execute: StageCost,
    pub(crate) seal: StageCost,
    pub(crate) publish: StageCost,
    /// Transactions per second of wall time.
    pub(crate) tps: f64,
    /// Transactions of the longest chain over those of the block.
    pub(crate) chain_share: f64,
}

/// Executes the same blocks on each number of threads, in turns.
///
/// # Errors
/// When an outcome is not the one that the workload means.
pub(crate) fn measure_costs(
    threads: &[u32],
    rounds: u32,
    args: impl Fn(u32) -> ExecutionArgs,
) -> anyhow::Result<Vec<Costs>> {
    let mut turns = Vec::new();
    for threads in threads {
        let args = args(*threads);
        let mut run = Run::new(&args)?;
        for _ in 0..args.warmup_blocks {
            run.block()?;
        }
        turns.push(Turns {
            threads: *threads,
            blocks: args.blocks,
            run,
            rounds: Vec::new(),
        });
    }
    for _ in 0..rounds {
        for turn in &mut turns {
            turn.one()?;
        }
    }
    Ok(turns.iter().map(Turns::costs).collect())
}

/// The turns of a number of threads.
struct Turns {
    threads: u32,
    blocks: u32,
    run: Run,
    rounds: Vec<Round>,
}

/// What a turn cost.
struct Round {
    stages: Stages,
    transactions: u64,
    longest_chain: f64,
}

impl Turns {
    fn one(&mut self) -> anyhow::Result<()> {
        for _ in 0..UNTIMED_BLOCKS {
            self.run.block()?;
        }
        let (mut stages, mut transactions, mut chains) = (Stages::default(), 0_u64, Vec::new());
        for _ in 0..self.blocks {
            let (spent, owed) = self.run.block()?;
            stages.add(&spent);
            transactions = transactions.saturating_add(owed.transaction_count());
            chains.push(per(Owed::longest_chain(&owed)) / per(owed.transaction_count()));
        }
        self.rounds.push(Round {
            stages,
            transactions,
            longest_chain: median(&chains),
        });
        Ok(())
    }

    fn costs(&self) -> Costs {
        let of = |value: &dyn Fn(&Round) -> f64| median(&self.rounds.iter().map(value).collect::<Vec<_>>());
        let stage = |part: fn(&Stages) -> &Spent| {
            let ns =
                |time: std::time::Duration, round: &Round| time.as_secs_f64() * 1e9 / per(round.transactions);
            StageCost {
                serial_ns: of(&|round| {
                    let spent = part(&round.stages);
                    ns(spent.cpu.saturating_sub(spent.shared), round)
                }),
                shared_ns: of(&|round| ns(part(&round.stages).shared, round)),
            }
        };
        Costs {
            threads: self.threads,
            admit: stage(|stages| &stages.admit),
            execute: stage(|stages| &stages.execute),
            seal: stage(|stages| &stages.seal),
            publish: stage(|stages| &stages.publish),
            tps: of(&|round| per(round.transactions) / round.stages.total().wall.as_secs_f64()),
            chain_share: of(&|round| round.longest_chain),
        }
    }
}
