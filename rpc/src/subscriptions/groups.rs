//! Followers by what they follow and how they want it. Those of one group get the same event, which is made once.

use std::collections::hash_map::RandomState;
use std::hash::Hash;

use hashbrown::HashMap;

use crate::counters::RpcCounters;
use crate::subscriptions::followers::{Follower, push};

/// Followers of keys, each key with groups of those who want the same. Hashed with seeds of this process, since clients
/// choose what is hashed.
pub(super) struct Groups<K, Q, T>(HashMap<K, Group<Q, T>, RandomState>);

/// The followers of one key, by what they want of it.
type Group<Q, T> = HashMap<Q, Vec<Follower<T>>, RandomState>;

impl<K, Q, T> Default for Groups<K, Q, T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash, Q: Eq + Hash, T: Clone> Groups<K, Q, T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }

    pub(super) fn follow(&mut self, key: K, query: Q, follower: Follower<T>) {
        let group = self.0.entry(key).or_default();
        group.entry(query).or_default().push(follower);
    }

    /// Forgets the followers of a group that are gone.
    pub(super) fn forget(&mut self, key: &K, query: &Q) {
        let Some(group) = self.0.get_mut(key) else { return };
        if let Some(followers) = group.get_mut(query) {
            followers.retain(|follower| !follower.is_gone());
            if followers.is_empty() {
                group.remove(query);
            }
        }
        if group.is_empty() {
            self.0.remove(key);
        }
    }

    /// Queues for each group of a key the event that `make` makes for it, if it makes one.
    pub(super) fn deliver(&mut self, key: &K, counters: &RpcCounters, mut make: impl FnMut(&Q) -> Option<T>) {
        let Some(group) = self.0.get_mut(key) else { return };
        group.retain(|query, followers| {
            if let Some(event) = make(query) {
                push(followers, &event, counters);
            }
            !followers.is_empty()
        });
        if group.is_empty() {
            self.0.remove(key);
        }
    }

    /// The longest queue, as a share of what it may have.
    pub(super) fn lag_max(&self) -> u64 {
        let groups = self.0.values().flat_map(HashMap::values);
        groups.map(|followers| lag_max(followers)).max().unwrap_or(0)
    }

    /// Ends the subscriptions whose queue is at least so long; their number.
    pub(super) fn cut_off_from(&mut self, lag: u64, counters: &RpcCounters) -> usize {
        let mut count = 0_usize;
        self.0.retain(|_, group| {
            group.retain(|_, followers| {
                count = count.saturating_add(cut_off_from(followers, lag, counters));
                !followers.is_empty()
            });
            !group.is_empty()
        });
        count
    }
}

/// The longest queue, as a share of what it may have.
pub(super) fn lag_max<T>(followers: &[Follower<T>]) -> u64 {
    followers.iter().map(Follower::lag).max().unwrap_or(0)
}

/// Ends the subscriptions whose queue is at least so long; their number.
pub(super) fn cut_off_from<T>(followers: &mut Vec<Follower<T>>, lag: u64, counters: &RpcCounters) -> usize {
    let before = followers.len();
    followers.retain(|follower| {
        let stays = follower.lag() < lag;
        if !stays {
            follower.cut_off(counters);
        }
        stays
    });
    before.saturating_sub(followers.len())
}
