//! Buffers with room to grow, for the accounts of running transactions.
//!
//! Stored contents occupy exactly their length. A transaction that changes the length of an account again works in a buffer
//! with room, so that a change costs what it adds and not what it keeps. When the transaction ends, what it keeps moves to
//! a buffer of its exact length, and the one with room comes back to the pool. It serves the other accounts of the
//! transaction, and the next one of an executor that keeps the pool ([`TxState::pool`](super::TxState::pool)).
//!
//! Invariant: the pool holds at most [`BUFFERS_MAX`] buffers and [`POOLED_LEN_MAX`] bytes; it frees what comes back beyond
//! that. The room of a buffer is at most its length, or [`ROOM_LEN_MIN`] for short ones. So a transaction has at most twice
//! the bytes of its accounts and that minimum for each.

use crate::chain::account::AccountData;

/// Room of a buffer, at least: what one call of a Solana program may add to an account.
const ROOM_LEN_MIN: usize = 10 * 1024;
/// Longest buffer with room; longer contents than any account has get none.
const BUFFER_LEN_MAX: usize = 10 * 1024 * 1024;
/// Buffers that wait, at most.
const BUFFERS_MAX: usize = 8;
/// Bytes of buffers that wait, at most.
const POOLED_LEN_MAX: usize = 2 * BUFFER_LEN_MAX;

/// The buffers that wait for an account that grows.
#[derive(Debug, Default)]
pub struct GrowthPool {
    buffers: Vec<AccountData>,
    pooled_len: usize,
}

impl GrowthPool {
    /// An empty buffer with room for `len` bytes and more to come.
    pub(super) fn take(&mut self, len: usize) -> AccountData {
        let fits = |buffer: &AccountData| buffer.capacity() > len;
        let Some(index) = self.buffers.iter().position(fits) else {
            return AccountData::with_capacity(capacity_for(len));
        };
        let buffer = self.buffers.swap_remove(index);
        self.pooled_len = self.pooled_len.saturating_sub(buffer.capacity());
        buffer
    }

    /// Keeps a buffer that is no longer needed, if it is worth it and there is room in the pool.
    pub(super) fn give_back(&mut self, buffer: AccountData) {
        let pooled_len = self.pooled_len.saturating_add(buffer.capacity());
        let fits = self.buffers.len() < BUFFERS_MAX && pooled_len <= POOLED_LEN_MAX;
        if fits && buffer.capacity() >= ROOM_LEN_MIN && !buffer.is_shared() {
            self.pooled_len = pooled_len;
            self.buffers.push(buffer);
        }
    }
}

/// The capacity of a buffer for `len` bytes and more to come.
fn capacity_for(len: usize) -> usize {
    let with_room = len.saturating_add(len.max(ROOM_LEN_MIN));
    with_room.min(BUFFER_LEN_MAX).max(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_has_room_of_its_length_up_to_the_longest_account() {
        let capacities = [
            0,
            100,
            20_000,
            BUFFER_LEN_MAX - 1,
            BUFFER_LEN_MAX,
            BUFFER_LEN_MAX + 1,
        ]
        .map(capacity_for);
        let expected = [
            ROOM_LEN_MIN,
            100 + ROOM_LEN_MIN,
            40_000,
            BUFFER_LEN_MAX,
            BUFFER_LEN_MAX,
            BUFFER_LEN_MAX + 1,
        ];
        assert_eq!(capacities, expected);
    }

    #[test]
    fn a_buffer_that_came_back_is_lent_again_where_it_fits() {
        let mut pool = GrowthPool::default();
        let buffer = pool.take(30_000);
        let address = buffer.as_ptr();
        pool.give_back(buffer);
        assert_ne!(pool.take(60_000).as_ptr(), address, "it has no room for them");
        assert_eq!(pool.take(20_000).as_ptr(), address);
        assert_eq!((pool.buffers.len(), pool.pooled_len), (0, 0));
    }

    #[test]
    fn the_pool_is_bounded_in_number_and_bytes() {
        let mut pool = GrowthPool::default();
        for _ in 0..3 {
            pool.give_back(AccountData::with_capacity(BUFFER_LEN_MAX));
        }
        assert_eq!((pool.buffers.len(), pool.pooled_len), (2, POOLED_LEN_MAX));
        let mut pool = GrowthPool::default();
        for _ in 0..BUFFERS_MAX + 2 {
            pool.give_back(AccountData::with_capacity(ROOM_LEN_MIN));
        }
        assert_eq!(pool.buffers.len(), BUFFERS_MAX);
        let mut pool = GrowthPool::default();
        let stored = AccountData::from(vec![1; ROOM_LEN_MIN]);
        pool.give_back(stored.clone());
        pool.give_back(AccountData::with_capacity(ROOM_LEN_MIN - 1));
        assert_eq!(pool.buffers.len(), 0, "what is shared or short is not kept");
        assert_eq!(stored[0], 1);
    }
}
