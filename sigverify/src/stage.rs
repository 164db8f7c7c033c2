//! Verification as a stage of a pipeline: packets in, verdicts out in the same order, threads in between.
//!
//! The one part of the crate that is not pure: it has threads, a clock and secrets from the operating system.
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
//! - A packet whose bytes and layout are those of one seen within the window is not verified again: it gets the verdict of
//!   the first one and says that it is a duplicate. Packets that share a signature and nothing else are both verified.
//! - Every queue is bounded: packets that wait, batches under way, batches that nobody has taken yet. When the queue
//!   is full, [`Stage::submit`] gives the packet back and counts it.
//! - [`Stage::close`] lets what is queued be finished. A thread that panics closes the stage at once; what was under way is
//!   lost, [`Output::recv`] ends and [`Stage::failure`] says why.
//!
//! Two locks, held for one operation each and never together: one around forming a batch, one around giving it out. Everything
//! else goes through channels.

mod counters;
mod intake;
mod order;
mod packet;
mod window;
mod worker;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use thiserror::Error;

use self::intake::{BatchLimits, Intake, Queued};
use self::order::Order;
use self::window::Fingerprints;
use self::worker::{Shared, Verify, spawn};
use crate::{Verifier, VerifierConfig};

pub use self::counters::{BATCH_SIZE_BUCKETS, StageCounters, StageCounts};
pub use self::packet::{Failure, Layout, LayoutError, Packet, PacketVerdict, Refusal, Refused, Verified};

/// How a stage is started.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// Threads that verify, at least one.
    pub threads: usize,
    /// Packets that may wait, at least one.
    pub queue: usize,
    /// Signatures of one batch, at least one.
    pub batch_max: usize,
    /// How long a batch may wait for more packets, when many come. A lone packet never waits.
    pub wait_max: Duration,
    /// How many different packets are remembered to find duplicates; 0 finds none. One takes about 80 bytes.
    pub window: usize,
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
            window: 1 << 16,
            verifier: VerifierConfig::default(),
        }
    }
}

/// Why a stage could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StageError {
    /// A number of the configuration is zero.
    #[error("{0} must be at least 1")]
    Config(&'static str),
    /// A thread could not be started.
    #[error("a thread for verification could not be started: {0}")]
    Thread(#[source] io::Error),
}

/// A running stage. Dropping it closes it; its threads end by themselves when they have finished what is queued.
pub struct Stage<T> {
    door: Arc<Door<T>>,
    counters: Arc<StageCounters>,
    fingerprints: Fingerprints,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The way in, and why it was shut.
pub(super) struct Door<T> {
    queue: RwLock<Option<Sender<Queued<T>>>>,
    failure: OnceLock<String>,
}

impl<T> Door<T> {
    fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// The first failure counts.
    fn fail(&self, reason: String) {
        drop(self.failure.set(reason));
        self.close();
    }

    fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}

/// Where the verdicts come out. Clones share them: each batch goes to one of them.
pub struct Output<T>(Receiver<Vec<Verified<T>>>);

impl<T> Output<T> {
    /// The next batch, in order; waits for it. `None` when the stage has ended, see [`Stage::failure`].
    #[must_use]
    pub fn recv(&self) -> Option<Vec<Verified<T>>> {
        self.0.recv().ok()
    }

    /// Batches that nobody has taken yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no batch is there to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("batches", &self.len())
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Stage<T> {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`StageError`]: a number is zero, or a thread cannot be started; then those that were started end.
    ///
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn start(config: &StageConfig) -> Result<(Self, Output<T>), StageError> {
        Self::start_with(config, || Verifier::new(config.verifier))
    }

    fn start_with<V: Verify>(
        config: &StageConfig,
        verifier: impl Fn() -> V,
    ) -> Result<(Self, Output<T>), StageError> {
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
        // A thread verifies one batch while another of its batches waits for its turn or for its taker.
        let under_way = config.threads.saturating_mul(2);
        let (output, outputs) = bounded(under_way);
        let permits = bounded(under_way);
        while permits.0.try_send(()).is_ok() {}
        let limits = BatchLimits {
            signatures: config.batch_max,
            wait: config.wait_max,
        };
        let stage = Self {
            door: Arc::new(Door {
                queue: RwLock::new(Some(sender)),
                failure: OnceLock::new(),
            }),
            counters: Arc::default(),
            fingerprints: Fingerprints::new(StdRng::from_os_rng().random()),
            threads: Mutex::default(),
        };
        let shared = Arc::new(Shared {
            door: Arc::clone(&stage.door),
            counters: Arc::clone(&stage.counters),
            intake: Mutex::new(Intake::new(queue, limits, config.window)),
            order: Mutex::new(Order::new(output, config.window)),
            permits,
        });
        for index in 0..config.threads {
            let thread = spawn(format!("verify-{index}"), Arc::clone(&shared), verifier())?;
            stage
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(thread);
        }
        Ok((stage, Output(outputs)))
    }
}

impl<T> Stage<T> {
    /// Takes in a packet without waiting. O(bytes).
    ///
    /// # Errors
    /// [`Refused`]: the packet, and why it was not taken in.
    pub fn submit(&self, packet: Packet<T>) -> Result<(), Box<Refused<T>>> {
        let refuse = |packet, reason| Err(Box::new(Refused { packet, reason }));
        if let Err(error) = packet.layout.check(&packet.bytes) {
            return refuse(packet, Refusal::Layout(error));
        }
        let queued = Queued {
            fingerprint: self.fingerprints.of(&packet),
            packet,
        };
        let door = self.door.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = &*door else {
            self.counters.dropped_closed(1);
            return refuse(queued.packet, Refusal::Closed);
        };
        match queue.try_send(queued) {
            Ok(()) => {
                self.counters.packet_taken();
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
        let door = self.door.queue.read().unwrap_or_else(PoisonError::into_inner);
        door.as_ref().map_or(0, Sender::len)
    }

    /// The counters.
    #[must_use]
    pub fn counts(&self) -> StageCounts {
        self.counters.read()
    }

    /// What a thread said that panicked, if one did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.door.failure()
    }

    /// Takes nothing in any more. What is queued is verified and given out, then the output ends.
    pub fn close(&self) {
        self.door.close();
    }

    /// Closes the stage and waits until its threads have ended. They wait for their output to be taken, so somebody else has
    /// to take it, or all of [`Output`] has to be dropped.
    pub fn join(&self) {
        self.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // Its panic was caught inside and is the failure of the stage.
            drop(thread.join());
        }
    }
}

impl<T> Drop for Stage<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for Stage<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("waiting", &self.waiting())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
