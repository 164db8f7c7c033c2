//! Followers by what they follow and how they want it. Those of one group get the same event, which is made once.

use std::collections::hash_map::RandomState;
use std::hash::Hash;

use hashbrown::HashMap;

use crate::subscriptions::cut_offs::CutOffs;
use crate::subscriptions::followers::Follower;

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

impl<K: Eq + Hash, Q: Eq + Hash, T> Groups<K, Q, T> {
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

    /// Has `send` queue for each group of a key what it wants, and forgets the groups that are left without followers.
    pub(super) fn deliver(&mut self, key: &K, mut send: impl FnMut(&Q, &mut Vec<Follower<T>>)) {
        let Some(group) = self.0.get_mut(key) else { return };
        group.retain(|query, followers| {
            if followers.iter().all(Follower::is_gone) {
                return false;
            }
            send(query, followers);
            !followers.is_empty()
        });
        if group.is_empty() {
            self.0.remove(key);
        }
    }

    /// All followers, in no order.
    pub(super) fn followers(&self) -> impl Iterator<Item = &Follower<T>> + Clone {
        self.0.values().flat_map(HashMap::values).flatten()
    }

    /// Ends all subscriptions, which missed a block.
    pub(super) fn cut_off(&mut self, cut_offs: &CutOffs) {
        self.followers().for_each(|follower| follower.cut_off(cut_offs));
        self.0.clear();
    }
}
