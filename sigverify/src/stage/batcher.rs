//! Forms batches from the queue.
//!
//! One worker at a time forms a batch, under a lock, while the others verify theirs. So batches are numbered in the order
//! of the queue, and duplicates are detected in that order too.
//!
//! A batch takes what is queued, up to its size. It waits for more only while packets arrive fast enough for the wait to
//! pay, that is, if at least [`WORTHWHILE`] more are expected within the permitted wait. So a lone packet is verified at
//! once, and batches grow by themselves while all threads are busy.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::duplicates::{DuplicateWindow, Fingerprint, Sighting};
use super::packet::Packet;

/// How many packets must be expected for a wait to pay.
const WORTHWHILE: f64 = 8.0;

/// Seconds over which the rate of packets is averaged.
const MEMORY_SECONDS: f64 = 0.005;

/// A packet in the queue.
pub(super) struct Queued<T, B> {
    pub(super) packet: Packet<T, B>,
    pub(super) fingerprint: Fingerprint,
}

/// Packets to verify together.
pub(super) struct Batch<T, B> {
    /// Batches are released in the order of their numbers.
    pub(super) number: u64,
    pub(super) packets: Vec<(Packet<T, B>, Sighting)>,
}

/// What bounds a batch.
#[derive(Clone, Copy)]
pub(super) struct BatchLimits {
    /// Signatures; a packet with several can exceed it by all but one of them.
    pub(super) signatures: usize,
    /// How long the first packet may wait for others.
    pub(super) wait: Duration,
}

/// The receiving end of the queue.
pub(super) struct Batcher<T, B> {
    queue: Receiver<Queued<T, B>>,
    limits: BatchLimits,
    window: DuplicateWindow,
    next_batch: u64,
    rate: Rate,
}

impl<T, B> Batcher<T, B> {
    pub(super) fn new(queue: Receiver<Queued<T, B>>, limits: BatchLimits, window: usize) -> Self {
        Self {
            queue,
            limits,
            window: DuplicateWindow::new(window),
            next_batch: 0,
            rate: Rate::default(),
        }
    }

    /// Forms the next batch, waiting for its first packet; `None` when the queue is closed and empty.
    pub(super) fn form_batch(&mut self) -> Option<Batch<T, B>> {
        let first = self.queue.recv().ok()?;
        let began = now();
        let mut forming = Forming {
            window: &mut self.window,
            packets: Vec::new(),
            signatures: 0,
        };
        forming.add(first);
        let most = self.limits.signatures;
        while forming.size() < most
            && let Ok(next) = self.queue.try_recv()
        {
            forming.add(next);
        }
        if self.rate.expect(self.limits.wait) >= WORTHWHILE
            && let Some(deadline) = began.checked_add(self.limits.wait)
        {
            // The loop also ends when the queue is closed and empty.
            while forming.size() < most
                && let Ok(next) = self.queue.recv_deadline(deadline)
            {
                forming.add(next);
            }
        }
        let packets = forming.packets;
        self.rate.learn(packets.len(), now());
        let number = self.next_batch;
        self.next_batch = number.saturating_add(1);
        Some(Batch { number, packets })
    }
}

impl<T, B> Batcher<T, B> {
    /// Discards what is queued; returns how many packets that was.
    pub(super) fn abandon(&mut self) -> usize {
        self.queue.try_iter().count()
    }
}

/// A batch that is being formed.
struct Forming<'a, T, B> {
    window: &'a mut DuplicateWindow,
    packets: Vec<(Packet<T, B>, Sighting)>,
    signatures: usize,
}

impl<T, B> Forming<'_, T, B> {
    fn add(&mut self, queued: Queued<T, B>) {
        let sighting = self.window.see(queued.fingerprint);
        if matches!(sighting, Sighting::First(_)) {
            let count = queued.packet.layout.signature_count();
            self.signatures = self.signatures.saturating_add(count);
        }
        self.packets.push((queued.packet, sighting));
    }

    /// What counts against the limit: signatures to verify, and no more packets than that.
    fn size(&self) -> usize {
        self.signatures.max(self.packets.len())
    }
}

/// How fast packets have been arriving recently.
#[derive(Default)]
struct Rate {
    per_second: f64,
    last: Option<Instant>,
}

impl Rate {
    /// Packets to expect within this time.
    fn expect(&self, within: Duration) -> f64 {
        self.per_second * within.as_secs_f64()
    }

    /// Records that `count` packets came since the last call.
    fn learn(&mut self, count: usize, now: Instant) {
        if let Some(last) = self.last {
            let seconds = now.saturating_duration_since(last).as_secs_f64();
            let weighted = self.per_second * MEMORY_SECONDS + count as f64;
            self.per_second = weighted / (MEMORY_SECONDS + seconds);
        }
        self.last = Some(now);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the stage waits and measures, so it reads a clock"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

    use super::*;

    #[test]
    fn the_rate_follows_what_comes() {
        let mut rate = Rate::default();
        let start = now();
        let millis = |count: u64| start + Duration::from_millis(count);
        rate.learn(1, millis(0));
        assert_eq!(rate.expect(Duration::from_secs(1)), 0.0, "one packet is no rate");
        for at in 1..=100 {
            rate.learn(20, millis(at));
        }
        let busy = rate.expect(Duration::from_millis(1));
        assert!((15.0..25.0).contains(&busy), "{busy}");
        rate.learn(1, millis(1_100));
        let idle = rate.expect(Duration::from_millis(1));
        assert!(idle < WORTHWHILE / 4.0, "{idle}");
    }

    #[test]
    fn packets_one_after_the_other_are_not_waited_with() {
        // A client that sends its next transaction when the last one is answered.
        let mut rate = Rate::default();
        for at in 0..1_000 {
            rate.learn(1, now() + Duration::from_micros(200 * at));
        }
        assert!(rate.expect(Duration::from_millis(1)) < WORTHWHILE);
    }
}
