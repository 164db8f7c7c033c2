//! Gives verified batches out in their order.
//!
//! Invariant: batches leave by their numbers, without a gap; when a duplicate leaves, the packet that it repeats has left
//! before, or stands before it in the same batch. Batches that come early wait; there are never more of them than
//! permits, of which a batch holds one from before it is formed until it has left.

use std::collections::BTreeMap;

use crossbeam_channel::Sender;

use super::counters::StageCounters;
use super::packet::{Packet, PacketVerdict, Verified};
use super::window::{Recent, Sighting};

/// A packet after verification; a duplicate has its verdict from the packet that it repeats.
pub(super) struct Judged<T> {
    pub(super) packet: Packet<T>,
    pub(super) sighting: Sighting,
    pub(super) verdict: PacketVerdict,
}

/// The giving end.
pub(super) struct Order<T> {
    next: u64,
    early: BTreeMap<u64, Vec<Judged<T>>>,
    recent: Recent,
    output: Sender<Vec<Verified<T>>>,
}

impl<T> Order<T> {
    pub(super) fn new(output: Sender<Vec<Verified<T>>>, window: usize) -> Self {
        Self {
            next: 0,
            early: BTreeMap::new(),
            recent: Recent::new(window),
            output,
        }
    }

    /// Takes in a batch and gives out what is due; how many batches left. Waits while nobody takes what left before.
    pub(super) fn enter(&mut self, number: u64, batch: Vec<Judged<T>>, counters: &StageCounters) -> usize {
        self.early.insert(number, batch);
        let mut left = 0_usize;
        while let Some(batch) = self.early.remove(&self.next) {
            self.next = self.next.saturating_add(1);
            left = left.saturating_add(1);
            let recent = &mut self.recent;
            let verified: Vec<_> = batch
                .into_iter()
                .map(|judged| settle(recent, judged, counters))
                .collect();
            if let Err(unclaimed) = self.output.send(verified) {
                counters.dropped_unclaimed(unclaimed.0.len());
            }
        }
        left
    }
}

/// The verdict of one packet, which must be the next one to leave.
fn settle<T>(recent: &mut Recent, judged: Judged<T>, counters: &StageCounters) -> Verified<T> {
    let (verdict, is_duplicate) = match judged.sighting {
        Sighting::First(number) => {
            recent.enter(number, judged.verdict);
            counters.packet_verified(judged.verdict);
            (judged.verdict, false)
        }
        Sighting::Again(number) => {
            counters.duplicate_found();
            (recent.find(number), true)
        }
    };
    Verified {
        packet: judged.packet,
        verdict,
        is_duplicate,
    }
}
