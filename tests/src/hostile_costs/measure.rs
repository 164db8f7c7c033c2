//! Quantities and cost of a candidate: each of its transactions simulated alone, and all of them in one block.

use isobath_sdk::chain::record::{BlockRecord, RecordedDelta};
use isobath_sdk::program::Work;

use super::scene::Scene;

/// What is counted per unit of cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Bytes copied.
    CopiedBytes,
    /// Blocks of 64 bytes hashed.
    HashBlocks,
    /// Look-ups in tables.
    TableProbes,
    /// Bytes of the record, as the transaction is charged for them.
    RecordedBytes,
    /// Bytes of the record as it is written.
    WrittenBytes,
}

impl Quantity {
    /// All quantities.
    pub const ALL: [Self; 5] = [
        Self::CopiedBytes,
        Self::HashBlocks,
        Self::TableProbes,
        Self::RecordedBytes,
        Self::WrittenBytes,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CopiedBytes => "copied_bytes",
            Self::HashBlocks => "hash_blocks",
            Self::TableProbes => "table_probes",
            Self::RecordedBytes => "recorded_bytes",
            Self::WrittenBytes => "written_bytes",
        }
    }
}

/// Quantities and the cost that goes with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What was counted.
    pub work: Work,
    /// Bytes by which the record of the block grew; 0 for a simulation.
    pub written_bytes: u64,
    /// Units of cost.
    pub cost_units: u64,
}

impl Counts {
    const fn of(&self, quantity: Quantity) -> u64 {
        match quantity {
            Quantity::CopiedBytes => self.work.copied_bytes,
            Quantity::HashBlocks => self.work.hash_blocks,
            Quantity::TableProbes => self.work.table_probes,
            Quantity::RecordedBytes => self.work.recorded_bytes,
            Quantity::WrittenBytes => self.written_bytes,
        }
    }

    /// The same with the headers of the two accounts that a transfer copies, 100 bytes each, which nothing counts.
    pub(super) fn with_headers(mut self) -> Self {
        self.work.copied_bytes = self.work.copied_bytes.max(200);
        self
    }

    /// How many times what `plain` does per unit of cost this does.
    #[expect(clippy::cast_precision_loss, reason = "a ratio for reports and bounds")]
    pub(super) fn times(&self, plain: &Self, quantity: Quantity) -> f64 {
        let per_unit = |counts: &Self| counts.of(quantity) as f64 / counts.cost_units.max(1) as f64;
        per_unit(self) / per_unit(plain)
    }
}

/// What a candidate came to.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    /// Of each transaction, simulated alone.
    pub(super) alone: Vec<Counts>,
    /// Of all that had an effect, in one block.
    pub(super) block: Counts,
    /// The outcomes in the block, in words.
    pub(super) outcomes: Vec<String>,
}

impl Measured {
    /// The most that the candidate does of `quantity` per unit of cost, in multiples of a plain transfer.
    pub(super) fn times(&self, plain: &Self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::WrittenBytes => self.block.times(&plain.block, quantity),
            _ => {
                let each = self
                    .alone
                    .iter()
                    .map(|counts| counts.times(&plain.alone[0], quantity));
                each.fold(0.0, f64::max)
            }
        }
    }
}

impl Scene {
    /// Measures transactions; `None` if one is not admitted.
    pub(super) fn measure(&self, wires: &[Vec<u8>]) -> Option<Measured> {
        let runtime = &self.world.runtime;
        let txs: Vec<_> = wires
            .iter()
            .map(|wire| self.world.admit(wire))
            .collect::<Result<_, _>>()
            .ok()?;
        let view = self.world.db.view();
        let alone = txs.iter().map(|tx| {
            let simulation = runtime.simulate(&self.world.chain, &view, tx);
            Counts {
                work: simulation.work,
                written_bytes: 0,
                cost_units: simulation.cost_units(tx),
            }
        });
        let alone = alone.collect();
        let (mut block, mut outcomes) = (Counts::default(), Vec::new());
        let mut open = self.world.open_block(0);
        for tx in &txs {
            let error = match open.try_execute(tx) {
                Ok(execution) => execution.outcome.error,
                Err(error) => {
                    outcomes.push(format!("no effect: {error:?}"));
                    continue;
                }
            };
            outcomes.push(error.map_or_else(|| "succeeded".to_owned(), |error| format!("failed: {error:?}")));
            block.cost_units += open.spent().cost_units;
            block.work.recorded_bytes += open.spent().record_bytes;
        }
        block.written_bytes = self.record_len(&open.seal().into_stored()) - self.empty_record_len();
        Some(Measured {
            alone,
            block,
            outcomes,
        })
    }

    fn empty_record_len(&self) -> u64 {
        self.record_len(&self.world.open_block(0).seal().into_stored())
    }

    /// Bytes of a record as the ledger writes it.
    fn record_len(&self, record: &BlockRecord) -> u64 {
        let view = self.world.db.view();
        let delta = RecordedDelta::new(&record.delta, |key| view.get(key));
        let history = borsh::to_vec(&record.history).expect("memory takes every write");
        let delta = borsh::to_vec(&delta).expect("memory takes every write");
        (history.len() + delta.len()) as u64
    }
}
