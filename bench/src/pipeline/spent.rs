//! What a round cost: CPU time of the process and of the threads of the node, wall time, bytes of the ledger.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use isobath_node::Node;
use isobath_timing::{ProcessTime, ThreadTime};

use crate::disk::folder_bytes;
use crate::machine::thread_ns;

/// Where the counts are at one moment.
pub(super) struct Reading {
    at: Instant,
    process: ProcessTime,
    own: ThreadTime,
    /// Work of the producer on blocks, without the record.
    producer_ran_ns: u64,
    /// All of the producer's thread.
    producer_ns: Option<u64>,
    /// The thread that enters blocks into the index of addresses.
    addresses_ns: Option<u64>,
    ledger_bytes: u64,
}

/// CPU time of the feeder's thread on what belongs to the node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnBehalf {
    /// Admission, as far as the pool.
    pub(super) pool: Duration,
    /// Receiving notices, and freeing what they hold.
    pub(super) notices: Duration,
}

/// What a round cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) transfers: u64,
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    pub(super) wall: Duration,
    /// CPU time of the node.
    pub(super) node: Duration,
    /// CPU time of the feeder on its own work.
    pub(super) feeder: Duration,
    pub(super) on_behalf: OnBehalf,
    /// The producer: executing, sealing and publishing; and making, writing and syncing the record.
    pub(super) producer: Option<Producer>,
    pub(super) addresses: Option<Duration>,
}

/// CPU time of the producer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Producer {
    pub(super) blocks: Duration,
    pub(super) record: Duration,
}

impl Spent {
    /// The sum of both; a part that one of them lacks is lacking.
    pub(super) fn plus(self, other: Self) -> Self {
        let both = |one: Option<Duration>, other: Option<Duration>| Some(one?.saturating_add(other?));
        let producer = |part: fn(&Producer) -> Duration| {
            both(
                self.producer.as_ref().map(part),
                other.producer.as_ref().map(part),
            )
        };
        let blocks = producer(|producer| producer.blocks);
        let record = producer(|producer| producer.record);
        Self {
            transfers: self.transfers.saturating_add(other.transfers),
            blocks: self.blocks.saturating_add(other.blocks),
            bytes: self.bytes.saturating_add(other.bytes),
            wall: self.wall.saturating_add(other.wall),
            node: self.node.saturating_add(other.node),
            feeder: self.feeder.saturating_add(other.feeder),
            on_behalf: OnBehalf {
                pool: self.on_behalf.pool.saturating_add(other.on_behalf.pool),
                notices: self.on_behalf.notices.saturating_add(other.on_behalf.notices),
            },
            producer: blocks
                .zip(record)
                .map(|(blocks, record)| Producer { blocks, record }),
            addresses: both(self.addresses, other.addresses),
        }
    }
}

impl Reading {
    pub(super) fn now(node: &Node, ledger: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            ledger_bytes: folder_bytes(ledger).context("cannot read the size of the ledger")?,
            producer_ran_ns: node.counters().producer_ran_ns.get(),
            producer_ns: thread_ns("producer"),
            addresses_ns: thread_ns("addresses"),
            at: Instant::now(),
            own: ThreadTime::now(),
            process: ProcessTime::now(),
        })
    }

    /// What was spent since an earlier reading by this thread.
    pub(super) fn since(&self, before: &Self, on_behalf: OnBehalf, transfers: u64, blocks: u64) -> Spent {
        let behalf = on_behalf.pool.saturating_add(on_behalf.notices);
        let feeder = self.own.since(before.own).saturating_sub(behalf);
        let since = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        let ran_ns = self.producer_ran_ns.saturating_sub(before.producer_ran_ns);
        let producer = since(self.producer_ns, before.producer_ns).filter(|_| ran_ns > 0);
        Spent {
            transfers,
            blocks,
            bytes: self.ledger_bytes.saturating_sub(before.ledger_bytes),
            wall: self.at.saturating_duration_since(before.at),
            node: self.process.since(before.process).saturating_sub(feeder),
            feeder,
            on_behalf,
            producer: producer.map(|all_ns| Producer {
                blocks: Duration::from_nanos(ran_ns),
                record: Duration::from_nanos(all_ns.saturating_sub(ran_ns)),
            }),
            addresses: since(self.addresses_ns, before.addresses_ns).map(Duration::from_nanos),
        }
    }
}
