//! The tree after an update: its root, and the tops of the shards with the branches above them.

use isobath_program_abi::Hash;
use isobath_sdk::chain::state_tree::state_root;

use super::branches::Digest;
use super::levels::{Levels, Replaced};
use super::place::{SHARD_BITS, SHARDS};

/// What belongs to a root.
#[derive(Debug)]
pub(super) struct Version {
    /// Updates so far.
    pub(super) number: u64,
    pub(super) root: Hash,
    /// Accounts under the root.
    pub(super) count: u64,
    levels: Levels,
}

impl Version {
    /// After so many updates, over `count` accounts, with these tops of the shards.
    pub(super) fn new(number: u64, count: u64, tops: &[Option<Digest>; SHARDS]) -> Self {
        let mut levels = Levels::new(0, SHARD_BITS);
        let tops: Vec<(u32, Option<Digest>)> = (0..).zip(tops.iter().copied()).collect();
        levels.set(&tops, &mut Replaced::new());
        Self {
            number,
            root: state_root(count, levels.top(0, 0)),
            count,
            levels,
        }
    }

    /// The top of the accounts whose paths begin with the `depth` bits of `index`.
    pub(super) fn top(&self, depth: u8, index: usize) -> Option<Digest> {
        self.levels.top(usize::from(depth), index).copied()
    }
}
