//! Heavy calls: those that read the disk, scan, simulate or encode much.
//!
//! ```text
//! call --> queue --> turn --> thread renders --> answer is read
//!          bounded in sum    a few threads       its bytes are held until then
//!          and by address    room for the answer
//!          else -32005
//! ```
//!
//! Turns go round between addresses, and for each address between its connections, so a client waits for one call of
//! each other client and not for all of them.
//!
//! A call gets its turn when a thread is free and the largest answer still fits into the room for answers, of which one
//! address gets at most half. After rendering it holds what its answer really takes, until the client has read it. While
//! others wait for that room, a connection that does not read is closed after `unread_max`, and one that reads slowly
//! after `write_stall_max`.
//!
//! Invariants:
//! - The turn belongs to the work, not to its caller: work whose client went away still holds its thread.
//! - What is rendered or unread never exceeds `large_answers_bytes_max`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::limits::peers::PeerAddress;
use crate::limits::refusals::{Refusal, Refusals};
use crate::limits::turns::Turns;

/// How often a waiting call looks for connections that do not read.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The shortest time between two looks, of whichever calls.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Threads that are used unless the limit says how many, at most.
const THREADS_DEFAULT_MAX: usize = 4;

/// The heavy calls of all clients.
#[derive(Clone, Debug)]
pub(crate) struct HeavyCalls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    refusals: Arc<Refusals>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Bounds {
    threads: usize,
    queued: usize,
    queued_of_address: usize,
    /// Bytes of the largest answer.
    answer: u64,
    bytes: u64,
    bytes_of_address: u64,
    unread: Duration,
    slow: Duration,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    queued: usize,
    bytes: u64,
    addresses: HashMap<PeerAddress, Usage>,
    waiting: Turns<PeerAddress, Turns<u64, VecDeque<Waiter>>>,
    /// Answers that are not read yet, by the number of their turn.
    unread: BTreeMap<u64, Unread>,
    numbers: u64,
    looked: Option<Instant>,
}

/// What one address has.
#[derive(Debug, Default)]
struct Usage {
    queued: usize,
    bytes: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    connection: ConnectionHandle,
    granted: oneshot::Sender<Turn>,
}

#[derive(Debug)]
struct Unread {
    connection: ConnectionHandle,
    since: Instant,
}

/// A heavy call that runs, and then its answer until that is read.
#[derive(Debug)]
pub(crate) struct Turn {
    calls: HeavyCalls,
    number: u64,
    connection: ConnectionHandle,
    bytes: u64,
    has_thread: bool,
}

impl Bounds {
    fn new(limits: &RpcLimits) -> Self {
        let answer = u64::from(limits.response_bytes_max);
        // The largest answer always fits, else its call would wait forever.
        let bytes = limits.large_answers_bytes_max.max(answer);
        Self {
            threads: threads(limits.heavy_calls_max),
            queued: limits.heavy_queued_max,
            queued_of_address: limits.heavy_queued_per_address_max,
            answer,
            bytes,
            bytes_of_address: (bytes / 2).max(answer),
            unread: limits.unread_max,
            slow: limits.write_stall_max,
        }
    }
}

