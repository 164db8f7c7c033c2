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
    /// Ours: the block as given, all of it known.
    Scheduled,
    /// Ours: the block as given, taken from the pool as the node does.
    Pulled,
    /// Agave's greedy scheduler.
    Greedy,
    /// Ours on the order that the greedy scheduler made.
    AfterGreedy,
    /// Agave's scheduler by a priority graph.
    PrioGraph,
    /// Ours on the order that the priority graph made.
    AfterPrioGraph,
}

/// All of them, in the order of the report.
const POLICIES: [Policy; 6] = [
    Policy::Scheduled,
    Policy::Pulled,
    Policy::Greedy,
    Policy::AfterGreedy,
    Policy::PrioGraph,
    Policy::AfterPrioGraph,
];

/// The schedulers of Agave, each with ours on the order that it made.
const RIVALS: [(Policy, Policy); 2] = [
    (Policy::Greedy, Policy::AfterGreedy),
    (Policy::PrioGraph, Policy::AfterPrioGraph),
];
/// What a mean may be longer than another and still count as equal.
const EQUAL: f64 = 1.0005;

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
    /// What was not reached, cell by cell.
    misses: Vec<String>,
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

    fn figures(&self, policy: Policy) -> &Figures {
        let mut figures = self.policies.iter();
        figures
            .find(|figures| figures.policy == policy)
            .expect("every policy is listed")
    }

    /// What was not reached: bar by bar, with its figures.
    fn misses(&self) -> Vec<String> {
        let mut misses = self.misses_of_bound();
        misses.extend(self.misses_of_rivals());
        misses
    }

    fn name(&self) -> String {
        format!("{}, {} workers", self.workload, self.workers)
    }

    /// Where ours is too far above the bound.
    pub(super) fn misses_of_bound(&self) -> Vec<String> {
        let cell = self.name();
        let ours = self.figures(Policy::Scheduled);
        let mut misses = Vec::new();
        for (name, figure, bar) in [
            ("mean", ours.ratio_mean, BAR.0),
            ("99th percentile", ours.ratio_p99, BAR.1),
        ] {
            if figure > bar {
                misses.push(format!(
                    "{cell}: {name} {figure:.3} of the bound; the bar is {bar:.2}"
                ));
            }
        }
        misses
    }

    /// Where ours is longer than a scheduler of Agave: on the block as given, to which that may give another order, or on the
    /// order that it made.
    fn misses_of_rivals(&self) -> Vec<String> {
        let cell = self.name();
        let mut misses = Vec::new();
        let given = |policy| self.figures(policy).ratio_to_given_mean;
        for rival in self.shorter_by_order() {
            misses.push(format!(
                "{cell}: {:.3} on the block as given, of which {rival:?} takes {:.3}",
                given(Policy::Scheduled),
                given(rival)
            ));
        }
        for (rival, after) in RIVALS {
            let (theirs, ours) = (self.figures(rival).ratio_mean, self.figures(after).ratio_mean);
            if ours > theirs * EQUAL {
                misses.push(format!(
                    "{cell}: {ours:.3} on the order of {rival:?}, which takes {theirs:.3}"
                ));
            }
        }
        misses
    }

    /// The schedulers of Agave that are shorter on the block as given, since they give it another order.
    fn shorter_by_order(&self) -> Vec<Policy> {
        let ours = self.figures(Policy::Scheduled).ratio_to_given_mean;
        let rivals = RIVALS.map(|(rival, _)| rival).into_iter();
        rivals
            .filter(|rival| ours > self.figures(*rival).ratio_to_given_mean * EQUAL)
            .collect()
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
            misses: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Prints it; false if a bar was not reached.
    pub(super) fn print(mut self, format: OutputFormat) -> anyhow::Result<bool> {
        self.misses = self.cells.iter().flat_map(Cell::misses).collect();
        self.ok = self.misses.is_empty();
        match format {
            OutputFormat::Json => println!("{}", serde_json::to_string(&self)?),
            OutputFormat::Human => print!("{}", self.human()),
        }
        Ok(self.ok)
    }

    fn human(&self) -> String {
        let mut text = format!(
            "makespan over the lower bound of the order kept: mean, p99, and (mean over that of the block as given)\n\n{:12} {:>7}",
            "workload", "workers"
        );
        for policy in POLICIES {
            let _ = write!(text, "  {:>19}", format!("{policy:?}"));
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
            for policy in cell.shorter_by_order() {
                let _ = write!(text, "  {policy:?} is shorter by its order");
            }
            text.push('\n');
        }
        let (mean, p99) = BAR;
        let _ = writeln!(
            text,
            "\nbar: {mean:.2} in the mean and {p99:.2} at the 99th percentile, and no longer than a scheduler of Agave on \
             the order that it made"
        );
        for miss in &self.misses {
            let _ = writeln!(text, "missed: {miss}");
        }
        if self.ok {
            text.push_str("reached\n");
        }
        text
    }
}
