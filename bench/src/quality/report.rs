//! The report in its two forms. The fields of the JSON form are listed in `docs/bench.md`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::{OutputFormat, QualityArgs};

/// The most that ours may need of the bound: in the mean, and at the 99th percentile.
const BAR: (f64, f64) = (1.10, 1.35);

/// Whose schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    /// Ours: the block as given, ranked by tail.
    Scheduled,
    /// Ours on the order of a builder that looks ahead, ranked by tail.
    Reordered,
    /// The block as given, ranked by position.
    ByPosition,
    /// The block as given, the best of all by tail: what queues per worker cannot exceed.
    Shared,
    /// Agave's greedy scheduler.
    Greedy,
    /// Agave's scheduler by a priority graph.
    PrioGraph,
}

/// All of them, in the order of the report.
const POLICIES: [Policy; 6] = [
    Policy::Scheduled,
    Policy::Reordered,
    Policy::ByPosition,
    Policy::Shared,
    Policy::Greedy,
    Policy::PrioGraph,
];

impl Policy {
    /// Whether the bar is for it.
    const fn is_ours(self) -> bool {
        matches!(self, Self::Scheduled | Self::Reordered)
    }
}

/// What was measured, for a reader.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    version: &'static str,
    blocks: u32,
    block_transactions: u32,
    bands: u32,
    seed: u64,
    ok: bool,
    pub(super) cells: Vec<Cell>,
}

/// One workload on so many workers.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    workload: &'static str,
    workers: usize,
    policies: Vec<Figures>,
}

/// One policy in a cell.
#[derive(Debug, Serialize)]
struct Figures {
    policy: Policy,
    /// Makespan over the bound of the order that the policy keeps.
    ratio_mean: f64,
    ratio_p99: f64,
    /// Makespan over the bound of the block as given.
    ratio_to_given_mean: f64,
    #[serde(skip)]
    ratios: Vec<f64>,
    #[serde(skip)]
    to_given: Vec<f64>,
}

impl Cell {
    pub(super) fn new(workload: &'static str, workers: usize) -> Self {
        let figures = |policy| Figures {
            policy,
            ratio_mean: 0.0,
            ratio_p99: 0.0,
            ratio_to_given_mean: 0.0,
            ratios: Vec::new(),
            to_given: Vec::new(),
        };
        Self {
            workload,
            workers,
            policies: POLICIES.map(figures).into(),
        }
    }

    /// Adds a block.
    #[expect(clippy::cast_precision_loss, reason = "ratios to three digits")]
    pub(super) fn add(&mut self, policy: Policy, makespan: u64, bound: u64, bound_as_given: u64) {
        let figures = self.policies.iter_mut().find(|figures| figures.policy == policy);
        let figures = figures.expect("every policy is listed");
        figures.ratios.push(makespan as f64 / bound.max(1) as f64);
        figures
            .to_given
            .push(makespan as f64 / bound_as_given.max(1) as f64);
        figures.ratios.sort_by(f64::total_cmp);
        figures.ratio_mean = mean(&figures.ratios);
        figures.ratio_p99 = figures.ratios[(figures.ratios.len() * 99).div_ceil(100) - 1];
        figures.ratio_to_given_mean = mean(&figures.to_given);
    }

    fn has_reached_bar(&self) -> bool {
        let (mean, p99) = BAR;
        let ours = self.policies.iter().filter(|figures| figures.policy.is_ours());
        ours.clone()
            .all(|figures| figures.ratio_mean <= mean && figures.ratio_p99 <= p99)
    }

    /// Whether a scheduler of Agave has the shorter mean.
    fn is_beaten(&self) -> bool {
        let mean_of = |is_ours: bool| {
            let policies = self.policies.iter();
            let wanted = policies.filter(|figures| match is_ours {
                true => figures.policy.is_ours(),
                false => matches!(figures.policy, Policy::Greedy | Policy::PrioGraph),
            });
            wanted
                .map(|figures| figures.ratio_to_given_mean)
                .fold(f64::INFINITY, f64::min)
        };
        mean_of(true) > mean_of(false) * 1.0005
    }
}

#[expect(clippy::cast_precision_loss, reason = "blocks are few")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Report {
    pub(super) const fn new(args: &QualityArgs) -> Self {
        Self {
            command: "schedule-quality",
            version: env!("CARGO_PKG_VERSION"),
            blocks: args.blocks,
            block_transactions: args.block_transactions,
            bands: args.bands,
            seed: args.seed,
            ok: true,
            cells: Vec::new(),
        }
    }

    /// Prints it; false if a bar was not reached.
    pub(super) fn print(mut self, format: OutputFormat) -> anyhow::Result<bool> {
        self.ok = self
            .cells
            .iter()
            .all(|cell| cell.has_reached_bar() && !cell.is_beaten());
        match format {
            OutputFormat::Json => println!("{}", serde_json::to_string(&self)?),
            OutputFormat::Human => print!("{}", self.human()),
        }
        Ok(self.ok)
    }

    fn human(&self) -> String {
        let (mean, p99) = BAR;
        let mut text = format!(
            "makespan over the lower bound of the order kept: mean, p99, and (mean over that of the block as given)\n\
             bar: {mean:.2} {p99:.2}, and no scheduler of Agave shorter; misses are marked\n\n{:12} {:>7}",
            "workload", "workers"
        );
        for policy in POLICIES {
            let _ = write!(text, "  {:>21}", format!("{policy:?}"));
        }
        text.push('\n');
        for cell in &self.cells {
            let _ = write!(text, "{:12} {:>7}", cell.workload, cell.workers);
            for figures in &cell.policies {
                let _ = write!(
                    text,
                    "  {:.3} {:.3} ({:.3})",
                    figures.ratio_mean, figures.ratio_p99, figures.ratio_to_given_mean
                );
            }
            let bar = if cell.has_reached_bar() {
                ""
            } else {
                "  above the bar"
            };
            let beaten = if cell.is_beaten() {
                "  Agave is shorter"
            } else {
                ""
            };
            let _ = writeln!(text, "{bar}{beaten}");
        }
        text
    }
}
