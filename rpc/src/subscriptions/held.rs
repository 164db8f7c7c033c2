//! What notifications that wait hold of the memory: in sum, and for each connection.
//!
//! An event that waits in many queues is one object, so the sum counts it once, by the account that it keeps and the
//! text that it becomes. The count ends when the last queue has let go of it. Each connection is charged all of an event
//! for each of its queues that the event waits in, so a connection that reads is charged little, whoever else lags.
//!
//! Room is made before an event is: while the sum would exceed its bound, the connection with the largest charge is
//! closed, that which asks for the event included.
//!
//! Invariant: what waits for open connections stays within the bound. What closed connections still hold is on its way
//! out and does not hurt others, but it is at most as much again; beyond that, nothing is made.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::connection::ConnectionHandle;
use crate::subscriptions::cut_offs::{Cause, CutOffs};

/// Bytes that an event takes beside its account and its text.
const EVENT_BYTES: usize = 512;

/// The bytes of an object with this much in it.
pub(super) const fn bytes_with(content: usize) -> usize {
    content.saturating_add(EVENT_BYTES)
}

/// The bytes of an event that is to be queued.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EventBytes {
    /// Of all that it consists of.
    pub(super) all: usize,
    /// Of those, what does not exist yet.
    pub(super) new: usize,
}

impl EventBytes {
    /// Adds what an event consists of as well.
    pub(super) const fn add(&mut self, part: Self) {
        self.all = self.all.saturating_add(part.all);
        self.new = self.new.saturating_add(part.new);
    }
}

/// The bytes of all events that wait, and who holds them.
#[derive(Debug)]
pub(super) struct HeldNotifications {
    bytes: AtomicUsize,
    bytes_max: usize,
    holders: Mutex<Holders>,
}

/// The connections that events wait for.
#[derive(Debug, Default)]
struct Holders {
    by_number: BTreeMap<u64, Holder>,
    /// What connections are charged that are known to be closed.
    leaving_bytes: usize,
}

/// A connection and what it is charged for the events in its queues.
#[derive(Debug)]
struct Holder {
    connection: ConnectionHandle,
    bytes: usize,
    /// Whether it is known to be closed.
    is_leaving: bool,
}

/// The bytes of one object, until it is dropped.
#[derive(Debug)]
pub(super) struct HeldBytes {
    all: Arc<HeldNotifications>,
    bytes: usize,
}

/// What a connection is charged for an event in one of its queues, until it is dropped.
#[derive(Debug)]
pub(super) struct Charge {
    all: Arc<HeldNotifications>,
    number: u64,
    bytes: usize,
}

impl HeldNotifications {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
            holders: Mutex::default(),
        }
    }

    /// Counts an object.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> HeldBytes {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        HeldBytes {
            all: Arc::clone(self),
            bytes,
        }
    }

    /// Charges a connection for an event in one of its queues.
    pub(super) fn charge(self: &Arc<Self>, connection: &ConnectionHandle, bytes: usize) -> Charge {
        let number = connection.number();
        self.lock().add(connection, bytes);
        Charge {
            all: Arc::clone(self),
            number,
            bytes,
        }
    }

    /// Closes the connections with the largest charges until an event fits, or none of `askers` is left, who ask for the
    /// event for one queue each. Those that are open then may get it. Whether one was closed.
    pub(super) fn make_room<'a>(
        &self,
        event: EventBytes,
        askers: impl Iterator<Item = &'a ConnectionHandle> + Clone,
        cut_offs: &CutOffs,
    ) -> bool {
        let bytes = self.bytes().saturating_add(event.new);
        if bytes <= self.bytes_max {
            return false;
        }
        if event.new > self.bytes_max || bytes > self.bytes_max.saturating_mul(2) {
            askers.for_each(|asker| cut_offs.close(asker, Cause::HeldBytes));
            return true;
        }
        let mut holders = self.lock();
        if self.fits(event, &holders) {
            return false;
        }
        holders.note_closed();
        for connection in holders.by_charge(event.all, askers.clone()) {
            if self.fits(event, &holders) || askers.clone().all(ConnectionHandle::is_closed) {
                break;
            }
            cut_offs.close(&connection, Cause::HeldBytes);
            holders.note_leaving(connection.number());
        }
        true
    }

    /// Whether an event fits beside what waits for open connections.
    fn fits(&self, event: EventBytes, holders: &Holders) -> bool {
        let staying = self.bytes().saturating_sub(holders.leaving_bytes);
        staying.saturating_add(event.new) <= self.bytes_max
    }

    /// What the events hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    // Every operation leaves the table consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holders {
    fn add(&mut self, connection: &ConnectionHandle, bytes: usize) {
        let holder = self
            .by_number
            .entry(connection.number())
            .or_insert_with(|| Holder {
                connection: connection.clone(),
                bytes: 0,
                is_leaving: false,
            });
        holder.bytes = holder.bytes.saturating_add(bytes);
        if holder.is_leaving {
            self.leaving_bytes = self.leaving_bytes.saturating_add(bytes);
        }
    }

    fn remove(&mut self, number: u64, bytes: usize) {
        let Some(holder) = self.by_number.get_mut(&number) else {
            return;
        };
        holder.bytes = holder.bytes.saturating_sub(bytes);
        if holder.is_leaving {
            self.leaving_bytes = self.leaving_bytes.saturating_sub(bytes);
        }
        if holder.bytes == 0 {
            self.by_number.remove(&number);
        }
    }

    /// Notes that a connection is closed.
    fn note_leaving(&mut self, number: u64) {
        if let Some(holder) = self.by_number.get_mut(&number)
            && !holder.is_leaving
        {
            holder.is_leaving = true;
            self.leaving_bytes = self.leaving_bytes.saturating_add(holder.bytes);
        }
    }

    /// Notes which connections were closed elsewhere.
    fn note_closed(&mut self) {
        let holders = self.by_number.iter();
        let closed = holders.filter(|(_, holder)| holder.connection.is_closed());
        for number in closed.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.note_leaving(number);
        }
    }

    /// The open connections, and those that ask for an event of this size; the largest charge first.
    fn by_charge<'a>(
        &self,
        event_bytes: usize,
        askers: impl Iterator<Item = &'a ConnectionHandle>,
    ) -> Vec<ConnectionHandle> {
        let holders = self.by_number.values().filter(|holder| !holder.is_leaving);
        let held = holders.map(|holder| (&holder.connection, holder.bytes));
        let asked = askers.map(|asker| (asker, event_bytes));
        let mut charges: BTreeMap<u64, (ConnectionHandle, usize)> = BTreeMap::new();
        for (connection, bytes) in held.chain(asked) {
            let charge = charges
                .entry(connection.number())
                .or_insert_with(|| (connection.clone(), 0));
            charge.1 = charge.1.saturating_add(bytes);
        }
        let mut charges: Vec<_> = charges.into_values().collect();
        charges.sort_by_key(|(_, bytes)| Reverse(*bytes));
        charges.into_iter().map(|(connection, _)| connection).collect()
    }
}

impl HeldBytes {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.all.lock().remove(self.number, self.bytes);
    }
}
