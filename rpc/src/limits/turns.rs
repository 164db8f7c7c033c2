//! Queues of several keys that are served in turns: whoever has much waiting gets no more turns than whoever has
//! little.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Queues by key, and whose turn it is.
#[derive(Debug)]
pub(super) struct Turns<K, Q> {
    /// The keys with a queue, the next one first.
    order: VecDeque<K>,
    queues: HashMap<K, Q>,
}

impl<K, Q> Default for Turns<K, Q> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            queues: HashMap::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, Q: Default> Turns<K, Q> {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The queue of a key; a new one has its turn after all others.
    pub(super) fn queue(&mut self, key: K) -> &mut Q {
        let order = &mut self.order;
        self.queues.entry(key).or_insert_with(|| {
            order.push_back(key);
            Q::default()
        })
    }

    /// Offers the queues in turn to `take` until one of them yields something. Queues that are empty after their offer
    /// are removed; the one that yielded goes to the end, those that did not keep their turn.
    pub(super) fn next<T>(
        &mut self,
        mut take: impl FnMut(K, &mut Q) -> Option<T>,
        is_empty: impl Fn(&Q) -> bool,
    ) -> Option<T> {
        let mut at = 0;
        while let Some(key) = self.order.get(at).copied() {
            let Some(queue) = self.queues.get_mut(&key) else {
                self.order.remove(at);
                continue;
            };
            let taken = take(key, queue);
            if is_empty(queue) {
                self.order.remove(at);
                self.queues.remove(&key);
            } else if taken.is_some() {
                self.order.remove(at);
                self.order.push_back(key);
            } else {
                at = at.saturating_add(1);
            }
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    /// Takes something out of the queue of a key, whose turn it need not be.
    pub(super) fn take<T>(
        &mut self,
        key: K,
        take: impl FnOnce(&mut Q) -> Option<T>,
        is_empty: impl Fn(&Q) -> bool,
    ) -> Option<T> {
        let queue = self.queues.get_mut(&key)?;
        let taken = take(queue);
        if is_empty(queue) {
            self.queues.remove(&key);
            self.order.retain(|other| *other != key);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_waits_no_less_than_little() {
        let mut turns: Turns<char, VecDeque<u32>> = Turns::default();
        for number in 0..4 {
            turns.queue('a').push_back(number);
        }
        turns.queue('b').push_back(10);
        turns.queue('c').push_back(20);
        let mut served = Vec::new();
        while let Some(number) = turns.next(|_, queue| queue.pop_front(), VecDeque::is_empty) {
            served.push(number);
        }
        assert_eq!(served, [0, 10, 20, 1, 2, 3]);
        assert!(turns.is_empty() && turns.queues.is_empty());
    }

    #[test]
    fn a_key_that_may_not_be_served_keeps_its_turn() {
        let mut turns: Turns<char, VecDeque<u32>> = Turns::default();
        turns.queue('a').push_back(1);
        turns.queue('b').extend([2, 3]);
        let not_a = |key, queue: &mut VecDeque<u32>| (key != 'a').then(|| queue.pop_front()).flatten();
        assert_eq!(turns.next(not_a, VecDeque::is_empty), Some(2));
        assert_eq!(
            turns.next(|_, queue| queue.pop_front(), VecDeque::is_empty),
            Some(1)
        );
        assert_eq!(turns.take('b', VecDeque::pop_front, VecDeque::is_empty), Some(3));
        assert!(turns.is_empty());
    }
}
