//! Verification as a stage of a pipeline: packets in, verdicts out in the same order, threads in between.
//!
//! The one part of the crate that is not pure: it owns threads, reads a clock and draws secrets from the operating system.
//!
//! ```text
//! submit --bounded queue--> [form a batch] --> verify, N threads --> [order] --bounded queue--> Output
//!   fingerprint               duplicates,                              verdicts of duplicates
//!                             numbers
//! ```
//!
//! Invariants:
//! - Verdicts leave in the order in which packets entered the queue, each exactly once, unless the stage fails.
//! - The verdict of a packet is that of [`crate::verify_one`] for each of its signatures; the first failure counts.
//! - A packet whose bytes and layout equal those of a packet in the duplicate window is not verified again: it gets the
//!   verdict of that packet and is marked as a duplicate. Packets that share only a signature are both verified.
//! - Every queue is bounded: waiting packets, batches in flight, and batches not yet received. When the queue of packets
//!   is full, [`Stage::submit`] returns the packet and counts it.
//! - [`Stage::close`] finishes what is queued. A panic in a thread closes the stage at once; work in flight is lost,
//!   [`Output::recv`] ends and [`Stage::failure`] returns the reason.
//!
//! Two locks, each held for one operation and never together: one around forming a batch, one around releasing it. Everything
//! else goes through channels.

mod batcher;
mod counters;
mod duplicates;
mod ingress;
mod order;
mod packet;
mod worker;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, TrySendError, bounded};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use thiserror::Error;

use self::batcher::{BatchLimits, Batcher, Queued};
use self::duplicates::Fingerprints;
use self::ingress::Ingress;
use self::order::Order;
use self::worker::{StageState, Verify, spawn};
use crate::{Verifier, VerifierConfig};

pub use self::counters::{BATCH_SIZE_BUCKETS, StageCounters, StageCounts};
pub use self::packet::{Failure, Layout, LayoutError, Packet, PacketVerdict, Refusal, Refused, Verified};

/// The settings of a stage.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// Threads that verify, at least one.
    pub threads: usize,
    /// Capacity of the queue of packets, at least one.
    pub queue: usize,
    /// Most signatures of a batch, at least one.
    pub batch_max: usize,
    /// How long a batch may wait for more packets while many arrive. A lone packet never waits.
    pub wait_max: Duration,
    /// How many distinct packets are remembered to detect duplicates; 0 detects none. Each takes about 80 bytes.
    pub duplicate_window: usize,
    /// How each thread verifies.
    pub verifier: VerifierConfig,
}

impl Default for StageConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            queue: 4_096,
            batch_max: 1_024,
            wait_max: Duration::from_micros(500),
            duplicate_window: 1 << 16,
            verifier: VerifierConfig::default(),
        }
    }
}

