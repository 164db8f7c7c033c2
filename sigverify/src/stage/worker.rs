//! The threads of the stage.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender};

use super::counters::StageCounters;
use super::intake::{Batch, Intake, now};
use super::order::{Judged, Order};
use super::packet::{Failure, PacketVerdict};
use super::window::Sighting;
use super::{Door, StageError};
use crate::{Item, Verdict, Verifier};

/// What the threads of a stage share, and nobody else: when the last one ends, both queues are gone.
pub(super) struct Shared<T> {
    pub(super) door: Arc<Door<T>>,
    pub(super) counters: Arc<StageCounters>,
    pub(super) intake: Mutex<Intake<T>>,
    pub(super) order: Mutex<Order<T>>,
    /// One for each batch that may be under way.
    pub(super) permits: (Sender<()>, Receiver<()>),
}

/// Verifies items: a [`Verifier`], or what a test puts in its place.
pub(super) trait Verify: Send + 'static {
    fn verify(&mut self, items: &[Item<'_>]) -> &[Verdict];

    /// Batches checked twice, and keys found in the cache, since the beginning.
    fn totals(&self) -> (u64, u64);
}

impl Verify for Verifier {
    fn verify(&mut self, items: &[Item<'_>]) -> &[Verdict] {
        Self::verify(self, items)
    }

    fn totals(&self) -> (u64, u64) {
        (self.counters().fallbacks, self.counters().cache_hits)
    }
}

/// Starts one thread.
#[allow(clippy::disallowed_methods, reason = "the stage owns its threads")]
pub(super) fn spawn<T: Send + 'static>(
    name: String,
    shared: Arc<Shared<T>>,
    verifier: impl Verify,
) -> Result<JoinHandle<()>, StageError> {
    Builder::new()
        .name(name)
        .spawn(move || guard(&shared, verifier))
        .map_err(StageError::Thread)
}

/// Runs a worker; a panic closes the stage and becomes its failure.
fn guard<T>(shared: &Shared<T>, mut verifier: impl Verify) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(shared, &mut verifier))) {
        shared.door.fail(reason(&*panic));
        // Whoever holds the lock and waits for packets sees that the queue is closed.
        shared.counters.dropped_closed(lock(&shared.intake).abandon());
        // Those who wait for a permit look at the failure when they get one; the batch that was lost keeps its own and
        // those behind it.
        while shared.permits.0.try_send(()).is_ok() {}
    }
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

/// Verifies batches until the queue is closed and empty, or the stage has failed.
fn run<T>(shared: &Shared<T>, verifier: &mut impl Verify) {
    let (give, take) = &shared.permits;
    let mut totals = (0, 0);
    while take.recv().is_ok() {
        if shared.door.failure().is_some() {
            return;
        }
        let Some(batch) = lock(&shared.intake).form() else {
            // There is room: one was taken.
            let _ = give.try_send(());
            return;
        };
        if shared.door.failure().is_some() {
            return shared.counters.dropped_closed(batch.packets.len());
        }
        let number = batch.number;
        let judged = judge(batch, verifier, &shared.counters);
        let now = verifier.totals();
        shared
            .counters
            .verifier_did(now.0.saturating_sub(totals.0), now.1.saturating_sub(totals.1));
        totals = now;
        let left = lock(&shared.order).enter(number, judged, &shared.counters);
        for _ in 0..left {
            // There is room: each batch that left held one.
            let _ = give.try_send(());
        }
    }
}

/// Verifies one batch.
fn judge<T>(batch: Batch<T>, verifier: &mut impl Verify, counters: &StageCounters) -> Vec<Judged<T>> {
    let firsts = batch.packets.iter().filter(|(_, sighting)| is_first(*sighting));
    let items: Vec<Item<'_>> = firsts.flat_map(|(packet, _)| packet.items()).collect();
    let began = now();
    let mut verdicts = verifier.verify(&items);
    if !items.is_empty() {
        counters.batch_verified(items.len(), began.elapsed());
    }
    let mut judgements = Vec::with_capacity(batch.packets.len());
    for (packet, sighting) in &batch.packets {
        let verdict = if is_first(*sighting) {
            let (own, rest) = verdicts.split_at(packet.layout.signature_count());
            verdicts = rest;
            first_failure(own)
        } else {
            // Filled in when the packet leaves.
            Ok(())
        };
        judgements.push(verdict);
    }
    let packets = batch.packets.into_iter().zip(judgements);
    let judged = packets.map(|((packet, sighting), verdict)| Judged {
        packet,
        sighting,
        verdict,
    });
    judged.collect()
}

const fn is_first(sighting: Sighting) -> bool {
    matches!(sighting, Sighting::First(_))
}

/// The verdict of a packet.
fn first_failure(verdicts: &[Verdict]) -> PacketVerdict {
    let found = verdicts
        .iter()
        .enumerate()
        .find_map(|(index, verdict)| verdict.err().map(|cause| Failure { index, cause }));
    found.map_or(Ok(()), Err)
}

/// A thread that panicked under the lock has failed the stage, and nobody gives out what it left behind.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
