//! The threads of the stage.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender};

use super::batcher::{Batch, Batcher, now};
use super::counters::StageCounters;
use super::duplicates::Sighting;
use super::ingress::Ingress;
use super::order::{Judged, Order};
use super::packet::{Failure, PacketVerdict};
use crate::{Item, Verdict, Verifier};

/// What the threads of a stage share with each other and nothing else: when the last thread ends, both queues are closed.
pub(super) struct StageState<T, B> {
    pub(super) ingress: Arc<Ingress<T, B>>,
    pub(super) counters: Arc<StageCounters>,
    pub(super) batcher: Mutex<Batcher<T, B>>,
    pub(super) order: Mutex<Order<T, B>>,
    /// One for each batch that may be in flight.
    pub(super) permits: (Sender<()>, Receiver<()>),
}

/// Verifies items: a [`Verifier`], or the stand-in of a test.
pub(super) trait Verify: Send + 'static {
    fn verify(&mut self, items: &[Item<'_>]) -> &[Verdict];

    /// Batches checked twice, and keys found in the cache, since the start.
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
pub(super) fn spawn<T: Send + 'static, B: AsRef<[u8]> + Send + 'static>(
    name: String,
    state: Arc<StageState<T, B>>,
    verifier: impl Verify,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name).spawn(move || guard(&state, verifier))
}

/// Runs a worker; a panic closes the stage and becomes its failure.
fn guard<T, B: AsRef<[u8]>>(state: &StageState<T, B>, mut verifier: impl Verify) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(state, &mut verifier))) {
        state.ingress.fail(reason(&*panic));
        // A worker that holds the lock and waits for packets notices that the queue is closed.
        state.counters.dropped_closed(lock(&state.batcher).abandon());
        // Workers that wait for a permit check for a failure when they get one. The lost batch and those behind it never
        // return theirs.
        while state.permits.0.try_send(()).is_ok() {}
    }
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

/// Verifies batches until the queue is closed and empty, or the stage has failed.
fn run<T, B: AsRef<[u8]>>(state: &StageState<T, B>, verifier: &mut impl Verify) {
    let (give, take) = &state.permits;
    let mut totals = (0, 0);
    while take.recv().is_ok() {
        if state.ingress.failure().is_some() {
            return;
        }
        let Some(batch) = lock(&state.batcher).form_batch() else {
            // There is room, since this thread took one.
            let _ = give.try_send(());
            return;
        };
        if state.ingress.failure().is_some() {
            return state.counters.dropped_closed(batch.packets.len());
        }
        let number = batch.number;
        let judged = judge(batch, verifier, &state.counters);
        let now = verifier.totals();
        state
            .counters
            .verifier_did(now.0.saturating_sub(totals.0), now.1.saturating_sub(totals.1));
        totals = now;
        let left = lock(&state.order).enter(number, judged, &state.counters);
        for _ in 0..left {
            // There is room, since each batch that left held one.
            let _ = give.try_send(());
        }
    }
}

/// Verifies one batch.
fn judge<T, B: AsRef<[u8]>>(
    batch: Batch<T, B>,
    verifier: &mut impl Verify,
    counters: &StageCounters,
) -> Vec<Judged<T, B>> {
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
            // The real verdict is filled in when the packet leaves.
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

/// Ignores poison: a thread that panicked under the lock has failed the stage, and what it left behind is never released.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