/// Why a stage could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StageError {
    /// A setting is zero.
    #[error("{0} must be at least 1")]
    Config(&'static str),
    /// A thread could not be started.
    #[error("cannot start a verification thread: {0}")]
    Thread(#[source] io::Error),
}

/// A running stage. Dropping it closes it; its threads finish what is queued and end.
pub struct Stage<T, B = Vec<u8>> {
    ingress: Arc<Ingress<T, B>>,
    counters: Arc<StageCounters>,
    fingerprints: Fingerprints,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The receiving end of the stage. Clones share it: each batch goes to one of them.
pub struct Output<T, B = Vec<u8>>(Receiver<Vec<Verified<T, B>>>);

impl<T, B> Output<T, B> {
    /// Waits for the next batch, in order. `None` when the stage has ended; see [`Stage::failure`].
    #[must_use]
    pub fn recv(&self) -> Option<Vec<Verified<T, B>>> {
        self.0.recv().ok()
    }

    /// Batches not yet received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no batch is ready.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T, B> Clone for Output<T, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T, B> fmt::Debug for Output<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("batches", &self.len())
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static, B: AsRef<[u8]> + Send + 'static> Stage<T, B> {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`StageError`]: a setting is zero, or a thread cannot be started; threads started before it end.
    ///
    /// # Panics
    /// If the operating system provides no random numbers.
    pub fn start(config: &StageConfig) -> Result<(Self, Output<T, B>), StageError> {
        Self::start_with(config, || Verifier::new(config.verifier))
    }

    fn start_with<V: Verify>(
        config: &StageConfig,
        verifier: impl Fn() -> V,
    ) -> Result<(Self, Output<T, B>), StageError> {
        for (name, count) in [
            ("threads", config.threads),
            ("queue", config.queue),
            ("batch_max", config.batch_max),
        ] {
            if count == 0 {
                return Err(StageError::Config(name));
            }
        }
        let (sender, queue) = bounded(config.queue);
        // A thread verifies one batch while another of its batches waits for its turn or to be received.
        let in_flight = config.threads.saturating_mul(2);
        let (output, outputs) = bounded(in_flight);
        let permits = bounded(in_flight);
        while permits.0.try_send(()).is_ok() {}
        let limits = BatchLimits {
            signatures: config.batch_max,
            wait: config.wait_max,
        };
        let stage = Self {
            ingress: Arc::new(Ingress::new(sender)),
            counters: Arc::default(),
            fingerprints: Fingerprints::new(StdRng::from_os_rng().random()),
            threads: Mutex::default(),
        };
        let state = Arc::new(StageState {
            ingress: Arc::clone(&stage.ingress),
            counters: Arc::clone(&stage.counters),
            batcher: Mutex::new(Batcher::new(queue, limits, config.duplicate_window)),
            order: Mutex::new(Order::new(output, config.duplicate_window)),
            permits,
        });
        for index in 0..config.threads {
            let thread = spawn(format!("verify-{index}"), Arc::clone(&state), verifier())
                .map_err(StageError::Thread)?;
            stage
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(thread);
        }
        Ok((stage, Output(outputs)))
    }
}

impl<T, B> Stage<T, B> {
    /// Enqueues a packet without waiting. O(bytes).
    ///
    /// # Errors
    /// [`Refused`]: the packet, and why it was rejected.
    pub fn submit(&self, packet: Packet<T, B>) -> Result<(), Box<Refused<T, B>>>
    where
        B: AsRef<[u8]>,
    {
        let refuse = |packet, reason| Err(Box::new(Refused { packet, reason }));
        if let Err(error) = packet.layout.check(packet.bytes.as_ref()) {
            return refuse(packet, Refusal::Layout(error));
        }
        let queued = Queued {
            fingerprint: self.fingerprints.of(&packet),
            packet,
        };
        match self.ingress.try_send(queued) {
            Ok(()) => {
                self.counters.packet_accepted();
                Ok(())
            }
            Err(TrySendError::Full(queued)) => {
                self.counters.dropped_full();
                refuse(queued.packet, Refusal::Full)
            }
            Err(TrySendError::Disconnected(queued)) => {
                self.counters.dropped_closed(1);
                refuse(queued.packet, Refusal::Closed)
            }
        }
    }

    /// Packets that wait to be verified.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.ingress.len()
    }

    /// The counters.
    #[must_use]
    pub fn counts(&self) -> StageCounts {
        self.counters.read()
    }

    /// The message of the panic that closed the stage, if a thread panicked.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.ingress.failure()
    }

    /// Rejects new packets from now on. What is queued is verified and released, then the output ends.
    pub fn close(&self) {
        self.ingress.close();
    }

    /// Closes the stage and waits until its threads have ended. They wait for their output to be received, so another thread
    /// must receive it, or every [`Output`] must have been dropped.
    pub fn join(&self) {
        self.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // The thread caught its own panic, which is the failure of the stage.
            drop(thread.join());
        }
    }
}

impl<T, B> Drop for Stage<T, B> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T, B> fmt::Debug for Stage<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("waiting", &self.waiting())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
