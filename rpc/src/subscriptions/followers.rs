//! Bounded queues to subscriptions. Nothing here waits for a client: a follower whose queue is full is cut off and its
//! connection closed.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashMap;
use tokio::sync::mpsc;

use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;

/// A bounded queue to one subscription and the connection to close when it is full.
pub(super) struct Follower<T> {
    queue: mpsc::Sender<T>,
    connection: ConnectionHandle,
}

impl<T> Follower<T> {
    /// A follower with a queue of `queue_len` events, and the end of the queue that its subscription reads.
    pub(super) fn new(queue_len: usize, connection: ConnectionHandle) -> (Self, mpsc::Receiver<T>) {
        let (queue, receiver) = mpsc::channel(queue_len);
        (Self { queue, connection }, receiver)
    }

    /// Whether the subscription has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.queue.is_closed()
    }

    /// How full its queue is, from 0 to 65,536.
    pub(super) fn lag(&self) -> u64 {
        let (free, max) = (self.queue.capacity() as u64, self.queue.max_capacity() as u64);
        let used = max.saturating_sub(free).saturating_mul(1 << 16);
        used.checked_div(max).unwrap_or(0)
    }

    /// Closes the connection of a subscription that missed something.
    pub(super) fn cut_off(&self, counters: &RpcCounters) {
        counters.lagging_closed.increment();
        self.connection.close();
    }

    /// Queues an event; false when the follower is gone or too far behind.
    pub(super) fn offer(&self, event: T, counters: &RpcCounters) -> bool {
        match self.queue.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(
                    queued = self.queue.max_capacity(),
                    "closed a connection with a lagging subscription"
                );
                self.cut_off(counters);
                false
            }
        }
    }
}

/// Queues an event for each follower; removes those that are gone and those that are too far behind.
pub(super) fn push<T: Clone>(followers: &mut Vec<Follower<T>>, event: &T, counters: &RpcCounters) {
    followers.retain(|follower| follower.offer(event.clone(), counters));
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
