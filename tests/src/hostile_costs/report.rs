//! The worst that a search has found.

use std::collections::BTreeMap;
use std::fmt;

use isobath_sdk::wire::view::TransactionView;
use serde_json::{Value, json};

use super::TIMES_MAX;
use super::measure::{Counts, Measured, Quantity};
use crate::words;

/// The worst candidate for one quantity.
#[derive(Clone, Debug)]
pub struct Worst {
    /// What it does per unit of cost, in multiples of a plain transfer.
    pub times: f64,
    /// Seed of the round that found it.
    pub seed: u64,
    /// The transactions.
    pub wires: Vec<Vec<u8>>,
    /// Each of them, simulated alone.
    pub alone: Vec<Counts>,
    /// All of them in a block.
    pub block: Counts,
    /// What became of them there.
    pub outcomes: Vec<String>,
}

impl Worst {
    /// Transactions in words.
    pub(super) fn words(wires: &[Vec<u8>]) -> String {
        let views = wires.iter().filter_map(|wire| TransactionView::parse(wire).ok());
        let words: Vec<String> = views.map(|view| words::transaction(&view)).collect();
        words.join("\nthen ")
    }
}

/// What a search has found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Candidates measured.
    pub tried: u64,
    /// A plain transfer, simulated.
    pub transfer: Counts,
    /// A plain transfer, in a block.
    pub transfer_in_block: Counts,
    worst: BTreeMap<Quantity, Worst>,
}

impl Report {
    pub(super) const fn new(transfer: Counts, transfer_in_block: Counts) -> Self {
        Self {
            tried: 0,
            transfer,
            transfer_in_block,
            worst: BTreeMap::new(),
        }
    }

    pub(super) fn see(
        &mut self,
        quantity: Quantity,
        seed: u64,
        wires: &[Vec<u8>],
        measured: &Measured,
        times: f64,
    ) {
        if self
            .worst
            .get(&quantity)
            .is_some_and(|worst| worst.times >= times)
        {
            return;
        }
        let worst = Worst {
            times,
            seed,
            wires: wires.to_vec(),
            alone: measured.alone.clone(),
            block: measured.block,
            outcomes: measured.outcomes.clone(),
        };
        self.worst.insert(quantity, worst);
    }

    /// The worst candidate for `quantity`.
    #[must_use]
    pub fn worst(&self, quantity: Quantity) -> Option<&Worst> {
        self.worst.get(&quantity)
    }

    /// The worst of all, in multiples of a plain transfer.
    #[must_use]
    pub fn times(&self) -> f64 {
        self.worst.values().map(|worst| worst.times).fold(0.0, f64::max)
    }

    /// The report for machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let counts = |counts: &Counts| {
            json!({
                "copied_bytes": counts.work.copied_bytes,
                "zeroed_bytes": counts.work.zeroed_bytes,
                "hash_blocks": counts.work.hash_blocks,
                "table_probes": counts.work.table_probes,
                "recorded_bytes": counts.work.recorded_bytes,
                "written_bytes": counts.written_bytes,
                "cost_units": counts.cost_units,
            })
        };
        let worst: serde_json::Map<String, Value> = self
            .worst
            .iter()
            .map(|(quantity, worst)| {
                let value = json!({
                    "times": worst.times,
                    "seed": worst.seed,
                    "alone": worst.alone.iter().map(counts).collect::<Vec<_>>(),
                    "block": counts(&worst.block),
                    "outcomes": worst.outcomes,
                    "words": Worst::words(&worst.wires),
                });
                (quantity.name().to_owned(), value)
            })
            .collect();
        json!({
            "tried": self.tried,
            "times_max": TIMES_MAX,
            "times": self.times(),
            "transfer": counts(&self.transfer),
            "transfer_in_block": counts(&self.transfer_in_block),
            "worst": worst,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} candidates; a plain transfer: {:?}",
            self.tried, self.transfer
        )?;
        for (quantity, worst) in &self.worst {
            writeln!(
                f,
                "\n{}: {:.2} times a transfer (at most {TIMES_MAX}), seed {}, {}",
                quantity.name(),
                worst.times,
                worst.seed,
                worst.outcomes.join(", then ")
            )?;
            writeln!(f, "  alone {:?}\n  block {:?}", worst.alone, worst.block)?;
            writeln!(f, "  {}", Worst::words(&worst.wires))?;
        }
        Ok(())
    }
}
