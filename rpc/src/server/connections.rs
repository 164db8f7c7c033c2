//! The open connections of a port, and who gives way when there are too many.
//!
//! ```text
//! accept --> room in sum and for its address? --> regular: everything is served
//!            no  --> reserve: only health is answered ------- its request comes -------.
//!                    bounded; its oldest silent one gives way to the newest            v
//!                                          regular, if another is idle and gives way; else 503
//! ```
//!
//! Whoever speaks goes before whoever is silent: a connection takes the place of an idle one only once its request is
//! there, so opening connections alone closes none that is served. Among the idle ones those that never had a request
//! go first, then the one that has been idle for longest. WebSocket connections with subscriptions are not idle.
//!
//! Invariants:
//! - A port has at most `connections_max` regular connections and `connections_reserve` others, and one address at
//!   most its part of both; those that were told to close and are not closed yet come on top, at most as many again.
//! - A connection is forgotten when its stream is dropped.
//!
//! Cost: one look at every connection of the port when one is opened or asks for a place.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::limits::peers::PeerAddress;
use crate::limits::refusals::{Refusal, Refusals};

/// How long a silent connection may expect to be left alone: its request may be on its way.
const SILENT_MIN: Duration = Duration::from_millis(250);
/// The same for one that had a request.
const IDLE_MIN: Duration = Duration::from_secs(2);
/// How often a listener looks whether connections have closed, a millisecond apart.
const CLOSING_WAITS_MAX: usize = 50;
/// One address gets this fraction of the reserve.
const RESERVE_PARTS: usize = 4;

/// The open connections of a port.
#[derive(Debug)]
pub(super) struct Connections {
    limits: RpcLimits,
    refusals: Arc<Refusals>,
    open: Mutex<BTreeMap<u64, Open>>,
    /// The process has hardly any file descriptor left.
    is_short: AtomicBool,
}

#[derive(Debug)]
struct Open {
    handle: ConnectionHandle,
    is_regular: bool,
}

/// A place of a connection among the open ones; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Admission {
    connections: Arc<Connections>,
    handle: ConnectionHandle,
    is_regular: AtomicBool,
}

