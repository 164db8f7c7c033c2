//! Releases verified batches in order.
//!
//! Invariant: batches leave by number, without a gap; when a duplicate leaves, the packet that it repeats has left
//! already, or precedes it in the same batch. Batches that finish early wait. There are never more of them than permits: a
//! batch holds one from before it is formed until it has left.

use std::collections::BTreeMap;

use crossbeam_channel::Sender;

use super::counters::StageCounters;
use super::duplicates::{Recent, Sighting};
use super::packet::{Packet, PacketVerdict, Verified};

/// A packet after verification; a duplicate gets its verdict from the packet that it repeats.
pub(super) struct Judged<T, B> {
    pub(super) packet: Packet<T, B>,
    pub(super) sighting: Sighting,
    pub(super) verdict: PacketVerdict,
}

/// The sending end of the output, which restores the order.
pub(super) struct Order<T, B> {
    next: u64,
    early: BTreeMap<u64, Vec<Judged<T, B>>>,
    recent: Recent,
    output: Sender<Vec<Verified<T, B>>>,
}

impl<T, B> Order<T, B> {
    pub(super) fn new(output: Sender<Vec<Verified<T, B>>>, window: usize) -> Self {
        Self {
            next: 0,
            early: BTreeMap::new(),
            recent: Recent::new(window),
            output,
        }
    }

    /// Enters a batch and releases all batches whose turn it is; returns how many left. Waits while the output is full.
    pub(super) fn enter(&mut self, number: u64, batch: Vec<Judged<T, B>>, counters: &StageCounters) -> usize {
        self.early.insert(number, batch);
        let mut left = 0_usize;
        while let Some(batch) = self.early.remove(&self.next) {
            self.next = self.next.saturating_add(1);
            left = left.saturating_add(1);
            let recent = &mut self.recent;
            let verified: Vec<_> = batch
                .into_iter()
                .map(|judged| finish(recent, judged, counters))
                .collect();
            if let Err(unclaimed) = self.output.send(verified) {
                counters.dropped_unclaimed(unclaimed.0.len());
            }
        }
        left
    }
}

/// The verdict of one packet, which must be the next one to leave.
fn finish<T, B>(recent: &mut Recent, judged: Judged<T, B>, counters: &StageCounters) -> Verified<T, B> {
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