/// As many threads as configured; by default one core is left to everything else.
fn threads(configured: usize) -> usize {
    if configured > 0 {
        return configured;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.saturating_sub(1).clamp(1, THREADS_DEFAULT_MAX)
}

impl HeavyCalls {
    pub(crate) fn new(limits: &RpcLimits, refusals: Arc<Refusals>) -> Self {
        Self(Arc::new(Inner {
            bounds: Bounds::new(limits),
            refusals,
            state: Mutex::default(),
        }))
    }

    /// Waits for the turn of a call. A caller that goes away leaves the queue.
    ///
    /// # Errors
    /// The refusal, when the queue is full.
    pub(crate) async fn turn(&self, connection: &ConnectionHandle) -> Result<Turn, Refusal> {
        let (waiting, mut granted) = self.enqueue(connection)?;
        self.grant();
        let turn = loop {
            tokio::select! {
                turn = &mut granted => break turn.expect("a waiter stays in the queue until it is granted its turn"),
                () = tokio::time::sleep(LOOK_EVERY) => self.close_unread(),
            }
        };
        drop(waiting);
        Ok(turn)
    }

    /// Room for an answer that is rendered already, unless there is none.
    pub(crate) fn hold(&self, connection: &ConnectionHandle, bytes: usize) -> Option<Turn> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let address = connection.peer().address;
        let bounds = &self.0.bounds;
        let mut state = self.lock();
        let of_address = state.addresses.get(&address).map_or(0, |usage| usage.bytes);
        let fits = state.bytes.saturating_add(bytes) <= bounds.bytes
            && of_address.saturating_add(bytes) <= bounds.bytes_of_address;
        if !fits {
            return None;
        }
        state.count_bytes(address, 0, bytes);
        let number = state.next_number();
        state.note_unread(number, connection);
        drop(state);
        Some(Turn {
            calls: self.clone(),
            number,
            connection: connection.clone(),
            bytes,
            has_thread: false,
        })
    }

    fn enqueue(&self, connection: &ConnectionHandle) -> Result<(Waiting, oneshot::Receiver<Turn>), Refusal> {
        let (granted, receiver) = oneshot::channel();
        let address = connection.peer().address;
        let bounds = &self.0.bounds;
        let mut state = self.lock();
        let queued = state.addresses.get(&address).map_or(0, |usage| usage.queued);
        if queued >= bounds.queued_of_address {
            return Err(Refusal::HeavyCallOfAddress);
        }
        if state.queued >= bounds.queued {
            return Err(Refusal::HeavyCall);
        }
        let number = state.next_number();
        state.count_queued(address, 1);
        let waiter = Waiter {
            number,
            connection: connection.clone(),
            granted,
        };
        let queue = state.waiting.queue(address).queue(connection.number());
        queue.push_back(waiter);
        drop(state);
        let waiting = Waiting {
            calls: self.clone(),
            address,
            connection: connection.number(),
            number,
        };
        Ok((waiting, receiver))
    }

    /// Gives turns for as long as there are threads and room.
    fn grant(&self) {
        while let Some((waiter, turn)) = self.next_turn() {
            // A caller that went away gives its turn back, and the next one gets it.
            drop(waiter.send(turn));
        }
    }

    fn next_turn(&self) -> Option<(oneshot::Sender<Turn>, Turn)> {
        let bounds = &self.0.bounds;
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.running >= bounds.threads || state.bytes.saturating_add(bounds.answer) > bounds.bytes {
            return None;
        }
        let addresses = &state.addresses;
        let take = |address, queues: &mut Turns<u64, VecDeque<Waiter>>| {
            let held = addresses.get(&address).map_or(0, |usage| usage.bytes);
            if held.saturating_add(bounds.answer) > bounds.bytes_of_address {
                return None;
            }
            queues.next(|_, queue| queue.pop_front(), VecDeque::is_empty)
        };
        let waiter = state.waiting.next(take, Turns::is_empty)?;
        let address = waiter.connection.peer().address;
        state.count_queued(address, -1);
        state.count_bytes(address, 0, bounds.answer);
        state.running = state.running.saturating_add(1);
        drop(guard);
        let turn = Turn {
            calls: self.clone(),
            number: waiter.number,
            connection: waiter.connection,
            bytes: bounds.answer,
            has_thread: true,
        };
        Some((waiter.granted, turn))
    }

    /// Closes connections that leave answers unread while others wait for the room.
    fn close_unread(&self) {
        let bounds = &self.0.bounds;
        let mut state = self.lock();
        let is_soon = state.looked.is_some_and(|looked| looked.elapsed() < LOOK_PAUSE);
        if is_soon || state.running >= bounds.threads || state.queued == 0 {
            return;
        }
        state.looked = Some(Instant::now());
        let lazy = |unread: &&Unread| {
            unread.connection.stalled_for() >= bounds.unread || unread.since.elapsed() >= bounds.slow
        };
        let lazy: Vec<_> = state
            .unread
            .values()
            .filter(lazy)
            .map(|unread| unread.connection.clone())
            .collect();
        drop(state);
        for connection in lazy {
            if connection.close() {
                let refusals = &self.0.refusals;
                refusals.note(Refusal::LargeAnswerUnread, connection.peer().address);
            }
        }
    }

    // Every operation leaves the state consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn next_number(&mut self) -> u64 {
        let number = self.numbers;
        self.numbers = number.wrapping_add(1);
        number
    }

    fn note_unread(&mut self, number: u64, connection: &ConnectionHandle) {
        let unread = Unread {
            connection: connection.clone(),
            since: Instant::now(),
        };
        self.unread.insert(number, unread);
    }

    fn count_queued(&mut self, address: PeerAddress, change: isize) {
        self.queued = self.queued.saturating_add_signed(change);
        let usage = self.addresses.entry(address).or_default();
        usage.queued = usage.queued.saturating_add_signed(change);
        self.forget_unused(address);
    }

    fn count_bytes(&mut self, address: PeerAddress, removed: u64, added: u64) {
        let change = |bytes: u64| bytes.saturating_sub(removed).saturating_add(added);
        self.bytes = change(self.bytes);
        let usage = self.addresses.entry(address).or_default();
        usage.bytes = change(usage.bytes);
        self.forget_unused(address);
    }

    fn forget_unused(&mut self, address: PeerAddress) {
        let is_unused = |usage: &Usage| usage.queued == 0 && usage.bytes == 0;
        if self.addresses.get(&address).is_some_and(is_unused) {
            self.addresses.remove(&address);
        }
    }
}

/// A waiter's part of the queue; dropping it removes the waiter.
struct Waiting {
    calls: HeavyCalls,
    address: PeerAddress,
    connection: u64,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.calls.lock();
        let find = |queue: &mut VecDeque<Waiter>| {
            let at = queue.iter().position(|waiter| waiter.number == self.number)?;
            queue.remove(at)
        };
        let find = |queues: &mut Turns<u64, VecDeque<Waiter>>| {
            queues.take(self.connection, find, VecDeque::is_empty)
        };
        let removed = state.waiting.take(self.address, find, Turns::is_empty);
        if removed.is_some() {
            state.count_queued(self.address, -1);
        }
        drop(state);
        drop(removed);
    }
}

impl Turn {
    /// Gives the thread back and keeps room for an answer of `bytes`.
    pub(crate) fn finish(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).min(self.bytes);
        let mut state = self.calls.lock();
        state.running = state.running.saturating_sub(1);
        state.count_bytes(self.connection.peer().address, self.bytes, bytes);
        state.note_unread(self.number, &self.connection);
        drop(state);
        self.has_thread = false;
        self.bytes = bytes;
        self.calls.grant();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.calls.lock();
        if self.has_thread {
            state.running = state.running.saturating_sub(1);
        }
        state.count_bytes(self.connection.peer().address, self.bytes, 0);
        let unread = state.unread.remove(&self.number);
        drop(state);
        drop(unread);
        self.calls.grant();
    }
}

#[cfg(test)]
mod tests;