impl Connections {
    pub(super) fn new(limits: RpcLimits, refusals: Arc<Refusals>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            refusals,
            open: Mutex::default(),
            is_short: AtomicBool::new(false),
        })
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Notes whether file descriptors are short; then no connection is added to the regular ones.
    pub(super) fn note_short(&self, is_short: bool) {
        self.is_short.store(is_short, Ordering::Release);
    }

    /// Waits until most connections that were told to close have closed, but not for long. The next one then finds room.
    pub(super) async fn closed_most(&self) {
        for _ in 0..CLOSING_WAITS_MAX {
            let closing = self
                .lock()
                .values()
                .filter(|entry| entry.handle.is_closed())
                .count();
            if closing <= self.limits.connections_reserve / 2 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Closes an idle connection, so that its descriptor is free.
    pub(super) fn close_one(&self) {
        self.close_idle(&self.lock(), |_| true, SILENT_MIN);
    }

    /// Admits a connection that was opened just now; `None` when the reserve is used up as well.
    pub(super) fn admit(self: &Arc<Self>, handle: &ConnectionHandle) -> Option<Admission> {
        let address = handle.peer().address;
        let mut open = self.lock();
        let counts = Counts::of(&open, address);
        let is_regular = self.excess(&counts).is_none();
        if !is_regular && !self.make_room_in_reserve(&open, &counts, address) {
            drop(open);
            self.refusals.note(Refusal::ConnectionBeyondReserve, address);
            return None;
        }
        let entry = Open {
            handle: handle.clone(),
            is_regular,
        };
        open.insert(handle.number(), entry);
        drop(open);
        Some(Admission {
            connections: Arc::clone(self),
            handle: handle.clone(),
            is_regular: AtomicBool::new(is_regular),
        })
    }

    /// Which limit another regular connection of the address exceeds.
    fn excess(&self, counts: &Counts) -> Option<Refusal> {
        let limits = &self.limits;
        if counts.regular_of_address >= limits.connections_per_address_max.max(1) {
            Some(Refusal::ConnectionOfAddress)
        } else if counts.regular >= limits.connections_max.max(1) {
            Some(Refusal::ConnectionInSum)
        } else if self.is_short.load(Ordering::Acquire) {
            Some(Refusal::Descriptor)
        } else {
            None
        }
    }

    /// Whether the reserve has room, if need be that of its oldest silent connection.
    fn make_room_in_reserve(
        &self,
        open: &BTreeMap<u64, Open>,
        counts: &Counts,
        address: PeerAddress,
    ) -> bool {
        let reserve = self.limits.connections_reserve;
        let of_address = reserve.div_ceil(RESERVE_PARTS);
        if counts.closing > reserve {
            return false;
        }
        let gives_way = |entry: &Open| !entry.is_regular;
        if counts.reserve_of_address >= of_address {
            let same = |entry: &Open| gives_way(entry) && entry.handle.peer().address == address;
            self.close_idle(open, same, Duration::ZERO)
        } else if counts.reserve >= reserve {
            self.close_idle(open, gives_way, Duration::ZERO)
        } else {
            true
        }
    }

    /// Makes a connection regular whose request is there.
    fn promote(&self, handle: &ConnectionHandle) -> Result<(), Refusal> {
        let address = handle.peer().address;
        let mut open = self.lock();
        if open.get(&handle.number()).is_none_or(|entry| entry.is_regular) {
            return Ok(());
        }
        let refusal = self.excess(&Counts::of(&open, address));
        if let Some(refusal) = refusal {
            let gives_way = |entry: &Open| {
                let is_of_address = entry.handle.peer().address == address;
                entry.is_regular && (refusal != Refusal::ConnectionOfAddress || is_of_address)
            };
            if !self.close_idle(&open, gives_way, SILENT_MIN) {
                drop(open);
                self.refusals.note(refusal, address);
                return Err(refusal);
            }
        }
        if let Some(entry) = open.get_mut(&handle.number()) {
            entry.is_regular = true;
        }
        Ok(())
    }

    /// Closes the connection that gives way first, if there is one.
    fn close_idle(
        &self,
        open: &BTreeMap<u64, Open>,
        gives_way: impl Fn(&Open) -> bool,
        silent_min: Duration,
    ) -> bool {
        let now = Instant::now();
        let idle = open
            .values()
            .filter(|entry| gives_way(entry) && !entry.handle.is_closed());
        let idle = idle.filter_map(|entry| {
            let (since, has_spoken) = entry.handle.idle_since()?;
            let least = if has_spoken { IDLE_MIN } else { silent_min };
            (now.saturating_duration_since(since) >= least).then_some((has_spoken, since, &entry.handle))
        });
        let Some((_, _, handle)) = idle.min_by_key(|(has_spoken, since, _)| (*has_spoken, *since)) else {
            return false;
        };
        handle.close();
        self.refusals.note(Refusal::IdleConnection, handle.peer().address);
        true
    }

    // Every operation leaves the table consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections of a port, and those of one address.
#[derive(Debug, Default)]
struct Counts {
    regular: usize,
    regular_of_address: usize,
    reserve: usize,
    reserve_of_address: usize,
    /// Told to close and not closed yet.
    closing: usize,
}

impl Counts {
    fn of(open: &BTreeMap<u64, Open>, address: PeerAddress) -> Self {
        let mut counts = Self::default();
        for entry in open.values() {
            let of_address = usize::from(entry.handle.peer().address == address);
            let (all, same) = if entry.handle.is_closed() {
                (&mut counts.closing, &mut 0)
            } else if entry.is_regular {
                (&mut counts.regular, &mut counts.regular_of_address)
            } else {
                (&mut counts.reserve, &mut counts.reserve_of_address)
            };
            *all = all.saturating_add(1);
            *same = same.saturating_add(of_address);
        }
        counts
    }
}

impl Admission {
    /// Whether everything is served on the connection, now that it has a request; else the limit that forbids it.
    pub(crate) fn serve(&self) -> Result<(), Refusal> {
        if !self.is_regular() {
            self.connections.promote(&self.handle)?;
            self.is_regular.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Notes that the connection is closed because a write to it was stuck.
    pub(super) fn note_stall(&self) {
        let address = self.handle.peer().address;
        self.connections.refusals.note(Refusal::WriteStall, address);
    }

    /// Whether everything is served on it.
    pub(super) fn is_regular(&self) -> bool {
        self.is_regular.load(Ordering::Acquire)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.handle.number());
    }
}

#[cfg(test)]
mod tests;
