//! Small answers that clients have not read yet.
//!
//! Most answers are a few hundred bytes and none of them waits for another client. A client that asks without reading
//! collects them, though, so they are counted, in sum and for each address. While the sum is used up, a connection that
//! has more than [`FREE_BYTES`] of them unread and causes another is closed. So the sum is exceeded by at most
//! [`FREE_BYTES`] for each connection.

use std::sync::Arc;

use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::limits::quota::{Quota, Share};
use crate::limits::refusals::{Refusal, Refusals};

/// Answers up to this size are small ones; larger ones have room of their own. No light call has a larger answer: the id
/// that it repeats, the error text and the lists in it are bounded.
pub(crate) const SMALL_BYTES_MAX: usize = 64 << 10;

/// Unread bytes for which no connection is closed.
const FREE_BYTES: u64 = 32 << 10;

/// The small answers of all clients.
#[derive(Debug)]
pub(crate) struct SmallAnswers {
    sum: Arc<Quota>,
}

/// A small answer that is not read yet.
#[derive(Debug)]
pub(crate) struct Unread {
    _shares: Option<(Share, Share)>,
    connection: ConnectionHandle,
    bytes: u64,
}

impl SmallAnswers {
    pub(crate) fn new(limits: &RpcLimits) -> Self {
        Self {
            sum: Quota::new(limits.small_answers_bytes_max),
        }
    }

    /// Counts an answer until it is dropped; closes a connection that has too many.
    pub(crate) fn hold(&self, connection: &ConnectionHandle, bytes: usize, refusals: &Refusals) -> Unread {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let peer = connection.peer();
        let shares = self.sum.try_take(bytes).zip(peer.unread_bytes.try_take(bytes));
        let unread = connection.add_unread(bytes);
        if shares.is_none() && unread > FREE_BYTES {
            refusals.note(Refusal::SmallAnswersUnread, peer.address);
            connection.close();
        }
        Unread {
            _shares: shares,
            connection: connection.clone(),
            bytes,
        }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.connection.remove_unread(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::RpcCounters;

    #[test]
    fn who_does_not_read_is_closed_and_nobody_else() {
        let limits = RpcLimits {
            small_answers_bytes_max: 256 << 10,
            ..RpcLimits::default()
        };
        let counters = Arc::new(RpcCounters::default());
        let refusals = Refusals::new(Arc::clone(&counters), limits);
        let answers = SmallAnswers::new(&limits);
        let [lazy, reader] = [(); 2].map(|()| ConnectionHandle::of_test(&limits));
        // The address may have 128 KiB.
        let unread: Vec<_> = (0..32).map(|_| answers.hold(&lazy, 4 << 10, &refusals)).collect();
        assert!(!lazy.is_closed());
        for _ in 0..100 {
            drop(answers.hold(&reader, 4 << 10, &refusals));
        }
        assert!(!reader.is_closed());
        drop(answers.hold(&lazy, 1, &refusals));
        assert!(lazy.is_closed());
        assert_eq!(counters.small_unread_closed.get(), 1);
        drop(unread);
        assert_eq!((answers.sum.used(), reader.peer().unread_bytes.used()), (0, 0));
    }
}
