//! Bounded queues to subscriptions. Nothing here waits for a client: a follower whose queue is full is cut off and its
//! connection closed. A connection that is closed gets nothing more.

use std::hash::{BuildHasher, Hash};
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashMap;
use tokio::sync::mpsc;

use crate::connection::ConnectionHandle;
use crate::subscriptions::cut_offs::{Cause, CutOffs};
use crate::subscriptions::held::{Charge, EventBytes, HeldNotifications};

/// The end of a queue that a subscription reads.
pub(crate) type Queue<T> = mpsc::Receiver<Queued<T>>;

/// An event in a queue. Its connection is charged for it until it is dropped, so a subscription keeps it until it is
/// sent.
#[derive(Debug)]
pub(crate) struct Queued<T> {
    event: T,
    _charge: Option<Charge>,
}

impl<T> Deref for Queued<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.event
    }
}

/// A bounded queue to one subscription and the connection to close when it is full.
pub(super) struct Follower<T> {
    queue: mpsc::Sender<Queued<T>>,
    connection: ConnectionHandle,
}

impl<T> Follower<T> {
    /// A follower with a queue of `queue_len` events, and the end of the queue that its subscription reads.
    pub(super) fn new(queue_len: usize, connection: ConnectionHandle) -> (Self, Queue<T>) {
        let (queue, receiver) = mpsc::channel(queue_len);
        (Self { queue, connection }, receiver)
    }

    pub(super) const fn connection(&self) -> &ConnectionHandle {
        &self.connection
    }

    /// Whether the subscription or its connection has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.queue.is_closed() || self.connection.is_closed()
    }

    /// Closes the connection of a subscription that missed a block.
    pub(super) fn cut_off(&self, cut_offs: &CutOffs) {
        cut_offs.close(&self.connection, Cause::MissedBlock);
    }

    /// Queues an event; false when the follower is gone or too far behind.
    fn offer(&self, event: T, bytes: usize, outlet: &Outlet) -> bool {
        if self.is_gone() {
            return false;
        }
        let charge = (bytes > 0).then(|| outlet.held.charge(&self.connection, bytes));
        let queued = Queued {
            event,
            _charge: charge,
        };
        match self.queue.try_send(queued) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                outlet.cut_offs.close(&self.connection, Cause::FullQueue);
                false
            }
        }
    }
}

/// What events go through on their way to the queues: their bytes are counted, and what exceeds a bound is cut off.
pub(super) struct Outlet {
    pub(super) held: Arc<HeldNotifications>,
    pub(super) cut_offs: CutOffs,
}

impl Outlet {
    /// Queues the event that `make` makes for each follower, once there is room for it; removes the followers that are
    /// gone and those that are cut off. Makes nothing when none is left.
    pub(super) fn send<T: Clone>(
        &self,
        followers: &mut Vec<Follower<T>>,
        bytes: EventBytes,
        make: impl FnOnce() -> T,
    ) {
        followers.retain(|follower| !follower.is_gone());
        if followers.is_empty() {
            return;
        }
        let connections = followers.iter().map(Follower::connection);
        self.held.make_room(bytes, connections, &self.cut_offs);
        followers.retain(|follower| !follower.is_gone());
        if followers.is_empty() {
            return;
        }
        let event = make();
        followers.retain(|follower| follower.offer(event.clone(), bytes.all, self));
    }
}

/// Removes the entries of a key that are gone, and the key when its list is empty.
pub(super) fn forget<K: Hash + Eq, W, S: BuildHasher>(
    table: &mut HashMap<K, Vec<W>, S>,
    key: &K,
    is_gone: impl Fn(&W) -> bool,
) {
    if let Some(waiters) = table.get_mut(key) {
        waiters.retain(|waiter| !is_gone(waiter));
        if waiters.is_empty() {
            table.remove(key);
        }
    }
}
